"""Arrays, lists, maps, pickled values and wrapped types."""

from __future__ import annotations

from typing import Any

from hurtig.common.typeinfo._base import TypeInformation


class _ElementTypeInfo(TypeInformation):
    """A container of elements of one type."""

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__()
        self._element_type = element_type

    def _key(self) -> tuple[Any, ...]:
        return (self._element_type,)

    def __eq__(self, o: object) -> bool:
        return super().__eq__(o)

    __hash__ = TypeInformation.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self._element_type!r}>"


class PrimitiveArrayTypeInfo(_ElementTypeInfo):
    """An array of numbers or booleans that cannot be None; a list, or bytes for BYTE."""


class BasicArrayTypeInfo(_ElementTypeInfo):
    """An array of basic values, None among them allowed; a list."""


class ObjectArrayTypeInfo(_ElementTypeInfo):
    """An array of any values of one type; a list."""


class ListTypeInfo(_ElementTypeInfo):
    """A list of values of one type."""

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__(element_type)
        self.elem_type = element_type

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = TypeInformation.__hash__


class MapTypeInfo(TypeInformation):
    """A dict with one type for the keys and one for the values."""

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        super().__init__()
        self._key_type_info = key_type_info
        self._value_type_info = value_type_info

    def _key(self) -> tuple[Any, ...]:
        return self._key_type_info, self._value_type_info

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = TypeInformation.__hash__

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"


class PickledBytesTypeInfo(TypeInformation):
    """Any Python value; what a stream without declared type has."""

    def __eq__(self, o: object) -> bool:
        return super().__eq__(o)

    __hash__ = TypeInformation.__hash__

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class ExternalTypeInfo(TypeInformation):
    """A type whose values also have an external form; wraps the type itself."""

    def __init__(self, type_info: TypeInformation) -> None:
        super().__init__()
        self._type_info = type_info

    def need_conversion(self) -> bool:
        """As the wrapped type."""
        return self._type_info.need_conversion()

    def to_internal_type(self, obj: Any) -> Any:
        """As the wrapped type."""
        return self._type_info.to_internal_type(obj)

    def from_internal_type(self, obj: Any) -> Any:
        """As the wrapped type."""
        return self._type_info.from_internal_type(obj)

    def _key(self) -> tuple[Any, ...]:
        return (self._type_info,)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = TypeInformation.__hash__

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"
