"""``map``: one record in, one out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.operators.functions import MapFunction
from hurtig.operators.fusion import MAP, FusableOperator, FusedStep
from hurtig.operators.user_function import (
    callable_of,
    check_function,
    close_function,
    is_rich,
    open_function,
)

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.contract import StreamOperator


class UserFunctionOperator(FusableOperator):
    """A fusable operator around one user function."""

    kind = MAP
    method = "map"
    function_class: type = MapFunction

    def __init__(self, function: Any, output_type: TypeInformation | None = None) -> None:
        check_function(function, self.function_class, self.method)
        self.function = function
        self.output_type = output_type

    def open(self) -> None:
        open_function(self, self.function)

    def close(self) -> None:
        close_function(self, self.function)

    def for_batch(self) -> StreamOperator:
        # Without state the order of keys means nothing: the operator stays in its chain.
        return super().for_batch() if is_rich(self.function) else self

    def key_setter(self) -> Callable[[Any], None] | None:
        """Sets the backend's current key, where the function may use keyed state."""
        if not (self.keyed and is_rich(self.function)):
            return None
        backend = self.context.keyed_state()

        def set_key(key: Any) -> None:
            backend.current_key = key

        return set_key

    def step(self) -> FusedStep:
        return FusedStep(self.kind, callable_of(self.function, self.method), self.key_setter())


class MapOperator(UserFunctionOperator):
    """Applies a :class:`MapFunction` or a callable. Mirrors Flink's ``StreamMap``."""
