"""Values of a program as bytes that another process can read."""

from __future__ import annotations

import pickle
from typing import Any

from hurtig.common.errors import ProgramError, shorten

__all__ = ["ProgramValues", "dump_values", "load_values"]


class ProgramValues(list[Any]):
    """A list that pickles by :func:`dump_values`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _program_values, (dump_values(list(self)),)


def dump_values(values: list[Any]) -> bytes:
    """The pickled list; ``ProgramError`` names the first value that cannot be pickled."""
    try:
        data = pickle.dumps(values, 5)
    except Exception:
        return _dump_by_value(values)
    # Pickle names the classes of the program's own module, which other processes cannot import.
    return _dump_by_value(values) if b"__main__" in data else data


def load_values(data: bytes) -> list[Any]:
    """The list of :func:`dump_values`."""
    values: list[Any] = pickle.loads(data)
    return values


def _dump_by_value(values: list[Any]) -> bytes:
    from hurtig.common.program_pickle import dumps_by_value

    try:
        return dumps_by_value(values)
    except Exception as e:
        for index, value in enumerate(values):
            try:
                dumps_by_value(value)
            except Exception as cause:
                raise ProgramError(
                    f"value {index} of the collection cannot be sent to the workers: "
                    f"{shorten(value)} does not pickle ({type(cause).__name__}: {cause})\n"
                    "  fix       make it from plain data in a map() or in a function's open()"
                ) from cause
        raise ProgramError(f"the collection does not pickle: {type(e).__name__}: {e}") from e


def _program_values(data: bytes) -> ProgramValues:
    return ProgramValues(load_values(data))
