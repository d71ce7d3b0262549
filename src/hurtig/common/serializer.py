"""Serializers of single values to a stream (``pyflink.common.serializer``)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import IO, Any, Generic, TypeVar

__all__ = ["TypeSerializer", "VoidNamespaceSerializer"]

T = TypeVar("T")


class TypeSerializer(ABC, Generic[T]):
    """Writes a value to a binary stream and reads it back, as window namespaces need it.

    Two serializers are equal when they are of the same class with the same attributes.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return type(self).__name__

    @abstractmethod
    def serialize(self, element: T, stream: IO[bytes]) -> None:
        """Writes one value."""

    @abstractmethod
    def deserialize(self, stream: IO[bytes]) -> T:
        """Reads one value."""


class VoidNamespaceSerializer(TypeSerializer[Any]):
    """The serializer of no namespace at all: one byte, and None back."""

    def serialize(self, element: Any, stream: IO[bytes]) -> None:
        """Writes a zero byte."""
        stream.write(b"\0")

    def deserialize(self, stream: IO[bytes]) -> Any:
        """Reads the byte, gives None."""
        stream.read(1)
        return None
