"""Operators of connected streams: two inputs of different types, one function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hurtig.operators.collector import ProcessCall
from hurtig.operators.functions import CoFlatMapFunction, CoMapFunction
from hurtig.operators.process import ProcessOperator
from hurtig.operators.user_function import check_function

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class CoProcessOperator(ProcessOperator):
    """Calls a :class:`CoProcessFunction`. Mirrors Flink's ``CoProcessOperator``."""

    num_inputs = 2
    methods = ("process_element1", "process_element2")
    function_class = "CoProcessFunction"


class KeyedCoProcessOperator(CoProcessOperator):
    """Calls a :class:`KeyedCoProcessFunction` over two inputs that share keyed state."""

    keyed = True
    function_class = "KeyedCoProcessFunction"


class CoFlatMapOperator(CoProcessOperator):
    """Calls a :class:`CoFlatMapFunction`. Mirrors Flink's ``CoStreamFlatMap``."""

    methods = ("flat_map1", "flat_map2")
    function_kind: type[CoFlatMapFunction] | type[CoMapFunction] = CoFlatMapFunction

    def __init__(
        self, function: Any, output_type: TypeInformation | None = None, keyed: bool = False
    ) -> None:
        if not isinstance(function, self.function_kind):
            check_function(function, self.function_kind, self.methods[0])
            raise TypeError(
                f"The input function must be a {self.function_kind.__name__}: got {function!r}, "
                "which cannot tell the two inputs apart"
            )
        super().__init__(function, output_type)
        self.keyed = keyed

    def open(self) -> None:
        super().open()
        self._calls = [self._adapt(call) for call in self._calls]

    def _adapt(self, call: Any) -> ProcessCall:
        return lambda value, context: call(value)


class CoMapOperator(CoFlatMapOperator):
    """Calls a :class:`CoMapFunction`; ``None`` is no result, as in PyFlink.

    Mirrors Flink's ``CoStreamMap``.
    """

    methods = ("map1", "map2")
    function_kind = CoMapFunction

    def _adapt(self, call: Any) -> ProcessCall:
        def process(value: Any, context: Any) -> Iterable[Any] | None:
            result = call(value)
            return None if result is None else (result,)

        return process
