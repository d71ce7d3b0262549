"""``sum``, ``min``, ``max``, ``min_by``, ``max_by`` over all shapes of records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from hurtig.common import Row, RowKind
from hurtig.operators.aggregations import MAX, MAX_BY, MIN, MIN_BY, SUM, FieldAggregation


class Pair(NamedTuple):
    key: str
    count: int  # hides the method of tuples


@dataclass(frozen=True)
class Frozen:
    key: str
    count: int


class Plain:
    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class Slotted:
    __slots__ = ("count", "key")

    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.key, self.count) == (other.key, other.count)

    __hash__ = None  # type: ignore[assignment]


SHAPES = [
    pytest.param(lambda k, n: (k, n), 1, id="tuple"),
    pytest.param(lambda k, n: (k, n), -1, id="tuple from the end"),
    pytest.param(lambda k, n: [k, n], 1, id="list"),
    pytest.param(lambda k, n: Row(k, n), 1, id="row"),
    pytest.param(lambda k, n: Row(key=k, count=n), 1, id="named row by position"),
    pytest.param(lambda k, n: Row(key=k, count=n), "count", id="named row"),
    pytest.param(lambda k, n: Row(key=k, _n=n), "_n", id="row, private name"),
    pytest.param(lambda k, n: Row(key=k, as_dict=n), "as_dict", id="row, method's name"),
    pytest.param(Pair, 1, id="named tuple by position"),
    pytest.param(Pair, "count", id="named tuple"),
    pytest.param(lambda k, n: {"key": k, "count": n}, "count", id="dict"),
    pytest.param(lambda k, n: {0: k, 1: n}, 1, id="dict of numbers"),
    pytest.param(Frozen, "count", id="frozen dataclass"),
    pytest.param(Plain, "count", id="object"),
    pytest.param(Slotted, "count", id="object with slots"),
]

RECORDS = [("a", 3), ("b", 1), ("c", 5), ("d", 1), ("e", 5)]

EXPECTED = {
    SUM: [("a", 4), ("a", 9), ("a", 10), ("a", 15)],
    MIN: [("a", 1)] * 4,
    MAX: [("a", 3), ("a", 5), ("a", 5), ("a", 5)],
    MIN_BY: [("b", 1)] * 4,
    MAX_BY: [("a", 3), ("c", 5), ("c", 5), ("c", 5)],
}


def rolling(kind: str, field: Any, records: list[Any]) -> list[Any]:
    function = FieldAggregation(kind, field)
    results, so_far = [], records[0]
    for record in records[1:]:
        so_far = function.reduce(so_far, record)
        results.append(so_far)
    return results


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize(("make", "field"), SHAPES)
def test_shapes(kind, make, field):
    records = [make(k, n) for k, n in RECORDS]
    results = rolling(kind, field, records)
    assert results == [make(k, n) for k, n in EXPECTED[kind]]
    assert {type(r) for r in results} == {type(records[0])}
    assert records == [make(k, n) for k, n in RECORDS]  # inputs are left alone


@pytest.mark.parametrize(
    ("kind", "last"), [(SUM, 15), (MIN, 1), (MAX, 5), (MIN_BY, 1), (MAX_BY, 5)]
)
def test_basic_values(kind, last):
    assert rolling(kind, 0, [n for _, n in RECORDS])[-1] == last


def test_other_summands():
    assert rolling(SUM, 0, ["a", "b", "c"]) == ["ab", "abc"]
    assert rolling(SUM, 1, [("k", Decimal("0.1")), ("k", Decimal("0.2"))]) == [
        ("k", Decimal("0.3"))
    ]
    assert rolling(MAX, "word", [{"word": "b"}, {"word": "a"}, {"word": "c"}])[-1] == {"word": "c"}


def test_a_row_keeps_its_names_and_kind():
    row = Row.of_kind(RowKind.UPDATE_AFTER, key="a", n=1)
    (summed,) = rolling(SUM, "n", [row, Row(key="b", n=2)])
    assert summed.as_dict() == {"key": "a", "n": 3}
    assert summed.get_row_kind() is RowKind.UPDATE_AFTER


@pytest.mark.parametrize(
    ("record", "field", "error", "message"),
    [
        (5, 1, TypeError, "The 1 field selected on a basic type"),
        (5, "x", TypeError, "The x field selected on a basic type"),
        ("word", "x", TypeError, "The x field selected on a basic type"),
        (None, "x", TypeError, "The x field selected on a basic type"),
        (("a", 1), "n", TypeError, "'n' was selected by name on a tuple: use rows"),
        (["a", 1], "n", TypeError, "'n' was selected by name on a list: use rows"),
        (("a", 1), 2, ValueError, r"sum\(2\): the record has no field 2"),
        (Row("a", 1), "n", ValueError, "no field names"),
        (Row(key="a"), "n", ValueError, "no field 'n'"),
        (Pair("a", 1), "n", ValueError, "the record has no field 'n'"),
        (Plain("a", 1), "n", ValueError, "the record has no field 'n'"),
        (Plain("a", 1), 1, TypeError, "The 1 field selected"),
        ({"a": 1}, "n", ValueError, "the record has no field 'n'"),
    ],
)
def test_fields_that_are_not_there(record, field, error, message):
    with pytest.raises(error, match=message):
        FieldAggregation(SUM, field).reduce(record, record)


@pytest.mark.parametrize("field", [None, 1.0, True, ("a",), lambda v: v])
def test_fields_of_a_wrong_type(field):
    with pytest.raises(TypeError, match="must be of int or str type"):
        FieldAggregation(SUM, field)
