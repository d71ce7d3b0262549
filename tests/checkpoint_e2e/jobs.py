"""Jobs with all kinds of state, and how the tests run them: in this process, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hurtig.common import Configuration, Duration, Encoder, Types, WatermarkStrategy
from hurtig.common.watermark_strategy import TimestampAssigner
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.connectors.file_system import FileSink
from hurtig.datastream.functions import KeyedBroadcastProcessFunction, KeyedProcessFunction
from hurtig.datastream.window import TumblingEventTimeWindows
from hurtig.state.descriptors import (
    ListStateDescriptor,
    MapStateDescriptor,
    ValueStateDescriptor,
)

KEYS = 7
RESTARTS = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "10",
    "restart-strategy.fixed-delay.delay": "1 ms",
}


def environment(
    folder: Path, parallelism: int = 1, interval: int | None = None, **settings: str
) -> Any:
    """``settings`` with ``__`` for a dot and ``_`` for a dash; checkpoints go below ``folder``."""
    configuration = Configuration()
    configuration.set_string("execution.checkpointing.dir", str(folder / "checkpoints"))
    configuration.set_string("execution.checkpointing.savepoint-dir", str(folder / "savepoints"))
    for key, value in settings.items():
        key = key.replace("__", ".").replace("_", "-")
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    if interval is not None:
        env.enable_checkpointing(interval)
    return env


def with_settings(env: Any, settings: dict[str, str]) -> Any:
    for key, value in settings.items():
        env._configuration.set_string(key, value)
    return env


def file_sink(folder: Path) -> FileSink:
    return FileSink.for_row_format(str(folder), Encoder.simple_string_encoder()).build()


def lines_of(folder: Path) -> list[str]:
    """All committed lines, sorted."""
    return sorted(
        line
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith(".")
        for line in file.read_text().splitlines()
    )


def left_over(folder: Path) -> list[str]:
    """Files that are not committed."""
    return [file.name for file in folder.rglob(".*") if file.is_file()]


class At(TimestampAssigner):
    """Numbers are their own timestamps."""

    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


class Gate:
    """Between a source and the job: some records pass quickly, the others one by one, so that a
    job is not over before the test has done something to it."""

    quick = 10**9

    @classmethod
    def pass_on(cls, value: Any) -> Any:
        cls.quick -= 1
        if cls.quick < 0:
            time.sleep(0.0005)
        return value


def timed(stream: Any) -> Any:
    """No watermark before the end: whatever the parallelism, no record is late."""
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    return stream.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(At())).uid(
        "times"
    )


class Everything(KeyedProcessFunction):
    """Value, list and map state, and an event-time timer that shows them at the end."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))
        self.last = runtime_context.get_list_state(ListStateDescriptor("last", Types.LONG()))
        self.digits = runtime_context.get_map_state(
            MapStateDescriptor("digits", Types.LONG(), Types.LONG())
        )

    def process_element(self, value: int, ctx: Any) -> Any:
        count = self.count.value()
        if count is None:
            ctx.timer_service().register_event_time_timer(10**9)
        self.count.update((count or 0) + 1)
        self.last.update(sorted([*self.last.get(), value])[-3:])
        digit = value % 10
        self.digits.put(digit, (self.digits.get(digit) or 0) + 1)
        yield f"value {value}"

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        digits = sorted(self.digits.items())
        yield f"key {ctx.get_current_key()}: {self.count.value()} {list(self.last.get())} {digits}"


RULES = MapStateDescriptor("rules", Types.STRING(), Types.LONG())


class Ruled(KeyedBroadcastProcessFunction):
    """From the second run on every record must find all rules, which only the first one sent."""

    def __init__(self, complete: bool) -> None:
        self.complete = complete

    def process_element(self, value: int, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        if self.complete:
            assert sorted(rules.items()) == [("a", 1), ("b", 2)], sorted(rules.items())
        yield f"ruled {value}"

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(*value)


def everything(
    env: Any,
    count: int,
    out: Path,
    rules: bool = False,
    bombs: Callable[[int], int] = lambda n: n,
) -> None:
    """Adds a job over the numbers below ``count``. ``rules``: whether they are there already."""
    numbers = timed(env.from_sequence(0, count - 1).uid("numbers").map(Gate.pass_on).uid("gate"))
    numbers = numbers.map(bombs).uid("bombs")
    keyed = numbers.key_by(lambda n: n % KEYS)
    process = keyed.process(Everything(), Types.STRING()).uid("everything")
    windows = (
        keyed.window(TumblingEventTimeWindows.of(Duration.of_millis(500)))
        .reduce(lambda a, b: a + b)
        .uid("windows")
        .map(lambda total: f"window {total}", Types.STRING())
    )
    pairs = env.from_collection([("a", 1), ("b", 2)]).uid("rules").set_parallelism(1)
    ruled = keyed.connect(pairs.broadcast(RULES)).process(Ruled(rules), Types.STRING()).uid("ruled")
    process.union(windows, ruled).sink_to(file_sink(out)).uid("sink")


def advance(client: Any) -> None:
    """Let the job go on until the gate has slowed it down."""
    while Gate.quick > 0:
        assert client._control.drive(), "the job has ended too early"


def stop(client: Any, drain: bool = False) -> str:
    """Stop with a savepoint; its path."""
    path = client.stop_with_savepoint(drain)._future.result(20)
    client.get_job_execution_result().result()
    return str(path)
