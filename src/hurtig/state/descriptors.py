"""State descriptors: name, kind and type of a state. Mirrors ``pyflink.datastream.state``."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.common.errors import ProgramError, shorten

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.state.ttl_config import StateTtlConfig


class StateDescriptor(ABC):  # noqa: B024
    """Base of the descriptors. ``name`` identifies the state within its operator.

    A missing ``type_info`` is allowed: values are then pickled.
    """

    kind: ClassVar[str] = ""

    def __init__(self, name: str, type_info: TypeInformation | None) -> None:
        if not isinstance(name, str) or not name:
            raise ProgramError(f"a state's name must be a string, not empty; got {shorten(name)}")
        self.name = name
        self.type_info = type_info
        self._ttl_config: StateTtlConfig | None = None

    def get_name(self) -> str:
        return self.name

    def enable_time_to_live(self, ttl_config: StateTtlConfig) -> None:
        """Let entries of this state expire. Call it before the state is first obtained."""
        from hurtig.state.ttl_config import StateTtlConfig

        if not isinstance(ttl_config, StateTtlConfig):
            raise TypeError(
                f"state {self.name!r}: enable_time_to_live takes a StateTtlConfig, got "
                f"{shorten(ttl_config)}; build one with StateTtlConfig.new_builder(ttl).build()"
            )
        self._ttl_config = ttl_config

    def value_types(self) -> tuple[TypeInformation | None, ...]:
        """Types of what one entry holds: the value, the element, or map key and map value."""
        return (self.type_info,)

    def describe(self) -> str:
        """Kind and types as text, for snapshots and error messages."""
        types = ", ".join("untyped" if t is None else str(t) for t in self.value_types())
        return f"{self.kind}<{types}>"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.describe()})"


class ValueStateDescriptor(StateDescriptor):
    """Describes a :class:`~hurtig.state.api.ValueState`."""

    kind = "value"

    def __init__(self, name: str, value_type_info: TypeInformation | None = None) -> None:
        super().__init__(name, value_type_info)


class ListStateDescriptor(StateDescriptor):
    """Describes a :class:`~hurtig.state.api.ListState`."""

    kind = "list"

    def __init__(self, name: str, elem_type_info: TypeInformation | None = None) -> None:
        list_type: TypeInformation | None = None
        if elem_type_info is not None:
            from hurtig.common.typeinfo import Types

            list_type = Types.LIST(elem_type_info)
        super().__init__(name, list_type)
        self.elem_type_info = elem_type_info

    def value_types(self) -> tuple[TypeInformation | None, ...]:
        return (self.elem_type_info,)


class MapStateDescriptor(StateDescriptor):
    """Describes a :class:`~hurtig.state.api.MapState` or a broadcast state."""

    kind = "map"

    def __init__(
        self,
        name: str,
        key_type_info: TypeInformation | None = None,
        value_type_info: TypeInformation | None = None,
    ) -> None:
        map_type: TypeInformation | None = None
        if key_type_info is not None and value_type_info is not None:
            from hurtig.common.typeinfo import Types

            map_type = Types.MAP(key_type_info, value_type_info)
        super().__init__(name, map_type)
        self.key_type_info = key_type_info
        self.value_type_info = value_type_info

    def value_types(self) -> tuple[TypeInformation | None, ...]:
        return (self.key_type_info, self.value_type_info)


class _CallableReduce:
    """A plain function in the shape of a ``ReduceFunction``."""

    __slots__ = ("reduce",)

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self.reduce = function

    def __reduce__(self) -> tuple[Any, ...]:
        return _CallableReduce, (self.reduce,)


class ReducingStateDescriptor(StateDescriptor):
    """Describes a :class:`~hurtig.state.api.ReducingState`.

    ``reduce_function`` is a ``ReduceFunction`` or a callable of two values.
    """

    kind = "reducing"

    def __init__(
        self, name: str, reduce_function: Any, type_info: TypeInformation | None = None
    ) -> None:
        super().__init__(name, type_info)
        if callable(getattr(reduce_function, "reduce", None)):
            self._reduce_function = reduce_function
        elif callable(reduce_function):
            self._reduce_function = _CallableReduce(reduce_function)
        else:
            raise TypeError(
                f"state {name!r}: the reduce function must be a ReduceFunction or a callable of "
                f"two values, got {shorten(reduce_function)}"
            )

    def get_reduce_function(self) -> Any:
        """An object with ``reduce(value1, value2)``."""
        return self._reduce_function


class AggregatingStateDescriptor(StateDescriptor):
    """Describes a :class:`~hurtig.state.api.AggregatingState`.

    ``agg_function`` is an ``AggregateFunction``; ``state_type_info`` the accumulator's type.
    """

    kind = "aggregating"

    def __init__(
        self, name: str, agg_function: Any, state_type_info: TypeInformation | None = None
    ) -> None:
        super().__init__(name, state_type_info)
        missing = [
            method
            for method in ("create_accumulator", "add", "get_result")
            if not callable(getattr(agg_function, method, None))
        ]
        if missing:
            raise TypeError(
                f"state {name!r}: the aggregate function must be an AggregateFunction, got "
                f"{shorten(agg_function)}, which has no method {', '.join(missing)}"
            )
        self._agg_function = agg_function

    def get_agg_function(self) -> Any:
        """The ``AggregateFunction``."""
        return self._agg_function


__all__ = [
    "AggregatingStateDescriptor",
    "ListStateDescriptor",
    "MapStateDescriptor",
    "ReducingStateDescriptor",
    "StateDescriptor",
    "ValueStateDescriptor",
]
