"""Sinks that change the stream in front of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class StreamTransformer(ABC):
    """Turns a DataStream into another one."""

    @abstractmethod
    def apply(self, ds: Any) -> Any:
        """The stream that goes into the sink."""


class SupportsPreprocessing(ABC):
    """A sink with a transformation in front of it."""

    @abstractmethod
    def get_transformer(self) -> StreamTransformer | None:
        """What is applied to the stream; ``None`` for nothing."""
