"""The stages of random programs, each beside what it does to bags of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.jobs import functions as f
from tests.jobs.functions import MODULUS, by_key, key_of, times, window_end
from tests.jobs.programs import Builder, Stage
from tests.jobs.sources import Bag, Record

from hurtig.common.time import Time
from hurtig.datastream import DataStream, OutputTag
from hurtig.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)


def one(name: str, build: Callable[[Builder, DataStream], DataStream], model: Any) -> Any:
    """Makes a stage with one input out of the positions before it."""
    return lambda inputs: Stage(
        name,
        inputs[:1],
        lambda b, streams: build(b, streams[0]),
        lambda bags: model(bags[0]),
    )


def two(name: str, build: Callable[[Builder, Any, Any], DataStream], model: Any) -> Any:
    return lambda inputs: Stage(
        name,
        inputs[:2],
        lambda b, streams: build(b, streams[0], streams[1]),
        lambda bags: model(bags[0], bags[1]),
    )


def _each(function: Callable[[Record], Iterable[Record]]) -> Any:
    return lambda bag: [(result, t) for record, t in bag for result in function(record)]


def _simple(name: str, apply: Callable[[DataStream], DataStream], function: Any) -> Any:
    return one(name, lambda b, s: b.place(apply(b.route(s))), _each(function))


def _sums(windows: Callable[[list[tuple[int, int]]], Iterable[tuple[int, int]]]) -> Any:
    """Sums per key and window; ``windows`` gives (end, number) for all windows of a record."""

    def model(bag: Bag) -> Bag:
        result: Bag = []
        for key, records in by_key(bag).items():
            sums: dict[int, int] = defaultdict(int)
            for end, n in windows(records):
                sums[end] += n
            result += [((key, total % MODULUS), end - 1) for end, total in sums.items()]
        return result

    return model


def _sliding(size: int, slide: int, offset: int = 0) -> Any:
    def windows(records: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for n, t in records:
            start = t - (t - offset) % slide
            while start > t - size:
                yield start + size, n
                start -= slide

    return windows


def _sessions(gap: int) -> Any:
    def windows(records: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        session: list[int] = []
        last = None
        for n, t in sorted(records, key=lambda r: r[1]):
            if last is not None and t - last > gap:
                yield last + gap, sum(session)
                session = []
            session.append(n)
            last = t
        if last is not None:
            yield last + gap, sum(session)

    return windows


def windowed(name: str, assigner: Any, windows: Any, how: str) -> Any:
    def build(b: Builder, s: DataStream) -> DataStream:
        stream = b.route(s).key_by(key_of).window(assigner)
        if how == "process":
            return b.place(stream.process(f.SumWindow()))
        return b.place(b.place(stream.reduce(f.add)).map(lambda r: (r[0], r[1] % MODULUS)))

    return one(f"{name} {how}", build, _sums(windows))


def _window_all(bag: Bag) -> Bag:
    sums: dict[int, int] = defaultdict(int)
    for (key, n), t in bag:
        sums[window_end(t, 20)] += key + n
    return [((0, total % MODULUS), end - 1) for end, total in sums.items()]


def _timers(bag: Bag) -> Bag:
    return [
        ((key, sum(n for n, t in records if t < end) % MODULUS), end)
        for key, records in by_key(bag).items()
        for end in {window_end(t, 15) for _, t in records}
    ]


def _at_the_end(bag: Bag) -> Bag:
    return [
        ((key, (sum(n for n, _ in records) + 31 * len(records)) % MODULUS), (1 << 63) - 1)
        for key, records in by_key(bag).items()
    ]


def _interval_join(left: Bag, right: Bag) -> Bag:
    of_right = by_key(right)
    return [
        ((key, (n * 31 + m) % MODULUS), max(t, u))
        for (key, n), t in left
        for m, u in of_right[key]
        if t - 3 <= u <= t + 5
    ]


def _co_group(left: Bag, right: Bag) -> Bag:
    groups: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for side, bag in enumerate((left, right)):
        for (key, n), t in bag:
            groups[key, window_end(t, 20)][side] += n
    return [
        ((key, (a * 31 + b) % MODULUS), end - 1) for (key, end), (a, b) in groups.items()
    ]  # fmt: skip


def _broadcast(b: Builder, s: DataStream, rules: DataStream) -> DataStream:
    # One subtask, so that each broadcast record comes out once.
    result = b.route(s).connect(rules.broadcast(f.RULES)).process(f.PassBeside())
    return result.set_parallelism(1)


def _everywhere(b: Builder, s: DataStream) -> DataStream:
    return s.broadcast().map(f.same).set_parallelism(3)


def _side_outputs(b: Builder, s: DataStream) -> DataStream:
    tag = OutputTag("odd")
    main = b.place(b.route(s).process(f.SplitByParity(tag)))
    odd = b.place(main.get_side_output(tag).map(lambda r: (r[0] + 1, r[1])))
    return main.union(odd)


def _diamond(b: Builder, s: DataStream) -> DataStream:
    left = b.place(b.route(s).map(lambda r: (r[0], (r[1] * 3) % MODULUS)))
    right = b.place(b.route(s).filter(lambda r: r[1] % 5 != 0))
    return left.union(right)


def _two_keyed(b: Builder, s: DataStream) -> DataStream:
    first = b.place(s.key_by(key_of).map(lambda r: (r[0] + 1, r[1])))
    return b.place(first.key_by(lambda r: r[1] % 4).filter(lambda r: r[1] != 1))


STAGES: list[Callable[[list[int]], Stage]] = [
    _simple(
        "map",
        lambda s: s.map(lambda r: (r[0], (r[1] * 7 + 3) % MODULUS)),
        lambda r: [(r[0], (r[1] * 7 + 3) % MODULUS)],
    ),
    _simple(
        "filter", lambda s: s.filter(lambda r: r[1] % 3 != 0), lambda r: [r] if r[1] % 3 else []
    ),
    _simple("flat_map", lambda s: s.flat_map(times), times),
    _simple(
        "key",
        lambda s: s.map(lambda r: (r[1] % 5, r[1])),
        lambda r: [(r[1] % 5, r[1])],
    ),
    one("union with itself", lambda b, s: s.union(s), lambda bag: bag + bag),
    one(
        "diamond",
        _diamond,
        lambda bag: (
            [((k, n * 3 % MODULUS), t) for (k, n), t in bag]
            + [((k, n), t) for (k, n), t in bag if n % 5]
        ),
    ),
    one(
        "side outputs",
        _side_outputs,
        lambda bag: [((k + n % 2, n), t) for (k, n), t in bag],
    ),
    one(
        "two keyed operators",
        _two_keyed,
        lambda bag: [((k + 1, n), t) for (k, n), t in bag if n != 1],
    ),
    one("broadcast", _everywhere, lambda bag: bag * 3),
    two("union", lambda b, s, o: b.route(s).union(b.route(o)), lambda a, b: a + b),
    two(
        "co-map",
        lambda b, s, o: b.place(b.route(s).connect(b.route(o)).map(f.CoMapped())),
        lambda a, b: (
            [((k, (n + 1) % MODULUS), t) for (k, n), t in a] + [((k + 1, n), t) for (k, n), t in b]
        ),
    ),
    two(
        "keyed co-flat-map",
        lambda b, s, o: b.place(s.connect(o).key_by(key_of, key_of).flat_map(f.CoFlatMapped())),
        lambda a, b: (
            [(r, t) for r, t in a for _ in range(r[1] % 3)] + [(r, t) for r, t in b if r[1] % 2]
        ),
    ),
    two(
        "broadcast state",
        _broadcast,
        lambda a, b: a + [((k, (n + 5) % MODULUS), t) for (k, n), t in b],
    ),
    two(
        "interval join",
        lambda b, s, o: b.place(
            s.key_by(key_of)
            .interval_join(o.key_by(key_of))
            .between(Time.milliseconds(-3), Time.milliseconds(5))
            .process(f.Joined())
        ),
        _interval_join,
    ),
    two(
        "co-group",
        lambda b, s, o: (
            s.co_group(o)
            .where(key_of)
            .equal_to(key_of)
            .window(TumblingEventTimeWindows.of(Time.milliseconds(20)))
            .apply(f.Grouped())
        ),
        _co_group,
    ),
    one(
        "timers",
        lambda b, s: b.place(b.route(s).key_by(key_of).process(f.SumUntil(15))),
        _timers,
    ),
    one(
        "window_all",
        lambda b, s: (
            b.route(s)
            .window_all(TumblingEventTimeWindows.of(Time.milliseconds(20)))
            .process(f.SumAll())
        ),
        _window_all,
    ),
    *(
        windowed(name, assigner, windows, how)
        for how in ("process", "reduce")
        for name, assigner, windows in (
            (
                "tumbling",
                TumblingEventTimeWindows.of(Time.milliseconds(20), Time.milliseconds(7)),
                _sliding(20, 20, 7),
            ),
            (
                "sliding",
                SlidingEventTimeWindows.of(Time.milliseconds(20), Time.milliseconds(8)),
                _sliding(20, 8),
            ),
            (
                "sessions",
                EventTimeSessionWindows.with_gap(Time.milliseconds(6)),
                _sessions(6),
            ),
        )
    ),
]

LAST: list[Callable[[list[int]], Stage]] = [
    one(
        "at the end", lambda b, s: b.place(s.key_by(key_of).process(f.AtTheVeryEnd())), _at_the_end
    ),
    one("nothing more", lambda b, s: s, lambda bag: bag),
]
