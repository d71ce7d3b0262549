"""Builds fused operators, and evaluates the same steps record by record."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.messages import RowBatch
from hurtig.operators.contract import OperatorContext, OperatorMetrics
from hurtig.operators.fusion import FusableOperator, FusedStep
from hurtig.operators.output import CollectingOutput


class StepOperator(FusableOperator):
    """A part made of a step alone; remembers what was called on it."""

    def __init__(self, step: FusedStep, policy: str = "fail") -> None:
        self._step = step
        self.function = step.function
        self.error_policy = policy
        self.keyed = step.kind == "reduce" or step.set_key is not None
        self.calls: list[str] = []

    def step(self) -> FusedStep:
        return self._step

    def open(self) -> None:
        self.calls.append("open")

    def finish(self) -> None:
        self.calls.append("finish")

    def close(self) -> None:
        self.calls.append("close")


def new_context(name: str, output: CollectingOutput) -> OperatorContext:
    missing: Any = None
    context = OperatorContext(
        name=name,
        uid=f"uid-{name}",
        output=output,
        runtime_context=missing,
        processing_time=missing,
        mailbox=missing,
        keyed_state=missing,
        operator_state=missing,
        timer_service=missing,
    )
    warnings: list[str] = []
    context.warn = warnings.append
    context.warnings = warnings  # type: ignore[attr-defined]
    return context


class Harness:
    """A fused operator over steps ``(kind, function[, policy])`` with what it sends."""

    def __init__(self, operators: list[StepOperator], inline: bool | None) -> None:
        self.parts = operators
        self.operator = FusedOperator(operators, inline=inline)
        self.output = CollectingOutput()
        self.contexts = [
            new_context(f"{part.step().kind}-{i}", self.output) for i, part in enumerate(operators)
        ]
        self.operator.setup_parts(self.contexts)
        self.operator.open()

    def push(
        self,
        values: Iterable[Any],
        timestamps: list[int] | None = None,
        keys: list[Any] | None = None,
    ) -> None:
        self.operator.process_batch(RowBatch(list(values), timestamps, keys))

    @property
    def values(self) -> list[Any]:
        return [v for batch in self.output.batches for v in batch.values]

    @property
    def timestamps(self) -> list[int]:
        return [t for batch in self.output.batches for t in batch.timestamps or ()]

    @property
    def dead(self) -> list[Any]:
        return [v for b in self.output.side.get(DEAD_LETTER_TAG, ()) for v in b.values]

    @property
    def metrics(self) -> list[OperatorMetrics]:
        return [context.metrics for context in self.contexts]

    def source(self, timed: bool = False) -> str:
        return self.operator.functions.variant(0, timed).source


def build(*steps: Any, inline: bool | None = True) -> Harness:
    operators = []
    for step in steps:
        if isinstance(step, StepOperator):
            operators.append(step)
            continue
        kind, function, *rest = step
        operators.append(StepOperator(FusedStep(kind, function), *rest))
    return Harness(operators, inline)


class Naive:
    """The meaning of a chain: one record after the other, recursively."""

    def __init__(self, steps: list[tuple[FusedStep, str]]) -> None:
        self.steps = steps
        self.out: list[tuple[Any, int | None]] = []
        self.skipped = [0] * len(steps)
        self.dead: list[tuple[int, Any]] = []
        self.entered = [0] * len(steps)
        self.left = [0] * len(steps)
        self.failed: tuple[int, Any, Exception] | None = None

    def run(self, values: list[Any], times: list[int] | None, keys: list[Any] | None) -> None:
        for index, value in enumerate(values):
            key = None if keys is None else keys[index]
            try:
                self._pass(0, value, None if times is None else times[index], key)
            except StopHere:
                return

    def _pass(self, index: int, value: Any, time: int | None, key: Any) -> None:
        if index == len(self.steps):
            self.out.append((value, time))
            return
        self.entered[index] += 1
        results = self._results(index, value, key)
        while True:
            try:
                result = next(results)
            except StopIteration:
                return
            except Exception as error:
                self._fail(index, value, error)
                return
            self.left[index] += 1
            self._pass(index + 1, result, time, key)

    def _results(self, index: int, value: Any, key: Any) -> Any:
        step = self.steps[index][0]
        if step.set_key is not None:
            step.set_key(key)
        if step.kind == "map":
            yield step.function(value)
        elif step.kind == "filter":
            if step.function(value):
                yield value
        elif step.kind == "flat_map":
            yield from step.function(value) or ()
        else:
            before = step.table.get(key)
            step.table[key] = after = value if before is None else step.function(before, value)
            yield after

    def _fail(self, index: int, value: Any, error: Exception) -> None:
        policy = self.steps[index][1]
        if policy == "fail":
            self.failed = index, value, error
            raise StopHere
        self.skipped[index] += 1
        if policy == "dead-letter":
            self.dead.append((index, value))


class StopHere(BaseException):
    """The job has failed."""


@pytest.fixture(scope="session")
def chains() -> SimpleNamespace:
    return SimpleNamespace(
        build=build, Naive=Naive, StepOperator=StepOperator, Harness=Harness, copy=copy.deepcopy
    )


Build = Callable[..., Harness]


@pytest.fixture(scope="session")
def chain() -> Build:
    return build
