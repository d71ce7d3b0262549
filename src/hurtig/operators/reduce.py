"""``reduce`` on a keyed stream: a running combination per key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.messages import MIN_TIMESTAMP, RowBatch
from hurtig.operators.contract import StreamOperator
from hurtig.operators.functions import ReduceFunction
from hurtig.operators.fusion import REDUCE, FusedStep
from hurtig.operators.map import UserFunctionOperator
from hurtig.operators.record_failure import set_aside
from hurtig.operators.user_function import (
    callable_of,
    check_function,
    close_function,
    open_function,
)
from hurtig.state.descriptors import ReducingStateDescriptor

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

STATE_NAME = "_reduce_state"


class ReduceOperator(UserFunctionOperator):
    """Emits the new combination for every record. Mirrors Flink's ``StreamGroupedReduce``."""

    kind = REDUCE
    method = "reduce"
    function_class = ReduceFunction
    keyed = True

    def for_batch(self) -> StreamOperator:
        return BatchReduceOperator(self.function, self.output_type)

    def step(self) -> FusedStep:
        function = callable_of(self.function, self.method)
        descriptor = ReducingStateDescriptor(STATE_NAME, function, self.output_type)
        table = self.context.keyed_state().table(descriptor)
        return FusedStep(REDUCE, function, self.key_setter(), table)


class BatchReduceOperator(StreamOperator):
    """Emits one combination per key at the end of the input: ``reduce`` in BATCH mode."""

    keyed = True

    def __init__(self, function: Any, output_type: TypeInformation | None = None) -> None:
        check_function(function, ReduceFunction, "reduce")
        self.function = function
        self.output_type = output_type

    def open(self) -> None:
        open_function(self, self.function)
        self._results: dict[Any, tuple[Any, int]] = {}

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        reduce = callable_of(self.function, "reduce")
        results = self._results
        timestamps = batch.timestamps or [0] * len(batch.values)
        assert batch.keys is not None
        self._timed = batch.timestamps is not None
        for key, value, timestamp in zip(batch.keys, batch.values, timestamps, strict=True):
            before = results.get(key)
            if before is None:
                results[key] = (value, timestamp)
                continue
            try:
                results[key] = (reduce(before[0], value), max(before[1], timestamp))
            except Exception as e:
                set_aside(self, e, value, timestamp if self._timed else MIN_TIMESTAMP)

    def finish(self) -> None:
        if self._results:
            values, timestamps = zip(*self._results.values(), strict=True)
            self.output.emit(RowBatch(list(values), list(timestamps) if self._timed else None))

    def close(self) -> None:
        close_function(self, self.function)
