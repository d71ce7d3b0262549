"""Random programs give what a naive evaluation gives, however they are run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.jobs.programs import Builder, Program
from tests.jobs.sources import DISORDER, Bag
from tests.jobs.stages import LAST, STAGES

from hurtig.datastream import (
    ProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from hurtig.runtime import batch_limit, channel, outbox

MOST_RECORDS = 400
"""Stages that would make more are left out."""


@st.composite
def splits(draw: st.DrawFn, together: int) -> list[Bag]:
    """Up to four splits; within one no record is more than the disorder behind another.

    Of splits that a reader reads one after the other the later ones hold later times, or they would
    be late; ``together`` at a time may overlap.
    """
    steps = st.tuples(
        st.integers(0, 4), st.integers(0, 96), st.integers(0, 9), st.integers(0, DISORDER)
    )
    result: list[Bag] = []
    start = latest = DISORDER
    for number in range(draw(st.integers(0, 4))):
        if number % together == 0:
            start = latest
        time = start + draw(st.integers(DISORDER, 50))
        split: Bag = []
        for key, n, step, behind in draw(st.lists(steps, max_size=14)):
            time += step
            split.append(((key, n), time - behind))
        latest = max(latest, time + DISORDER)
        result.append(split)
    return result


@st.composite
def programs(draw: st.DrawFn) -> Program:
    interleaved = draw(st.booleans())
    sources = draw(st.lists(splits(2 if interleaved else 1), min_size=1, max_size=2))
    program = Program(sources, interleaved, [])
    bags = program.bags()
    wanted = draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=5))
    wanted.append(draw(st.sampled_from(LAST)))
    for make in wanted:
        other = draw(st.integers(0, len(bags) - 1))
        stage = make([len(bags) - 1, other])
        bag = stage.model([bags[i] for i in stage.inputs])
        if len(bag) <= MOST_RECORDS:
            program.stages.append(stage)
            bags.append(bag)
    return program


class WithTimestamp(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value, ctx.timestamp()


settings_of_jobs = st.fixed_dictionaries(
    {
        "pipeline.operator-chaining.enabled": st.sampled_from(["true", "false"]),
        "pipeline.object-reuse": st.sampled_from(["true", "false"]),
        "pipeline.auto-watermark-interval": st.sampled_from(["0 ms", "1 ms", "200 ms"]),
    }
)


class Limits:
    """Sizes of batches and channels."""

    def __init__(self, batch: int, records: int, messages: int) -> None:
        self.batch = batch
        self.records = records
        self.messages = messages

    def __repr__(self) -> str:
        return f"Limits({self.batch}, {self.records}, {self.messages})"

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batch_limit, "MAX_RECORDS", self.batch)
        monkeypatch.setattr(outbox, "FULL_BATCH", self.batch)
        monkeypatch.setattr(channel, "CAPACITY_RECORDS", self.records)
        monkeypatch.setattr(channel, "CAPACITY_MESSAGES", self.messages)


limits = st.builds(
    Limits, st.sampled_from([1, 2, 5, 8192]), st.sampled_from([1, 7, 1 << 15]), st.integers(1, 9)
)


def run(
    program: Program,
    configuration: dict[str, str],
    seed: int,
    parallelism: int,
    mode: RuntimeExecutionMode = RuntimeExecutionMode.STREAMING,
) -> Counter[Any]:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(mode)
    for key, value in configuration.items():
        env._configuration.set_string(key, value)
    builder = Builder(seed, parallelism)
    env.set_buffer_timeout(builder.random.choice([-1, 0, 5]))
    env.set_parallelism(builder.parallelism())
    result = program.build(env, builder).process(WithTimestamp())
    return Counter(result.execute_and_collect())


def expected(program: Program) -> Counter[Any]:
    return Counter(program.bags()[-1])


@settings(max_examples=500, deadline=None)
@given(programs(), settings_of_jobs, limits, st.integers(0, 1000), st.integers(1, 4))
def test_streaming_gives_what_the_naive_evaluation_gives(
    program: Program, configuration: dict[str, str], sizes: Limits, seed: int, parallelism: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes.apply(monkeypatch)
        assert run(program, configuration, seed, parallelism) == expected(program)


@settings(max_examples=250, deadline=None)
@given(programs(), settings_of_jobs, limits, st.integers(0, 1000), st.integers(1, 4))
def test_batch_mode_gives_the_same(
    program: Program, configuration: dict[str, str], sizes: Limits, seed: int, parallelism: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        sizes.apply(monkeypatch)
        mode = RuntimeExecutionMode.BATCH
        assert run(program, configuration, seed, parallelism, mode) == expected(program)
