"""A job with every kind of state, and a savepoint of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from hurtig.common import Configuration, Duration, Row, Time, Types, WatermarkStrategy
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.functions import KeyedBroadcastProcessFunction, KeyedProcessFunction
from hurtig.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.savepoint import Savepoint

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Order(NamedTuple):
    user: str
    amount: int


class Shop(KeyedProcessFunction):
    def open(self, runtime_context: Any) -> None:
        row = Types.ROW_NAMED(["n", "total"], [Types.INT(), Types.LONG()])
        lasting = ValueStateDescriptor("last", Types.LONG())
        lasting.enable_time_to_live(StateTtlConfig.new_builder(Duration.of_days(1)).build())
        self.sums = runtime_context.get_state(ValueStateDescriptor("sums", row))
        self.last = runtime_context.get_state(lasting)
        self.amounts = runtime_context.get_list_state(ListStateDescriptor("amounts", Types.LONG()))
        self.orders = runtime_context.get_map_state(MapStateDescriptor("orders"))

    def process_element(self, value: Any, ctx: Any) -> Any:
        user, amount = value
        sums = self.sums.value() or Row(n=0, total=0)
        self.sums.update(Row(n=sums.n + 1, total=sums.total + amount))
        self.last.update(amount)
        self.amounts.add(amount)
        self.orders.put(amount, Order(user, amount))
        ctx.timer_service().register_processing_time_timer(10**14 + amount)
        return []


class Rules(KeyedBroadcastProcessFunction):
    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(*value)
        return []

    def process_element(self, value: Any, ctx: Any) -> Any:
        return []


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


RECORDS = [("anna", 3), ("ben", 5), ("anna", 4), ("cleo", 1200)]


def savepoint_of(directory: Path, backend: str, parallelism: int) -> str:
    """Run it over ``RECORDS``; the path of a savepoint of it."""
    config = Configuration()
    config.set_string("state.backend.type", backend)
    env = StreamExecutionEnvironment.get_execution_environment(config)
    env.set_parallelism(parallelism)
    endless = env.from_sequence(0, 10**12).filter(lambda n: n < len(RECORDS))
    records = endless.map(lambda n: RECORDS[n], Types.TUPLE([Types.STRING(), Types.LONG()]))
    keyed = records.key_by(lambda r: r[0], Types.STRING())
    keyed.process(Shop()).name("shop").uid("shop").print()
    timed = records.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1)).with_timestamp_assigner(
            SecondField()
        )
    )
    windows = timed.key_by(lambda r: r[0], Types.STRING()).window(
        TumblingEventTimeWindows.of(Time.seconds(1))
    )
    windows.reduce(lambda a, b: (a[0], a[1] + b[1])).uid("windows").name("windows").print()
    pairs = env.from_sequence(0, 10**12).filter(lambda n: n < 2)
    rules = pairs.map(lambda n: [("limit", 7), ("bonus", 1)][n]).broadcast(RULES)
    keyed.connect(rules).process(Rules()).uid("rules").name("rules").print()
    client = env.execute_async("shop")
    while True:  # until all records have arrived
        path = str(client.trigger_savepoint(str(directory)).result())
        savepoint = Savepoint.load(path)
        found = {(o.name, s.name): s.entries for o in savepoint.operators() for s in o.states}
        arrived = found.get(("rules", "rules")) == 2 * parallelism
        if arrived and len(savepoint.read_keyed_state("shop", "amounts")) == len(RECORDS):
            client.cancel().result()
            return path
