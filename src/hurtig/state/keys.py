"""Keys of a keyed stream: made canonical once per batch, routed by key group."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

from hurtig.state.key_bytes import stable_key_bytes
from hurtig.state.key_groups import (
    KeyRouter,
    default_max_parallelism,
    key_group_for,
    key_group_range,
    operator_index,
)
from hurtig.state.typed_key import (
    FALSE_KEY,
    NAN_KEY,
    RAW_TYPES,
    TRUE_KEY,
    TypedKey,
    UnhashableKeyError,
    canonical_float,
    canonical_key,
    unwrap_key,
)

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation

_ONLY_FLOAT = {float}
_ONLY_BOOL = {bool}
_ONLY_TUPLE = {tuple}


class KeyGuard:
    """Makes the keys of a keyed edge canonical, a batch at a time.

    Without a declared key type, keys of different Python types are different keys, also inside
    tuples (see :mod:`hurtig.state.typed_key`). With a declared basic type, keys are converted
    to it. Raises :class:`UnhashableKeyError` for keys that cannot be hashed.
    """

    __slots__ = ("canonical",)

    canonical: Callable[[list[Any]], list[Any]]
    """The canonical keys of a batch, in order; may be the very list that was passed."""

    def __init__(self, key_type: TypeInformation | None = None) -> None:
        self.canonical = canonical_keys if key_type is None else _declared(key_type)


def canonical_keys(keys: list[Any]) -> list[Any]:
    """Canonical keys of a batch whose key type is not declared."""
    types = set(map(type, keys))
    if RAW_TYPES.issuperset(types):
        return keys
    if types == _ONLY_TUPLE:
        if RAW_TYPES.issuperset(set(map(type, chain.from_iterable(keys)))):
            return keys
    elif types == _ONLY_BOOL:
        return [TRUE_KEY if key else FALSE_KEY for key in keys]
    elif types == _ONLY_FLOAT:
        return [key if key % 1 and key == key else canonical_float(key) for key in keys]
    return [canonical_key(key) for key in keys]


def _declared(key_type: TypeInformation) -> Callable[[list[Any]], list[Any]]:
    from hurtig.common.coercion import coercer
    from hurtig.common.typeinfo import BasicType, BasicTypeInfo, PickledBytesTypeInfo

    if isinstance(key_type, PickledBytesTypeInfo):
        return canonical_keys
    coerce = coercer(key_type, "key")
    if coerce is None:
        return canonical_keys
    if not isinstance(key_type, BasicTypeInfo):
        return lambda keys: canonical_keys(coerce(keys))
    if key_type._basic_type in (BasicType.FLOAT, BasicType.DOUBLE):
        return lambda keys: [key if key == key else NAN_KEY for key in coerce(keys)]
    return coerce


__all__ = [
    "KeyGuard",
    "KeyRouter",
    "TypedKey",
    "UnhashableKeyError",
    "canonical_key",
    "canonical_keys",
    "default_max_parallelism",
    "key_group_for",
    "key_group_range",
    "operator_index",
    "stable_key_bytes",
    "unwrap_key",
]
