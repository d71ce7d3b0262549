"""Compares generated chains with the bare loop that calls the same functions.

``python benchmarks/micro/chain_codegen.py [rounds]`` prints, for each case, the speed relative to
its bare loop (1.00 = as fast), as the median over rounds that run both one after the other.
"""

# ruff: noqa: E731

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.graph.codegen.keys import compile_key_extractor
from hurtig.messages import RowBatch
from hurtig.operators.contract import OperatorContext
from hurtig.operators.fusion import FILTER, FLAT_MAP, MAP, REDUCE, FusableOperator, FusedStep
from hurtig.operators.output import Output

BATCH = 4096
DATA = [(i % 512, i) for i in range(BATCH)]
LINES = [f"the quick brown fox {i}" for i in range(BATCH)]
TIMES = list(range(BATCH))


class Step(FusableOperator):
    def __init__(self, kind: str, function: Callable[..., Any], table: Any = None) -> None:
        self._step = FusedStep(kind, function, table=table)

    def step(self) -> FusedStep:
        return self._step


class Sink(Output):
    def emit(self, batch: RowBatch) -> None:
        pass

    def emit_side(self, tag_id: str, batch: RowBatch) -> None:
        pass

    def emit_watermark(self, timestamp: int) -> None:
        pass

    def emit_status(self, status: Any) -> None:
        pass


def fused(*steps: Step, inline: bool) -> FusedOperator:
    operator = FusedOperator(steps, inline=inline)
    nothing: Any = None
    operator.setup(
        OperatorContext(
            name="Step",
            uid="step",
            output=Sink(),
            runtime_context=nothing,
            processing_time=nothing,
            mailbox=nothing,
            keyed_state=nothing,
            operator_state=nothing,
            timer_service=nothing,
        )
    )
    operator.open()
    return operator


Function = Callable[..., Any]
f: Function = lambda v: (v[0], v[1] * 2)
g: Function = lambda v: v[1] % 3 != 0
h: Function = lambda v: (v[0], v[1] + 1)
last: Function = lambda v: v[1]
split: Function = lambda line: line.split()
one: Function = lambda word: (word, 1)
key: Function = lambda v: v[0]
add: Function = lambda a, b: (a[0], a[1] + b[1])


def bare_chain(third: Callable[[Any], Any]) -> None:
    out: list[Any] = []
    for v in DATA:
        y = f(v)
        if g(y):
            out.append(third(y))


def bare_timed(third: Callable[[Any], Any]) -> None:
    out: list[Any] = []
    times: list[int] = []
    for v, t in zip(DATA, TIMES, strict=True):
        y = f(v)
        if g(y):
            out.append(third(y))
            times.append(t)


def bare_map() -> None:
    out: list[Any] = []
    for v in DATA:
        out.append(f(v))


def bare_words() -> None:
    out: list[Any] = []
    for line in LINES:
        for word in split(line):
            out.append(one(word))


def bare_reduce(table: dict[Any, Any]) -> None:
    out: list[Any] = []
    for v in DATA:
        k = key(v)
        a = table.get(k)
        table[k] = r = v if a is None else add(a, v)
        out.append(r)


def cases() -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
    plain, timed, lines = RowBatch(DATA), RowBatch(DATA, TIMES), RowBatch(LINES)
    result: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}
    for inline in (False, True):
        how = "inlined" if inline else "called"

        def run(*steps: Step, batch: RowBatch = plain, inline: bool = inline) -> Callable[[], None]:
            operator = fused(*steps, inline=inline)
            return lambda: operator.process_batch(batch)

        def run_keyed(
            batch: RowBatch, selector_inline: bool, inline: bool = inline
        ) -> Callable[[], None]:
            operator = fused(Step(REDUCE, add, {}), inline=inline)
            extract = compile_key_extractor(key, inline=selector_inline)
            values, times = batch.values, batch.timestamps
            return lambda: operator.process_batch(RowBatch(values, times, extract(values)))

        chain = Step(MAP, f), Step(FILTER, g), Step(MAP, h)
        result[f"map-filter-map, {how}"] = lambda: bare_chain(h), run(*chain)
        result[f"map-filter-map, timestamps, {how}"] = (
            lambda: bare_chain(h),
            run(*chain, batch=timed),
        )
        result[f"map-filter-map, bare loop with timestamps, {how}"] = (
            lambda: bare_timed(h),
            run(*chain, batch=timed),
        )
        scalar = Step(MAP, f), Step(FILTER, g), Step(MAP, last)
        result[f"map-filter-item, {how}"] = lambda: bare_chain(last), run(*scalar)
        result[f"map, {how}"] = bare_map, run(Step(MAP, f))
        words = Step(FLAT_MAP, split), Step(MAP, one)
        result[f"words, {how}"] = bare_words, run(*words, batch=lines)
        table: dict[Any, Any] = {}
        bare = partial(bare_reduce, table)
        result[f"keyed reduce, {how}"] = bare, run_keyed(plain, inline)
        result[f"keyed reduce, timestamps, {how}"] = bare, run_keyed(timed, inline)
        if not inline:
            result["keyed reduce, called, key inlined"] = bare, run_keyed(plain, True)
    return result


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    clock = time.perf_counter
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # as the runtime does; less noise too
    print(f"{'case':52} {'bare ns':>8} {'ours ns':>8} {'ratio':>6}   (a record; {rounds} rounds)")
    for name, (bare, ours) in cases().items():
        ratios, bare_times, our_times = [], [], []
        for warm in (bare, ours) * 3:
            warm()
        for round_number in range(rounds):
            pair = (bare, ours) if round_number % 2 else (ours, bare)
            start = clock()
            pair[0]()
            middle = clock()
            pair[1]()
            end = clock()
            spent = middle - start, end - middle
            bare_time, our_time = spent if round_number % 2 else spent[::-1]
            bare_times.append(bare_time)
            our_times.append(our_time)
            ratios.append(bare_time / our_time)
        nanos = [median(times) * 1e9 / BATCH for times in (bare_times, our_times)]
        print(f"{name:52} {nanos[0]:8.1f} {nanos[1]:8.1f} {median(ratios):6.2f}")


if __name__ == "__main__":
    main()
