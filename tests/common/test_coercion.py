from __future__ import annotations

import copy
import datetime
import pickle
from array import array
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from type_strategies import typed_batches

from hurtig.common import Instant, Row, RowKind, Types
from hurtig.common.coercion import (
    TypeCoercionError,
    TypeOverflowError,
    check_collection,
    coercer,
)
from hurtig.common.coercion.float32 import shortest_all, shortest_floats
from hurtig.common.typeinfo import TypeInformation

NAMED = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
PAIR = Types.TUPLE([Types.INT(), Types.STRING()])


def coerce(type_info: TypeInformation, values: list[Any]) -> list[Any]:
    function = coercer(type_info)
    assert function is not None
    return function(values)


@given(typed_batches())
def test_values_of_the_type_come_back_as_the_same_list(
    batch: tuple[TypeInformation, list[Any]],
) -> None:
    type_info, values = batch
    assert coerce(type_info, values) is values


@pytest.mark.parametrize(
    ("type_info", "value", "result"),
    [
        (Types.DOUBLE(), 1, 1.0),
        (Types.DOUBLE(), True, 1.0),
        (Types.DOUBLE(), Decimal("1.5"), 1.5),
        (Types.INT(), 1.9, 1),
        (Types.INT(), -1.9, -1),
        (Types.INT(), True, 1),
        (Types.INT(), Decimal("2.5"), 2),
        (Types.BOOLEAN(), 1, True),
        (Types.BOOLEAN(), 0.0, False),
        (Types.FLOAT(), 0.1, 0.10000000149011612),
        (Types.FLOAT(), 1 / 3, 0.3333333432674408),
        (Types.FLOAT(), 16777217.0, 16777216.0),
        (Types.FLOAT(), 3, 3.0),
        (Types.FLOAT(), 1e39, float("inf")),
        (Types.BIG_INT(), 1.9, 1),
        (Types.BIG_INT(), 2**70, 2**70),
        (Types.BIG_DEC(), 0.1, Decimal("0.1")),
        (Types.BIG_DEC(), 5, Decimal(5)),
        (Types.SQL_DATE(), datetime.datetime(2020, 1, 2, 3), datetime.date(2020, 1, 2)),
        (Types.SQL_TIME(), datetime.datetime(2020, 1, 2, 3), datetime.time(3)),
        (
            Types.SQL_TIMESTAMP(),
            datetime.datetime(2020, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
            datetime.datetime(2020, 1, 1),
        ),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), bytearray(b"ab"), b"ab"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), [1, -1], b"\x01\xff"),
        (Types.PRIMITIVE_ARRAY(Types.INT()), (1, 2.5), [1, 2]),
        (Types.PRIMITIVE_ARRAY(Types.INT()), array("i", [1, 2]), [1, 2]),
        (Types.LIST(Types.DOUBLE()), [1, None], [1.0, None]),
        (Types.MAP(Types.STRING(), Types.DOUBLE()), {"a": 1, "b": None}, {"a": 1.0, "b": None}),
        (Types.TUPLE([Types.STRING(), Types.DOUBLE()]), ("a", 1), ("a", 1.0)),
        (PAIR, [1, "x"], (1, "x")),
        (NAMED, (1, "x"), Row(a=1, b="x")),
        (NAMED, {"b": "x", "a": 1}, Row(a=1, b="x")),
        (NAMED, {"a": 1}, Row(a=1, b=None)),
        (NAMED, Row(1.5, "x"), Row(a=1, b="x")),
        (NAMED, Row(b="x", a=1, c=3), Row(a=1, b="x")),
        (NAMED, Row(p=1, q="x"), Row(a=1, b="x")),
        (NAMED, Row.of_kind(RowKind.DELETE, 1, None), Row.of_kind(RowKind.DELETE, a=1, b=None)),
        (Types.ROW([Types.INT()]), Row(7), Row(f0=7)),
    ],
)
def test_converts(type_info: TypeInformation, value: Any, result: Any) -> None:
    (got,) = coerce(type_info, [value])
    assert got == result
    assert type(got) is type(result)
    (again,) = coerce(type_info, [got])
    assert again is got


