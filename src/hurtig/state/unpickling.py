"""Opening pickles of state that an earlier version of the program wrote.

A dataclass that has got fields since gets their defaults, whether it has slots or not; fields that
it no longer has are dropped. A class that is not there any more is an error that names it.
"""

from __future__ import annotations

import pickle
import re
from io import BytesIO
from typing import Any

from hurtig.common.errors import HurtigError

_GLOBAL = re.compile(rb"\x8c.([^\x94]*)\x94\x8c.[^\x94]*\x94\x93", re.DOTALL)
_STACK_GLOBAL = b"\x93"
_FIXED = (b"builtins", b"collections", b"copyreg", b"datetime", b"decimal", b"hurtig", b"uuid")
"""Modules whose classes do not change with the program."""


class StateClassError(HurtigError):
    """A class whose objects are in a snapshot does not fit it any more."""


class StateLoads:
    """Opens pickles; keep one for all pickles of a state, it remembers the classes."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, str], Any] = {}
        self.made: list[Any] = []
        """Objects in the making; those that have no attributes are not finished by pickle."""

    def __call__(self, data: bytes) -> Any:
        """The object. Raises :class:`StateClassError`, or whatever a damaged pickle raises."""
        if _STACK_GLOBAL not in data:
            return pickle.loads(data)
        value = _Unpickler(data, self).load()
        if self.made:
            for made in self.made:
                if _MARK in type(made).__dict__:
                    _settle(made, type(made).__bases__[0], None)
            self.made.clear()
        return value

    def find(self, module: str, name: str, plain: Any) -> Any:
        """The class of that name, or what stands for it while its objects are built."""
        found = self._classes.get((module, name))
        if found is None:
            try:
                found = plain(module, name)
            except (ImportError, AttributeError) as e:
                raise StateClassError(
                    f"the class {module}.{name}, whose objects are in it, cannot be found ({e}): "
                    f"if it was moved or renamed, keep the former name as well "
                    f"({name.rpartition('.')[2]} = ... in a module {module})"
                ) from e
            if _is_plain_dataclass(found):
                found = _shadow(found, self.made) or found
            self._classes[module, name] = found
        return found


def may_change(content: bytes) -> bool:
    """Whether pickles refer to classes that an edit of the program may have changed."""
    if _STACK_GLOBAL not in content:
        return False
    modules = set(_GLOBAL.findall(content))
    return any(module.partition(b".")[0] not in _FIXED for module in modules)


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, loads: StateLoads) -> None:
        super().__init__(BytesIO(data))
        self._loads = loads

    def find_class(self, module: str, name: str) -> Any:
        return self._loads.find(module, name, super().find_class)


def _is_plain_dataclass(cls: Any) -> bool:
    """Whether pickle builds its objects field by field, and not by the class's own rules."""
    if not isinstance(cls, type) or not hasattr(cls, "__dataclass_fields__"):
        return False
    plain: Any = object
    if cls.__reduce__ != plain.__reduce__ or cls.__reduce_ex__ != plain.__reduce_ex__:
        return False
    own = getattr(cls, "__setstate__", None)
    return own is None or own.__module__ == "dataclasses"


_MARK = "_hurtig_stands_for"


def _shadow(cls: Any, made: list[Any]) -> Any:
    """A subclass that takes the state of objects of other versions, and then makes way."""

    def new(shadow: Any, *args: Any) -> Any:
        value = cls.__new__(shadow, *args)
        made.append(value)
        return value

    def set_state(self: Any, state: Any) -> None:
        _settle(self, cls, state)

    body = {"__slots__": (), "__new__": new, "__setstate__": set_state, _MARK: True}
    try:
        return type(cls)(cls.__name__, (cls,), {**body, "__module__": cls.__module__})
    except Exception:  # a class that does not let itself be subclassed
        return None


def _settle(value: Any, cls: Any, state: Any) -> None:
    put = object.__setattr__
    put(value, "__class__", cls)
    fields = cls.__dataclass_fields__
    if isinstance(state, list):  # frozen, with slots: values in the order of the fields
        if len(state) > len(fields):
            raise StateClassError(
                f"its objects of {cls.__module__}.{cls.__qualname__} were written with "
                f"{len(state)} fields, and the class has {len(fields)}: a frozen dataclass with "
                "slots is pickled without the names of its fields, so nobody can tell which are "
                "gone; keep them, and add new ones at the end"
            )
        state = dict(zip(fields, state, strict=False))
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    own = getattr(value, "__dict__", None)
    for given in (attributes, slots):
        if own is not None and given is attributes:
            own.update(given or {})
            continue
        for name, content in (given or {}).items():
            try:
                put(value, name, content)
            except AttributeError:
                continue  # the field is no more
    _fill_in(value, cls, fields, own)


def _fill_in(value: Any, cls: Any, fields: dict[str, Any], own: dict[str, Any] | None) -> None:
    from dataclasses import MISSING

    for name, field in fields.items():
        if field._field_type.name != "_FIELD":
            continue
        if name in own if own is not None else hasattr(value, name):
            continue
        if field.default is not MISSING:
            object.__setattr__(value, name, field.default)
        elif field.default_factory is not MISSING:
            object.__setattr__(value, name, field.default_factory())
        elif field.init and not hasattr(value, name):
            raise StateClassError(
                f"its objects of {cls.__module__}.{cls.__qualname__} were written without the "
                f"field {name!r}, which has no default: give it one"
            )
