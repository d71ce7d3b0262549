"""InputFormat (``pyflink.common.io``)."""

from __future__ import annotations

__all__ = ["InputFormat"]


class InputFormat:
    """Base of the formats that a file source reads through."""

    def __init__(self, j_input_format: object = None) -> None:
        self._j_input_format = j_input_format
