"""A map, flat_map or filter that runs by itself instead of in a generated chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.collector import Collector, ProcessCall, keyed_records, run_keyed
from hurtig.operators.contract import OperatorContext, StreamOperator
from hurtig.operators.fusion import FILTER, FLAT_MAP, FusableOperator


class StepOperator(StreamOperator):
    """Runs the step of a fusable operator by itself, where nothing fuses it into a chain."""

    keyed = True

    def __init__(self, operator: FusableOperator) -> None:
        self._operator = operator
        self.output_type = operator.output_type

    def setup(self, context: OperatorContext) -> None:
        super().setup(context)
        self._operator.setup(context)

    def open(self) -> None:
        self._operator.open()
        step = self._operator.step()
        self._call = _process_call(step.kind, step.function)

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        collector = Collector(self, batch.timestamps is not None)
        backend = self.context.keyed_state()
        run_keyed(collector, self._call, keyed_records(batch), _Timestamp(), backend)

    def close(self) -> None:
        self._operator.close()


def _process_call(kind: str, function: Callable[[Any], Any]) -> ProcessCall:
    if kind == FLAT_MAP:
        return lambda value, context: function(value)
    if kind == FILTER:
        return lambda value, context: (value,) if function(value) else None
    return lambda value, context: (function(value),)


class _Timestamp:
    element_timestamp = MIN_TIMESTAMP
