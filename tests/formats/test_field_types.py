"""Field types: from type information, from Table data types, and back."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common import Types
from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo
from hurtig.formats.field_types import FieldType, Kind, field_type, row_type


def as_tree(field: FieldType) -> Any:
    """The kinds as nested tuples."""
    if field.is_row:
        return (
            field.kind,
            *((n, as_tree(f)) for n, f in zip(field.names, field.fields, strict=True)),
        )
    parts = [as_tree(f) for f in (field.key, field.element) if f is not None]
    return (field.kind, *parts) if parts else field.kind


BASIC = [
    (Types.STRING(), Kind.STRING),
    (Types.CHAR(), Kind.STRING),
    (Types.BOOLEAN(), Kind.BOOLEAN),
    (Types.BYTE(), Kind.BYTE),
    (Types.SHORT(), Kind.SHORT),
    (Types.INT(), Kind.INT),
    (Types.LONG(), Kind.LONG),
    (Types.BIG_INT(), Kind.BIG_INT),
    (Types.FLOAT(), Kind.FLOAT),
    (Types.DOUBLE(), Kind.DOUBLE),
    (Types.BIG_DEC(), Kind.DECIMAL),
    (Types.INSTANT(), Kind.INSTANT),
    (Types.SQL_DATE(), Kind.DATE),
    (Types.SQL_TIME(), Kind.TIME),
    (Types.SQL_TIMESTAMP(), Kind.TIMESTAMP),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), Kind.BYTES),
]
NESTED = [
    (Types.LIST(Types.INT()), (Kind.ARRAY, Kind.INT)),
    (Types.MAP(Types.STRING(), Types.LONG()), (Kind.MAP, Kind.STRING, Kind.LONG)),
    (Types.TUPLE([Types.INT()]), (Kind.TUPLE, ("f0", Kind.INT))),
    (
        Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.LIST(Types.INT())]),
        (Kind.ROW, ("a", Kind.STRING), ("b", (Kind.ARRAY, Kind.INT))),
    ),
]


@pytest.mark.parametrize(("info", "tree"), BASIC + NESTED)
def test_there_and_back(info, tree):
    field = field_type(info)
    assert as_tree(field) == tree
    assert field_type(field) is field
    back = field.type_info()
    assert as_tree(field_type(back)) == tree
    if info != Types.CHAR():
        assert back == info


@pytest.mark.parametrize(
    ("info", "tree"),
    [
        (LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE), Kind.DATE),
        (LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_TIME), Kind.TIME),
        (LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME), Kind.TIMESTAMP),
        (ExternalTypeInfo(Types.INT()), Kind.INT),
        (Types.PRIMITIVE_ARRAY(Types.INT()), (Kind.ARRAY, Kind.INT)),
        (Types.BASIC_ARRAY(Types.STRING()), (Kind.ARRAY, Kind.STRING)),
        (
            Types.OBJECT_ARRAY(Types.TUPLE([Types.INT()])),
            (Kind.ARRAY, (Kind.TUPLE, ("f0", Kind.INT))),
        ),
        (
            Types.ROW([Types.INT(), Types.STRING()]),
            (Kind.ROW, ("f0", Kind.INT), ("f1", Kind.STRING)),
        ),
    ],
)
def test_other_type_information(info, tree):
    assert as_tree(field_type(info)) == tree


def data_type(class_name: str, **attributes: Any) -> Any:
    """An object as the Table API has it: known by the name of its class."""
    made = type(class_name, (), {})()
    vars(made).update(attributes)
    return made


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("VarCharType", Kind.STRING),
        ("TinyIntType", Kind.BYTE),
        ("BigIntType", Kind.LONG),
        ("VarBinaryType", Kind.BYTES),
        ("DateType", Kind.DATE),
        ("LocalZonedTimestampType", Kind.INSTANT),
    ],
)
def test_data_types(name, kind):
    assert as_tree(field_type(data_type(name))) == kind


def test_nested_data_types():
    money = data_type("DecimalType", precision=10, scale=2)
    prices = data_type("MapType", key_type=data_type("CharType"), value_type=money)
    fields = [
        data_type("RowField", name="n", data_type=data_type("ArrayType", element_type=prices))
    ]
    found = field_type(data_type("RowType", fields=fields))
    assert as_tree(found) == (
        Kind.ROW,
        ("n", (Kind.ARRAY, (Kind.MAP, Kind.STRING, Kind.DECIMAL))),
    )
    decimal = found.fields[0].element_type().element_type()
    assert (decimal.precision, decimal.scale) == (10, 2)


def test_what_is_no_type():
    with pytest.raises(ProgramError, match="neither a TypeInformation nor a data type"):
        field_type("INT")
    with pytest.raises(ProgramError, match=r"no format can write values of .*ROW_NAMED"):
        field_type(Types.PICKLED_BYTE_ARRAY())
    with pytest.raises(ProgramError, match="CsvWriter needs a row type such as"):
        row_type(Types.INT(), "CsvWriter")
    assert row_type(Types.TUPLE([Types.INT()]), "").is_row
