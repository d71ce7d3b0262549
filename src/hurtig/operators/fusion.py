"""The contract between simple operators and the code generator that fuses them into one loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from hurtig.messages import RowBatch
from hurtig.operators.contract import StreamOperator

MAP, FILTER, FLAT_MAP, REDUCE = "map", "filter", "flat_map", "reduce"


class FusedStep:
    """One operator's part of a generated loop.

    ``kind``       ``map``: value = function(value); ``filter``: keep where truthy;
                   ``flat_map``: each of function(value), nothing for ``None``;
                   ``reduce``: value = table[key] = function(table[key], value), or the value
                   itself for a new key.
    ``function``   the user's callable (a bound method for function objects), called exactly once
                   per record.
    ``set_key``    called with the record's key before the function; ``None`` where the function
                   uses no keyed state. Only the first step of a loop has keys.
    ``table``      for ``reduce``: key -> accumulated value.
    """

    __slots__ = ("function", "kind", "set_key", "table")

    def __init__(
        self,
        kind: str,
        function: Callable[..., Any],
        set_key: Callable[[Any], None] | None = None,
        table: Any = None,
    ) -> None:
        self.kind = kind
        self.function = function
        self.set_key = set_key
        self.table = table


class FusableOperator(StreamOperator):
    """An operator without timers, side outputs or event-time logic: a step of a fused loop."""

    kind = MAP
    """Kind of the step, known before ``open``."""

    @abstractmethod
    def step(self) -> FusedStep:
        """The operator's step; called after ``open``."""

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        raise AssertionError("a fusable operator runs inside a FusedOperator")