@pytest.mark.parametrize(
    ("type_info", "value", "text"),
    [
        (Types.INT(), "1", "is not an int"),
        (Types.INT(), None, "None where an int"),
        (Types.INT(), float("nan"), "no whole part"),
        (Types.DOUBLE(), "1", "is not a float"),
        (Types.DOUBLE(), None, "None where a float"),
        (Types.BOOLEAN(), "x", "is not a bool"),
        (Types.STRING(), 5, "is not a str"),
        (Types.CHAR(), "ab", "one character"),
        (Types.BIG_DEC(), True, "is not a decimal.Decimal"),
        (Types.INSTANT(), 5, "is not an Instant"),
        (Types.SQL_DATE(), "2020-01-01", "is not a datetime.date"),
        (Types.LIST(Types.INT()), 5, "is not a list"),
        (Types.LIST(Types.INT()), [1, "x"], "element 1"),
        (Types.PRIMITIVE_ARRAY(Types.INT()), [None], "element 0"),
        (Types.MAP(Types.STRING(), Types.INT()), [("a", 1)], "is not a dict"),
        (Types.MAP(Types.STRING(), Types.INT()), {None: 1}, "key None"),
        (Types.MAP(Types.STRING(), Types.INT()), {"a": "x"}, "value of key 'a'"),
        (PAIR, Row(1, "x"), "is not a tuple"),
        (PAIR, (1, None), "field 1"),
        (PAIR, (1,), "has 1 field, the declared TUPLE has 2"),
        (PAIR, (1, "x", 2), "has 3 fields, the declared TUPLE has 2"),
        (NAMED, 5, "is not a Row"),
        (NAMED, Row(1), "has 1 field, the declared ROW has 2"),
        (NAMED, Row(1, "x", 2), "has 3 fields"),
        (NAMED, Row(a=1, c=2), "has no field 'b'"),
        (NAMED, {"c": 1}, "a dict with the fields a, b"),
        (NAMED, Row(1, 2), "field 'b'"),
    ],
)
def test_refuses(type_info: TypeInformation, value: Any, text: str) -> None:
    with pytest.raises(TypeCoercionError) as caught:
        coerce(type_info, [value])
    assert str(caught.value).startswith("record 0")
    assert text in str(caught.value)
    assert not isinstance(caught.value, OverflowError)


@pytest.mark.parametrize(
    ("type_info", "value"),
    [
        (Types.BYTE(), 128),
        (Types.SHORT(), -32769),
        (Types.INT(), 2**31),
        (Types.LONG(), 2**63),
        (Types.LONG(), float("inf")),
        (Types.DOUBLE(), 10**400),
        (Types.TUPLE([Types.BYTE(), Types.SHORT()]), (128, 40127)),
    ],
)
def test_overflow_is_an_overflow_error(type_info: TypeInformation, value: Any) -> None:
    with pytest.raises(OverflowError) as caught:
        coerce(type_info, [value])
    assert isinstance(caught.value, TypeOverflowError)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "type_info",
    [Types.STRING(), Types.SQL_DATE(), Types.LIST(Types.INT()), PAIR, NAMED, Types.BIG_INT()],
)
def test_none_passes_at_the_top_of_types_that_are_no_numbers(type_info: TypeInformation) -> None:
    assert coerce(type_info, [None]) == [None]


def test_the_first_bad_record_is_named() -> None:
    values = [(1, "a"), (1.5, "b"), ("x", "c"), (2**40, "d")]
    with pytest.raises(TypeCoercionError) as caught:
        coerce(PAIR, values)
    assert caught.value.index == 2
    assert caught.value.value == ("x", "c")
    assert caught.value.path == "field 0"
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_the_first_bad_record_counts_over_all_fields() -> None:
    with pytest.raises(TypeCoercionError) as caught:
        coerce(PAIR, [(1, "a"), (2, 5), ("x", "c")])
    assert (caught.value.index, caught.value.path) == (1, "field 1")


def test_a_batch_that_mixes_rows_with_and_without_names() -> None:
    rows = [Row(1, "a"), Row(a=2, b="b"), Row(b="c", a=3)]
    got = coerce(NAMED, rows)
    assert got == [Row(a=1, b="a"), Row(a=2, b="b"), Row(a=3, b="c")]
    assert rows[0] == Row(1, "a")  # the program's own rows stay as they are


