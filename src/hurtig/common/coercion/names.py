"""How messages call a type: in the words of the program that declared it."""

from __future__ import annotations

from hurtig.common import typeinfo as t

_BASIC = {
    t.BasicType.STRING: "STRING",
    t.BasicType.BYTE: "BYTE",
    t.BasicType.BOOLEAN: "BOOLEAN",
    t.BasicType.SHORT: "SHORT",
    t.BasicType.INT: "INT",
    t.BasicType.LONG: "LONG",
    t.BasicType.FLOAT: "FLOAT",
    t.BasicType.DOUBLE: "DOUBLE",
    t.BasicType.CHAR: "CHAR",
    t.BasicType.BIG_INT: "BIG_INT",
    t.BasicType.BIG_DEC: "BIG_DEC",
    t.BasicType.INSTANT: "INSTANT",
}


def type_name(type_info: t.TypeInformation) -> str:
    """``Types.INT()``, ``Types.ROW`` ... as the user writes it, without the types inside."""
    if isinstance(type_info, t.BasicTypeInfo):
        return f"Types.{_BASIC[type_info._basic_type]}()"
    for kind, name in (
        (t.DateTypeInfo, "SQL_DATE()"),
        (t.TimeTypeInfo, "SQL_TIME()"),
        (t.TimestampTypeInfo, "SQL_TIMESTAMP()"),
        (t.TupleTypeInfo, "TUPLE"),
        (t.RowTypeInfo, "ROW"),
        (t.ListTypeInfo, "LIST"),
        (t.MapTypeInfo, "MAP"),
        (t.PrimitiveArrayTypeInfo, "PRIMITIVE_ARRAY"),
        (t.BasicArrayTypeInfo, "BASIC_ARRAY"),
        (t.ObjectArrayTypeInfo, "OBJECT_ARRAY"),
    ):
        if isinstance(type_info, kind):
            return f"Types.{name}"
    return repr(type_info)
