"""Lists of values to bytes and back, for snapshots: under the declared type, or pickled."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError, shorten
from hurtig.state.values import StateValueError

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

TYPED, PICKLED = "typed", "pickled"

Part = tuple[str, bytes]
"""Encoding and content."""


class StateMigrationError(HurtigError):
    """State of a snapshot does not fit the descriptor that the program declares now."""


def encode(values: list[Any], type_info: TypeInformation | None, state: str) -> Part:
    """Encode under ``type_info``; pickle where there is none or a value does not follow it."""
    if type_info is not None and values:
        from hurtig.common.serializers import serializer_for

        try:
            return TYPED, serializer_for(type_info).dumps(values)
        except Exception:
            pass  # Flink's Python state takes values of other types too: keep them as they are
    try:
        return PICKLED, pickle.dumps(values, 5)
    except Exception as e:
        culprit = next((v for v in values if not _picklable(v)), values)
        raise StateValueError(
            f"state {state!r}: {shorten(culprit)} of type {type(culprit).__name__} cannot be "
            f"written to a checkpoint ({e}): store plain data, or move its class to module level"
        ) from e


def decode(
    part: Part, type_info: TypeInformation | None, state: str, written: str, declared: str
) -> list[Any]:
    """Decode what :func:`encode` gave. ``written`` and ``declared`` are types for the error."""
    encoding, content = part
    try:
        if encoding == TYPED:
            from hurtig.common.serializers import serializer_for

            result: list[Any] = serializer_for(type_info).loads(content)
        else:
            result = pickle.loads(content)
    except Exception as e:
        raise StateMigrationError(
            f"state {state!r} was written as {written} and cannot be read as {declared}: {e}. "
            f"Declare the former type, or give the new state another name"
        ) from e
    return result


def _picklable(value: Any) -> bool:
    try:
        pickle.dumps(value, 5)
    except Exception:
        return False
    return True
