"""Records for several readers: shared where nothing can change them, copied where it can."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import chain
from typing import Any

_IMMUTABLE = {int, float, str, bytes, bool, complex, type(None)}
_TUPLE_SIZE = tuple.__basicsize__


def unchangeable(values: list[Any]) -> bool:
    """Whether all values are plain scalars, or tuples and named tuples of such."""
    while True:
        kinds = set(map(type, values)) - _IMMUTABLE
        if not kinds:
            return True
        if not all(map(_is_tuple, kinds)):
            return False
        # One level deeper, for all of them at once.
        tuples = (v for v in values if isinstance(v, tuple))
        values = list(chain.from_iterable(tuples))


def _is_tuple(kind: type[Any]) -> bool:
    """A tuple without attributes of its own; a named tuple has none."""
    return issubclass(kind, tuple) and not kind.__dictoffset__ and kind.__basicsize__ == _TUPLE_SIZE


def copier(values: list[Any]) -> Callable[[], list[Any]]:
    """Gives a new copy of the values as they are now, at each call."""
    try:
        pickled = pickle.dumps(values, 5)
    except Exception:
        # Such as what holds a lock or a lambda.
        from copy import deepcopy

        kept = deepcopy(values)
        return lambda: deepcopy(kept)
    return lambda: pickle.loads(pickled)