def test_subclasses_become_the_plain_type() -> None:
    class Point(tuple[int, str]):
        pass

    (got,) = coerce(PAIR, [Point((1, "x"))])
    assert type(got) is tuple


def test_numpy_values_and_subclasses_become_plain_values() -> None:
    np = pytest.importorskip("numpy")

    class Text(str):
        __slots__ = ()

    class Stamp(datetime.datetime):
        pass

    stamp = datetime.datetime(2020, 1, 1, 2, 3)
    for type_info, value, plain in (
        (Types.INT(), np.int64(5), 5),
        (Types.DOUBLE(), np.float32(0.5), 0.5),
        (Types.DOUBLE(), np.float64(0.1), 0.1),
        (Types.BOOLEAN(), np.bool_(True), True),
        (Types.STRING(), Text("x"), "x"),
        (Types.SQL_TIMESTAMP(), Stamp(2020, 1, 1, 2, 3), stamp),
        (Types.LIST(Types.DOUBLE()), np.array([1, 2]), [1.0, 2.0]),
    ):
        (got,) = coerce(type_info, [value])
        assert got == plain
        assert type(got) is type(plain)


def test_no_type_means_no_check() -> None:
    assert coercer(None) is None
    assert coercer(Types.PICKLED_BYTE_ARRAY()) is None


def test_empty_batch() -> None:
    for type_info in (Types.INT(), Types.FLOAT(), PAIR, NAMED, Types.LIST(Types.INT())):
        assert coerce(type_info, []) == []


@given(st.lists(st.floats(allow_nan=False), max_size=5))
def test_float_rounds_to_32_bits_and_stays(values: list[float]) -> None:
    got = coerce(Types.FLOAT(), values)
    assert array("f", got) == array("f", values)
    assert coerce(Types.FLOAT(), got) is got


def test_check_collection_converts_and_names_the_element() -> None:
    assert check_collection((1, 2), Types.DOUBLE()) == [1.0, 2.0]
    assert check_collection(iter([1, "x"]), None) == [1, "x"]
    with pytest.raises(TypeCoercionError, match=r"^element 1: 'x'"):
        check_collection([1, "x"], Types.INT())


def test_instants() -> None:
    aware = datetime.datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=datetime.UTC)
    assert coerce(Types.INSTANT(), [aware, Instant(1, 2)]) == [Instant(1, 5000), Instant(1, 2)]


SINGLE = 0.10000000149011612


@pytest.mark.parametrize(
    ("type_info", "value", "shown"),
    [
        (Types.FLOAT(), SINGLE, 0.1),
        (Types.FLOAT(), 0.3333333432674408, 0.33333334),
        (Types.FLOAT(), None, None),
        (Types.TUPLE([Types.STRING(), Types.FLOAT()]), ("a", SINGLE), ("a", 0.1)),
        (Types.ROW([Types.FLOAT(), Types.INT()]), Row(SINGLE, 1), Row(0.1, 1)),
        (Types.ROW([Types.FLOAT()]), Row(None), Row(None)),
        (Types.MAP(Types.STRING(), Types.FLOAT()), {"a": SINGLE}, {"a": 0.1}),
        (Types.MAP(Types.FLOAT(), Types.STRING()), {SINGLE: "a"}, {0.1: "a"}),
        (Types.LIST(Types.FLOAT()), [SINGLE, 2.5], [0.1, 2.5]),
        (Types.PRIMITIVE_ARRAY(Types.FLOAT()), [SINGLE], [0.1]),
        (Types.OBJECT_ARRAY(Types.TUPLE([Types.FLOAT()])), [(SINGLE,), None], [(0.1,), None]),
    ],
)
def test_floats_leave_the_job_in_their_shortest_form(type_info, value, shown) -> None:
    change = shortest_floats(type_info)
    assert change is not None
    before = copy.deepcopy(value)
    assert change([value, value]) == [shown, shown]
    assert value == before


def test_types_without_float_need_no_shortening() -> None:
    for type_info in (None, Types.DOUBLE(), PAIR, Types.MAP(Types.STRING(), Types.DOUBLE())):
        assert shortest_floats(type_info) is None


@given(st.lists(st.floats(allow_nan=False, width=32), max_size=5))
def test_shortest_form_is_the_same_32_bit_number(values: list[float]) -> None:
    assert array("f", shortest_all(values)) == array("f", values)
