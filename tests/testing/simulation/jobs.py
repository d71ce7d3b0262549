"""Small jobs with all that a checkpoint has to keep."""

from __future__ import annotations

from hurtig.common import Time, Types, WatermarkStrategy
from hurtig.connectors.sink import Sink
from hurtig.datastream import (
    CoProcessFunction,
    KeyedProcessFunction,
    StreamExecutionEnvironment,
)
from hurtig.datastream.functions import KeyedBroadcastProcessFunction, ProcessJoinFunction
from hurtig.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ValueStateDescriptor,
)
from hurtig.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows
from hurtig.testing.simulation import SplitsSource

NO_WATERMARKS = WatermarkStrategy.no_watermarks()
TIMED = WatermarkStrategy.for_monotonous_timestamps()


def numbers(splits: int = 3, size: int = 20) -> SplitsSource:
    return SplitsSource([[s * 100 + n for n in range(size)] for s in range(splits)])


def events(sources: int = 3, size: int = 20, step: int = 40) -> SplitsSource:
    """``(key, value)`` in the order of their event times, in one split: with several, which of
    them are late depends on who reads them when."""
    records = [
        (((s + n) % 4, s * 100 + n), n * step + s) for s in range(sources) for n in range(size)
    ]
    return SplitsSource([sorted(records, key=lambda r: r[1])], timestamped=True)


def keyed_sum(env: StreamExecutionEnvironment, sink: Sink) -> None:
    """Each record counts once: the largest sum of a key says whether it did."""
    (
        env.from_source(numbers(), NO_WATERMARKS, "numbers")
        .map(lambda n: (n % 5, 1), Types.TUPLE([Types.INT(), Types.INT()]))
        .key_by(lambda pair: pair[0])
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .sink_to(sink)
    )


def windows(env: StreamExecutionEnvironment, sink: Sink) -> None:
    (
        env.from_source(events(), TIMED, "events")
        .rebalance()
        .map(lambda e: e)
        .key_by(lambda e: e[0])
        .window(TumblingEventTimeWindows.of(Time.milliseconds(100)))
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .sink_to(sink)
    )


def sessions(env: StreamExecutionEnvironment, sink: Sink) -> None:
    (
        env.from_source(events(2, 14, 60), TIMED, "events")
        .key_by(lambda e: e[0])
        .window(EventTimeSessionWindows.with_gap(Time.milliseconds(100)))
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .sink_to(sink)
    )


class Timers(KeyedProcessFunction):
    """Value, list and map state; a timer a value, which tells what was gathered."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))
        self.by_time = runtime_context.get_map_state(
            MapStateDescriptor("by time", Types.LONG(), Types.INT())
        )

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        self.seen.add(value[1])
        at = ctx.timestamp() // 50 * 50 + 50
        self.by_time.put(at, (self.by_time.get(at) or 0) + 1)
        ctx.timer_service().register_event_time_timer(at)

    def on_timer(self, timestamp, ctx):
        due = self.by_time.get(timestamp)
        self.by_time.remove(timestamp)
        yield ctx.get_current_key(), timestamp, due
        if timestamp > 400:
            yield ctx.get_current_key(), "seen", sorted(self.seen.get())[:3]


def timers(env: StreamExecutionEnvironment, sink: Sink) -> None:
    (
        env.from_source(events(2, 12, 40), TIMED, "events")
        .key_by(lambda e: e[0])
        .process(Timers())
        .filter(lambda r: r[1] != "seen")
        .sink_to(sink)
    )


class Later(KeyedProcessFunction):
    """Every record comes out again when a processing-time timer fires."""

    def open(self, runtime_context):
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", Types.INT()))

    def process_element(self, value, ctx):
        self.waiting.add(value)
        service = ctx.timer_service()
        service.register_processing_time_timer(service.current_processing_time() + 30)
        service.register_event_time_timer(2**62)

    def on_timer(self, timestamp, ctx):
        for value in self.waiting.get():
            yield ctx.get_current_key(), value
        self.waiting.clear()


def processing_time(env: StreamExecutionEnvironment, sink: Sink) -> None:
    (
        env.from_source(numbers(2, 15), NO_WATERMARKS, "numbers")
        .key_by(lambda n: n % 3)
        .process(Later())
        .sink_to(sink)
    )


class Pair(ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        yield left[0], left[1], right[1]


def interval_join(env: StreamExecutionEnvironment, sink: Sink) -> None:
    left = env.from_source(events(2, 8, 40), TIMED, "left").key_by(lambda e: e[0])
    right = env.from_source(events(1, 12, 30), TIMED, "right").key_by(lambda e: e[0])
    (
        left.interval_join(right)
        .between(Time.milliseconds(-50), Time.milliseconds(50))
        .process(Pair())
        .sink_to(sink)
    )


class Both(CoProcessFunction):
    """Counts the records of either side by key."""

    def open(self, runtime_context):
        self.counts = runtime_context.get_map_state(
            MapStateDescriptor("counts", Types.STRING(), Types.INT())
        )

    def _count(self, side, ctx):
        count = (self.counts.get(side) or 0) + 1
        self.counts.put(side, count)
        yield ctx.get_current_key(), side, count

    def process_element1(self, value, ctx):
        yield from self._count("left", ctx)

    def process_element2(self, value, ctx):
        yield from self._count("right", ctx)


def two_inputs(env: StreamExecutionEnvironment, sink: Sink) -> None:
    left = env.from_source(numbers(2, 10), NO_WATERMARKS, "left")
    right = env.from_source(numbers(1, 14), NO_WATERMARKS, "right")
    left.connect(right).key_by(lambda n: n % 3, lambda n: n % 3).process(Both()).sink_to(sink)


RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


class Rules(KeyedBroadcastProcessFunction):
    """Keeps rules and records; every record comes out with the number of its key so far."""

    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, value, ctx):
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield ctx.get_current_key(), count

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(RULES)
        state.put("n", (state.get("n") or 0) + 1)


def broadcast(env: StreamExecutionEnvironment, sink: Sink) -> None:
    rules = env.from_source(numbers(1, 6), NO_WATERMARKS, "rules").broadcast(RULES)
    (
        env.from_source(numbers(2, 12), NO_WATERMARKS, "numbers")
        .key_by(lambda n: n % 3)
        .connect(rules)
        .process(Rules())
        .sink_to(sink)
    )


def shuffled(env: StreamExecutionEnvironment, sink: Sink) -> None:
    """Every kind of edge, without keys."""
    first = env.from_source(numbers(2, 10), NO_WATERMARKS, "first")
    second = env.from_source(numbers(1, 10), NO_WATERMARKS, "second").map(lambda n: n + 1000)
    (
        first.union(second)
        .rescale()
        .map(lambda n: n)
        .shuffle()
        .filter(lambda n: n % 7 != 0)
        .rebalance()
        .flat_map(lambda n: [n, -n])
        .sink_to(sink)
    )


JOBS = {
    job.__name__: job
    for job in (
        keyed_sum,
        windows,
        sessions,
        timers,
        processing_time,
        interval_join,
        two_inputs,
        broadcast,
        shuffled,
    )
}
