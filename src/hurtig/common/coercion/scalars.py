"""Converters of single values to basic and temporal types."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from typing import Any

from hurtig.common import typeinfo as t
from hurtig.common.coercion.errors import Mismatch
from hurtig.common.coercion.float32 import round_one
from hurtig.common.errors import shorten
from hurtig.common.time import Instant

Converter = Callable[[Any], Any]

INT_BITS = {
    t.BasicType.BYTE: 8,
    t.BasicType.SHORT: 16,
    t.BasicType.INT: 32,
    t.BasicType.LONG: 64,
}


def bounds(bits: int) -> tuple[int, int]:
    """Smallest and largest signed integer of so many bits."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def scalar_converter(type_info: t.TypeInformation) -> Converter | None:
    """The converter of a basic or temporal type; None for any other type.

    A converter returns the value in its declared type or raises Mismatch; None is a mismatch.
    """
    if isinstance(type_info, t.BasicTypeInfo):
        basic = type_info._basic_type
        if basic in INT_BITS:
            return _int_converter(basic.name, *bounds(INT_BITS[basic]))
        return _BASIC[basic]
    for kind, converter in _TEMPORAL:
        if isinstance(type_info, kind):
            return converter
    if isinstance(type_info, t.LocalTimeTypeInfo):
        return _LOCAL[type_info._time_type]
    return None


def wrong(value: Any, wanted: str, hint: str = "") -> Mismatch:
    """``value`` is not ``wanted``."""
    if value is None:
        return Mismatch(
            f"None where {wanted} is declared",
            "Give a value, or hold the optional field in a Types.ROW, whose fields may be None",
        )
    return Mismatch(
        f"{shorten(value)} ({type(value).__name__}) is not {wanted}",
        hint or "Convert the value, or declare the type that the function returns",
    )


def _number(value: Any, wanted: str) -> int:
    """The whole part of any number; text is no number."""
    if isinstance(value, int):
        return int(value)
    if not hasattr(type(value), "__int__"):
        raise wrong(value, wanted)
    try:
        return int(value)
    except (ValueError, OverflowError) as e:  # NaN, infinity
        raise Mismatch(
            f"{value!r} has no whole part that {wanted} could hold",
            "Filter such values out, or declare Types.DOUBLE()",
            overflow=isinstance(e, OverflowError),
        ) from None
    except TypeError:
        raise wrong(value, wanted) from None


def _int_converter(name: str, low: int, high: int) -> Converter:
    wanted = f"an int ({name})"
    larger = "Types.BIG_INT()" if name == "LONG" else "Types.LONG()"

    def convert(value: Any) -> int:
        number = _number(value, wanted)
        if low <= number <= high:
            return number
        raise Mismatch(
            f"{number} does not fit {name}, which goes from {low} to {high}",
            f"Declare {larger}",
            overflow=True,
        )

    return convert


def _to_big_int(value: Any) -> int:
    return _number(value, "an int (BIG_INT)")


def _to_bool(value: Any) -> bool:
    return bool(_number(value, "a bool (BOOLEAN)"))


def _to_double(value: Any, wanted: str = "a float (DOUBLE)") -> float:
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        raise wrong(value, wanted)
    try:
        return float(value)
    except OverflowError:
        raise Mismatch(
            f"{shorten(value)} is larger than any float",
            "Declare Types.BIG_INT() or Types.BIG_DEC()",
            overflow=True,
        ) from None
    except (TypeError, ValueError):
        raise wrong(value, wanted) from None


def _to_float(value: Any) -> float:
    return round_one(_to_double(value, "a float (FLOAT)"))


def _to_str(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of a subclass the plain text
    raise wrong(value, "a str (STRING)", "Return str(value), or declare the type of the value")


def _to_char(value: Any) -> str:
    if isinstance(value, str) and len(value) == 1:
        return str.__str__(value)
    raise wrong(value, "a str of one character (CHAR)", "Declare Types.STRING() for longer text")


def _to_decimal(value: Any) -> Any:
    from decimal import Decimal, InvalidOperation

    if isinstance(value, Decimal):
        return value if value else abs(value)  # Java's decimals have no negative zero
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            # Through str, as Flink does: 0.1 means 0.1.
            return Decimal(value if isinstance(value, int) else str(value))
        except InvalidOperation:
            pass
    raise wrong(value, "a decimal.Decimal (BIG_DEC)")


def _to_instant(value: Any) -> Instant:
    if isinstance(value, Instant):
        return value
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        micros = t.TimestampTypeInfo().to_internal_type(value) or 0
        return Instant(micros // 1_000_000, micros % 1_000_000 * 1000)
    raise wrong(value, "an Instant", "Use Instant.of_epoch_milli(ms)")


def _to_date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    raise wrong(value, "a datetime.date (SQL_DATE)")


def _to_time(value: Any) -> datetime.time:
    if isinstance(value, datetime.datetime):
        return value.time()
    if isinstance(value, datetime.time):
        return value if value.tzinfo is None else value.replace(tzinfo=None)
    raise wrong(value, "a datetime.time (SQL_TIME)")


def _to_timestamp(value: Any) -> datetime.datetime:
    if not isinstance(value, datetime.datetime):
        raise wrong(value, "a datetime.datetime (SQL_TIMESTAMP)")
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    if type(value) is datetime.datetime:
        return value
    return datetime.datetime.combine(value.date(), value.time())


_BASIC: dict[t.BasicType, Converter] = {
    t.BasicType.STRING: _to_str,
    t.BasicType.CHAR: _to_char,
    t.BasicType.BOOLEAN: _to_bool,
    t.BasicType.FLOAT: _to_float,
    t.BasicType.DOUBLE: _to_double,
    t.BasicType.BIG_INT: _to_big_int,
    t.BasicType.BIG_DEC: _to_decimal,
    t.BasicType.INSTANT: _to_instant,
}
_TEMPORAL: tuple[tuple[type[t.TypeInformation], Converter], ...] = (
    (t.DateTypeInfo, _to_date),
    (t.TimeTypeInfo, _to_time),
    (t.TimestampTypeInfo, _to_timestamp),
)
_LOCAL: dict[t.LocalTimeTypeInfo.TimeType, Converter] = {
    t.LocalTimeTypeInfo.TimeType.LOCAL_DATE: _to_date,
    t.LocalTimeTypeInfo.TimeType.LOCAL_TIME: _to_time,
    t.LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME: _to_timestamp,
}


def decimal_class() -> type[Any] | None:
    """``decimal.Decimal`` where the program has imported it; no value is one before that."""
    module = sys.modules.get("decimal")
    return getattr(module, "Decimal", None)
