from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common import Row, RowKind

VALUES = st.one_of(st.none(), st.integers(), st.text(), st.tuples(st.integers()))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row(1, "a"), "<Row(1, 'a')>"),
        (Row(a=1, b="x"), "Row(a=1, b='x')"),
        (Row("a", "b")(1, 2), "Row(a=1, b=2)"),
        (Row("a", "b")(1), "Row(a=1)"),
        (Row(), "<Row()>"),
        (Row.of_kind(RowKind.DELETE, a=1), "Row(a=1)"),
    ],
)
def test_repr(row: Row, text: str) -> None:
    assert repr(row) == text
    assert str(row) == text


def test_equality_counts_names_and_kind() -> None:
    assert Row(1, 2) == Row(1, 2)
    assert Row(a=1, b=2) != Row(1, 2)
    assert Row(a=1, b=2) != Row(x=1, y=2)
    assert Row("a", "b")(1, 2) == Row(a=1, b=2)
    assert Row.of_kind(RowKind.DELETE, 1, 2) != Row(1, 2)
    assert Row(1, 2) != (1, 2)


def test_hash_is_of_the_values() -> None:
    assert hash(Row(a=1)) == hash(Row(1)) == hash(Row.of_kind(RowKind.DELETE, 1))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Row([1]))


def test_fields_by_position_name_and_attribute() -> None:
    row = Row(a=1, b="x")
    assert (row[0], row["b"], row.b, row[-1], row[0:2]) == (1, "x", "x", "x", [1, "x"])
    assert list(row) == [1, "x"]
    assert len(row) == 2
    assert "a" in row
    assert 1 not in row
    assert 1 in Row(1)
    assert row.get_fields_by_names(["b", "a"]) == ["x", 1]
    assert row._fields == ["a", "b"]
    assert not hasattr(Row(1), "_fields")


def test_replacing_fields() -> None:
    row = Row(a=1, b=2)
    row["a"] = 5
    row[1] = 6
    assert row == Row(a=5, b=6)
    with pytest.raises(AttributeError):
        row.b = 9
    with pytest.raises(ValueError, match="no field 'c'"):
        row["c"] = 1
    with pytest.raises(IndexError):
        row[9] = 1


def test_errors_name_the_fields() -> None:
    with pytest.raises(ValueError, match=r"\['a'\]"):
        Row(a=1)["z"]
    with pytest.raises(AttributeError, match="'z'"):
        _ = Row(a=1).z
    with pytest.raises(AttributeError, match="without field names"):
        _ = Row(1).f0
    with pytest.raises(ValueError, match="not both"):
        Row(1, a=2)
    with pytest.raises(ValueError, match="2 fields"):
        Row("a", "b")(1, 2, 3)
    with pytest.raises(ValueError, match="'q'"):
        Row(a=1).get_fields_by_names(["q"])


def test_as_dict() -> None:
    assert Row(a=Row(b=1)).as_dict() == {"a": Row(b=1)}
    nested = Row(a=[Row(b=1)], c={"q": Row(z=1)})
    assert nested.as_dict(True) == {"a": [{"b": 1}], "c": {"q": {"z": 1}}}
    with pytest.raises(TypeError, match="without field names"):
        Row(1).as_dict()


def test_set_field_names_and_kind() -> None:
    row = Row(1, 2)
    row.set_field_names(["p", "q"])
    row.set_row_kind(RowKind.UPDATE_AFTER)
    assert row.as_dict() == {"p": 1, "q": 2}
    assert row.get_row_kind() is RowKind.UPDATE_AFTER


def test_row_kind_text() -> None:
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]
    assert repr(RowKind.DELETE) == "<RowKind.DELETE: 3>"


@given(
    st.lists(VALUES),
    st.sampled_from(RowKind),
    st.booleans(),
)
def test_pickle_and_copy_give_an_equal_independent_row(
    values: list[object], kind: RowKind, named: bool
) -> None:
    row = Row.of_kind(kind, *values)
    if named:
        row.set_field_names([f"n{i}" for i in range(len(values))])
    for other in (pickle.loads(pickle.dumps(row, 5)), copy.copy(row), copy.deepcopy(row)):
        assert other == row
        assert other._values is not row._values


def test_a_batch_of_rows_pickles_small() -> None:
    rows = [Row("a", "b")(i, "x") for i in range(1000)]
    assert len(pickle.dumps(rows, 5)) < 40_000
