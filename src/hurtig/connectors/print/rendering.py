"""How printed values look: as in PyFlink, by the declared type of the stream.

Values of a stream without declared type, and the fields of a row, are Python's ``str``. All other
declared types look as the Java value that Flink has for them: ``true``, ``(a,1)``, ``1.0E10``.
Arrays, of which Flink prints only the identity, look like lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.coercion.float32 import shortest_one
from hurtig.common.rendering import render_double
from hurtig.common.typeinfo import (
    BasicArrayTypeInfo,
    BasicTypeInfo,
    ExternalTypeInfo,
    ListTypeInfo,
    LocalTimeTypeInfo,
    MapTypeInfo,
    ObjectArrayTypeInfo,
    PickledBytesTypeInfo,
    PrimitiveArrayTypeInfo,
    RowTypeInfo,
    TimestampTypeInfo,
    TimeTypeInfo,
    TupleTypeInfo,
    TypeInformation,
    Types,
)

if TYPE_CHECKING:
    import datetime

    from hurtig.common.time import Instant
    from hurtig.common.types import Row

__all__ = ["Render", "line_renderer"]

Render = Callable[[Any], str]


def line_renderer(type_info: TypeInformation | None) -> Render:
    """What ``print()`` writes for one value of a stream of this type."""
    if isinstance(type_info, ExternalTypeInfo):
        return line_renderer(type_info._type_info)
    if type_info is None or isinstance(type_info, PickledBytesTypeInfo):
        return str
    if isinstance(type_info, RowTypeInfo):
        return _or_null(_python_row)
    return _or_null(_java(type_info))


def _python_row(row: Row) -> str:
    return f"{row.get_row_kind()}[{','.join(map(str, row))}]"


def _or_null(render: Render) -> Render:
    return lambda value: "null" if value is None else render(value)


def _java(type_info: TypeInformation) -> Render:
    """The text of a value that is not None."""
    if isinstance(type_info, BasicTypeInfo):
        return _BASIC.get(type_info, str)
    if isinstance(type_info, TupleTypeInfo):
        return _tuple(type_info)
    if isinstance(type_info, RowTypeInfo):
        return _row(type_info)
    if isinstance(type_info, MapTypeInfo):
        return _map(type_info)
    if isinstance(type_info, ListTypeInfo):
        return _list(type_info.elem_type)
    if isinstance(type_info, PrimitiveArrayTypeInfo | BasicArrayTypeInfo | ObjectArrayTypeInfo):
        return _list(type_info._element_type)
    if isinstance(type_info, ExternalTypeInfo):
        return _java(type_info._type_info)
    if isinstance(type_info, TimestampTypeInfo):
        return _timestamp
    if isinstance(type_info, TimeTypeInfo):
        return _time
    if isinstance(type_info, LocalTimeTypeInfo):
        return _local
    return str


def _fields(types: list[TypeInformation]) -> list[Render]:
    return [_or_null(_java(t)) for t in types]


def _tuple(type_info: TupleTypeInfo) -> Render:
    fields = _fields(type_info.get_field_types())

    def render(value: Any) -> str:
        return f"({','.join([f(v) for f, v in zip(fields, value, strict=False)])})"

    return render


def _row(type_info: RowTypeInfo) -> Render:
    fields = _fields(type_info.get_field_types())

    def render(row: Row) -> str:
        texts = [f(v) for f, v in zip(fields, row, strict=False)]
        return f"{row.get_row_kind()}[{', '.join(texts)}]"

    return render


def _map(type_info: MapTypeInfo) -> Render:
    key, item = _fields([type_info._key_type_info, type_info._value_type_info])

    def render(value: dict[Any, Any]) -> str:
        return "{" + ", ".join([f"{key(k)}={item(v)}" for k, v in value.items()]) + "}"

    return render


def _list(element_type: TypeInformation) -> Render:
    element = _or_null(_java(element_type))

    def render(value: Any) -> str:
        if isinstance(value, bytes | bytearray):  # Java's bytes are signed
            value = [b - 256 if b > 127 else b for b in value]
        return f"[{', '.join(map(element, value))}]"

    return render


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _fraction(microsecond: int) -> str:
    return f"{microsecond:06d}".rstrip("0") or "0"


def _timestamp(value: datetime.datetime) -> str:
    seconds = value.replace(microsecond=0, tzinfo=None).isoformat(" ")
    return f"{seconds}.{_fraction(value.microsecond)}"


def _time(value: datetime.time) -> str:
    seconds = value.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{seconds}.{_fraction(value.microsecond)}" if value.microsecond else seconds


def _thousands(nanos: int) -> str:
    """A fraction of a second as ``java.time`` writes it: no, three, six or nine digits."""
    text = f"{nanos:09d}"
    while text.endswith("000"):
        text = text[:-3]
    return f".{text}" if text else ""


def _instant(value: Instant) -> str:
    import datetime

    try:
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value.seconds)
    except OverflowError:
        return str(value)
    return f"{moment.isoformat()}{_thousands(value.nanos)}Z"


def _local(value: Any) -> str:
    text: str = value.isoformat()
    if not hasattr(value, "microsecond"):
        return text
    head = text.partition(".")[0]
    if value.second == 0 and value.microsecond == 0:
        return head[:-3]
    return head + _thousands(value.microsecond * 1000)


def _float(value: float) -> str:
    return render_double(shortest_one(value))


_BASIC: dict[TypeInformation, Render] = {
    Types.BOOLEAN(): _boolean,
    Types.FLOAT(): _float,
    Types.DOUBLE(): render_double,
    Types.INSTANT(): _instant,
}
