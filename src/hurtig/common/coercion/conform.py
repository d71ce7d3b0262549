"""Generated checks: does every value of a batch already have its declared type?

The check of a type is one Python function over the batch, made from source so that tuples and rows
are unpacked and tested in a single loop (about 45 ns for a tuple of two fields).
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from hurtig.common import typeinfo as t
from hurtig.common.coercion.containers import (
    is_bytes,
    is_untyped,
    none_in_tuple,
    unwrapped,
)
from hurtig.common.coercion.float32 import round_one
from hurtig.common.coercion.scalars import INT_BITS, bounds, decimal_class
from hurtig.common.time import Instant
from hurtig.common.types import Row

BatchCheck = Callable[[Iterable[Any]], bool]

_PLAIN: dict[t.BasicType, type[Any]] = {
    t.BasicType.STRING: str,
    t.BasicType.BOOLEAN: bool,
    t.BasicType.DOUBLE: float,
    t.BasicType.BIG_INT: int,
}


def batch_check(type_info: t.TypeInformation, none_ok: bool, exact: bool = False) -> BatchCheck:
    """A function that tells whether all values of an iterable have the type (or are None).

    ``exact`` is the stricter question of serializers: does the value survive being written in the
    type's own format? There a FLOAT need not be rounded, and a datetime must not carry a fold.
    """
    return _Checks(exact).batch(type_info, none_ok)


class _Checks:
    """Builds the checks of one type; ``_env`` holds what the generated source refers to."""

    def __init__(self, exact: bool) -> None:
        self._exact = exact
        self._env: dict[str, Any] = {"Row": Row, "Instant": Instant, "date": datetime.date}
        self._counter = itertools.count()

    def batch(self, type_info: t.TypeInformation, none_ok: bool) -> BatchCheck:
        type_info = unwrapped(type_info)
        if is_untyped(type_info):
            return _always
        plain = self._plain_type(type_info)
        if plain is not None:
            return _type_set_check({plain, type(None)} if none_ok else {plain})
        lines = ["def check(values):", " try:", "  for v in values:"]
        if none_ok:
            lines += ["   if v is None:", "    continue"]
        lines += [f"   {line}" for line in self._record(type_info)]
        lines += [" except ValueError:", "  return False", " return True"]
        exec(compile("\n".join(lines), f"<check of {type_info!r}>", "exec"), self._env)
        check: BatchCheck = self._env.pop("check")
        return check

    def _record(self, type_info: t.TypeInformation) -> list[str]:
        """Statements that return False where ``v`` does not fit."""
        if isinstance(type_info, t.TupleTypeInfo):
            fields = [(f, none_in_tuple(f)) for f in type_info.get_field_types()]
            return ["if type(v) is not tuple:", " return False", *self._unpacked("v", fields)]
        if isinstance(type_info, t.RowTypeInfo):
            names = self._bind(type_info._field_names)
            return [
                f"if type(v) is not Row or (v._names is not {names} and v._names != {names}):",
                " return False",
                *self._unpacked("v._values", [(f, True) for f in type_info.get_field_types()]),
            ]
        return [f"if {self._misfit(type_info, False, 'v')}:", " return False"]

    def _unpacked(self, source: str, fields: list[tuple[t.TypeInformation, bool]]) -> list[str]:
        names = [f"x{i}" for i in range(len(fields))]
        tests = [self._misfit(f, ok, name) for (f, ok), name in zip(fields, names, strict=True)]
        tests = [test for test in tests if test]
        lines = [f"[{', '.join(names)}] = {source}"]
        if tests:
            lines += [f"if {' or '.join(tests)}:", " return False"]
        return lines

    def _misfit(self, type_info: t.TypeInformation, none_ok: bool, name: str) -> str:
        """An expression that is true where ``name`` does not fit; empty where anything does."""
        type_info = unwrapped(type_info)
        if is_untyped(type_info):
            return ""
        test = self._not_none_misfit(type_info, name)
        return f"({name} is not None and ({test}))" if none_ok else test

    def _not_none_misfit(self, type_info: t.TypeInformation, name: str) -> str:
        plain = self._plain_type(type_info)
        if plain is not None:
            return f"type({name}) is not {self._bind(plain)}"
        if isinstance(type_info, t.BasicTypeInfo):
            return self._basic_misfit(type_info._basic_type, name)
        if isinstance(type_info, t.TupleTypeInfo | t.RowTypeInfo):
            return f"not {self._bind(self._nested(type_info))}(({name},))"
        if isinstance(type_info, t.MapTypeInfo):
            keys = self._bind(self._nested(type_info._key_type_info))
            values = self._bind(self._nested(type_info._value_type_info, none_ok=True))
            is_dict = f"type({name}) is dict and {keys}({name}) and {values}({name}.values())"
            return f"not ({is_dict})"
        if isinstance(type_info, t.TimeTypeInfo | t.TimestampTypeInfo | t.LocalTimeTypeInfo):
            kind = self._bind(_temporal_class(type_info))
            fold = f" or {name}.fold" if self._exact else ""
            return f"type({name}) is not {kind} or {name}.tzinfo is not None{fold}"
        none_ok = not isinstance(type_info, t.PrimitiveArrayTypeInfo)
        element: t.TypeInformation = type_info._element_type  # type: ignore[attr-defined]
        elements = self._bind(self._nested(element, none_ok))
        return f"type({name}) is not list or not {elements}({name})"

    def _basic_misfit(self, basic: t.BasicType, name: str) -> str:
        if basic in INT_BITS:
            low, high = bounds(INT_BITS[basic])
            return f"type({name}) is not int or {name} > {high} or {name} < {low}"
        if basic is t.BasicType.FLOAT:
            if self._exact:
                return f"type({name}) is not float"
            return f"type({name}) is not float or not {self._bind(_is_float32)}({name})"
        if basic is t.BasicType.CHAR:
            return f"type({name}) is not str or len({name}) != 1"
        if basic is t.BasicType.INSTANT:
            parts = f" or not {self._bind(_plain_instant)}({name})" if self._exact else ""
            return f"type({name}) is not Instant{parts}"
        # The class is looked up late: importing decimal costs more than most programs need.
        # A negative zero, which Java's decimals do not have, goes to the converter.
        negative_zero = f"not {name} and {name}.is_signed()"
        return f"(type({name}) is not {self._bind(decimal_class)}() or {negative_zero})"

    def _nested(self, type_info: t.TypeInformation, none_ok: bool = False) -> BatchCheck:
        return _Checks(self._exact).batch(type_info, none_ok)

    def _plain_type(self, type_info: t.TypeInformation) -> type[Any] | None:
        """The Python type where having exactly that type is all there is to check."""
        if isinstance(type_info, t.BasicTypeInfo):
            return _PLAIN.get(type_info._basic_type)
        if isinstance(type_info, t.DateTypeInfo):
            return datetime.date
        if isinstance(type_info, t.LocalTimeTypeInfo):
            is_date = type_info._time_type is t.LocalTimeTypeInfo.TimeType.LOCAL_DATE
            return datetime.date if is_date else None
        return bytes if is_bytes(type_info) else None

    def _bind(self, value: Any) -> str:
        name = f"c{next(self._counter)}"
        self._env[name] = value
        return name


def _always(values: Iterable[Any]) -> bool:
    return True


def _type_set_check(allowed: set[type[Any]]) -> BatchCheck:
    contains = frozenset(allowed).issuperset

    def check(values: Iterable[Any]) -> bool:
        return contains(map(type, values))

    return check


def _is_float32(value: float) -> bool:
    return round_one(value) == value or value != value


def _plain_instant(value: Instant) -> bool:
    low, high = bounds(64)
    seconds, nanos = value.seconds, value.nanos
    return (
        type(seconds) is int
        and low <= seconds <= high
        and type(nanos) is int
        and (low <= nanos <= high)
    )


def _temporal_class(type_info: t.TypeInformation) -> type[Any]:
    if isinstance(type_info, t.TimeTypeInfo):
        return datetime.time
    if isinstance(type_info, t.LocalTimeTypeInfo):
        is_time = type_info._time_type is t.LocalTimeTypeInfo.TimeType.LOCAL_TIME
        return datetime.time if is_time else datetime.datetime
    return datetime.datetime
