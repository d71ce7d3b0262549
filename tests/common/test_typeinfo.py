from __future__ import annotations

import datetime

import pytest

from hurtig.common import Instant, Row, RowKind, Types
from hurtig.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo, TypeInformation

DATE = datetime.date(2020, 1, 1)


@pytest.mark.parametrize(
    ("type_info", "text"),
    [
        (Types.STRING(), "String"),
        (Types.INT(), "Integer"),
        (Types.BIG_DEC(), "BigDecimal"),
        (Types.SQL_DATE(), "DateTypeInfo"),
        (Types.PICKLED_BYTE_ARRAY(), "PickledByteArrayTypeInfo"),
        (Types.ROW([Types.INT(), Types.STRING()]), "RowTypeInfo(Integer, String)"),
        (Types.ROW_NAMED(["a"], [Types.INT()]), "RowTypeInfo(a: Integer)"),
        (Types.TUPLE([Types.INT(), Types.ROW([])]), "TupleTypeInfo(Integer, RowTypeInfo())"),
        (Types.PRIMITIVE_ARRAY(Types.INT()), "PrimitiveArrayTypeInfo<Integer>"),
        (Types.BASIC_ARRAY(Types.STRING()), "BasicArrayTypeInfo<String>"),
        (Types.OBJECT_ARRAY(Types.TUPLE([])), "ObjectArrayTypeInfo<TupleTypeInfo()>"),
        (Types.MAP(Types.STRING(), Types.INT()), "MapTypeInfo<String, Integer>"),
        (Types.LIST(Types.INT()), "ListTypeInfo<Integer>"),
        (ExternalTypeInfo(Types.INT()), "ExternalTypeInfo<Integer>"),
        (LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE), "LocalTimeTypeInfo<LOCAL_DATE>"),
    ],
)
def test_repr(type_info: TypeInformation, text: str) -> None:
    assert repr(type_info) == text


def test_equality_is_structural() -> None:
    assert Types.LIST(Types.INT()) == Types.LIST(Types.INT())
    assert hash(Types.LIST(Types.INT())) == hash(Types.LIST(Types.INT()))
    assert Types.LIST(Types.INT()) != Types.LIST(Types.LONG())
    assert Types.INT() != Types.LONG()
    assert Types.SQL_DATE() != Types.SQL_TIME()
    assert Types.ROW([Types.INT()]) != Types.TUPLE([Types.INT()])
    assert Types.ROW([Types.INT()]) == Types.ROW_NAMED(["x"], [Types.INT()])
    assert Types.PRIMITIVE_ARRAY(Types.INT()) != Types.BASIC_ARRAY(Types.INT())


@pytest.mark.parametrize(
    ("type_info", "value", "internal"),
    [
        (Types.SQL_DATE(), DATE, 18262),
        (Types.SQL_TIME(), datetime.time(1, 2, 3, 456789), 3723456789),
        (
            Types.SQL_TIMESTAMP(),
            datetime.datetime(2020, 1, 1, 0, 0, 0, 123456),
            1577836800123456,
        ),
        (Types.INSTANT(), Instant(5, 6000), 5000006),
        (Types.INSTANT(), Instant(-1, 999_000_000), -1000),
        (Types.SQL_TIMESTAMP(), datetime.datetime(1969, 12, 31, 23, 59, 59), -1_000_000),
    ],
)
def test_internal_form_and_back(type_info: TypeInformation, value: object, internal: int) -> None:
    assert type_info.need_conversion()
    assert type_info.to_internal_type(value) == internal
    assert type_info.from_internal_type(internal) == value
    assert type_info.to_internal_type(None) is None
    assert type_info.from_internal_type(None) is None


def test_internal_form_of_rows_and_tuples() -> None:
    named = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.SQL_DATE()])
    assert named.to_internal_type(Row(b=DATE, a=2)) == (0, 2, 18262)
    assert named.to_internal_type(Row.of_kind(RowKind.DELETE, 1, None)) == (3, 1, None)
    assert named.to_internal_type({"a": 1}) == (0, 1, None)
    assert named.to_internal_type((1, DATE)) == (0, 1, 18262)
    assert Types.TUPLE([Types.INT(), Types.SQL_DATE()]).to_internal_type([1, DATE]) == (1, 18262)
    with pytest.raises(ValueError, match="neither a Row"):
        named.to_internal_type(5)
    with pytest.raises(ValueError, match="neither a tuple"):
        Types.TUPLE([Types.INT()]).to_internal_type(5)


def test_row_field_names() -> None:
    named = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.INT()])
    assert named.get_field_names() == ["a", "b"]
    assert named.get_field_index("b") == 1
    assert Types.ROW([Types.INT()]).get_field_names() == ["f0"]
    with pytest.raises(ValueError, match="'z' is not a field"):
        named.get_field_index("z")


def test_wrong_declarations_say_so() -> None:
    with pytest.raises(ValueError, match="1 names"):
        Types.ROW_NAMED(["a"], [Types.INT(), Types.INT()])
    with pytest.raises(ValueError, match="appear twice"):
        Types.ROW_NAMED(["a", "a"], [Types.INT(), Types.INT()])
    with pytest.raises(TypeError, match="BASIC_ARRAY"):
        Types.PRIMITIVE_ARRAY(Types.STRING())
