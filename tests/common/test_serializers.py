from __future__ import annotations

import datetime
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from type_strategies import typed_batches

from hurtig.common import Row, RowKind, Types
from hurtig.common.serializers import (
    describe,
    fingerprint,
    from_description,
    serializer_for,
)
from hurtig.common.typeinfo import ExternalTypeInfo, LocalTimeTypeInfo, TypeInformation

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])


@given(typed_batches())
def test_round_trip_under_the_type(batch: tuple[TypeInformation, list[Any]]) -> None:
    type_info, values = batch
    for trusted in (False, True):
        serializer = serializer_for(type_info, trusted)
        data = serializer.dumps(values)
        assert data[:1] == b"\x01"
        got = serializer.loads(data)
        assert got == values
        assert repr(got) == repr(values)
        for value in values:
            assert serializer.loads_value(serializer.dumps_value(value)) == value


@given(typed_batches())
def test_round_trip_without_type(batch: tuple[TypeInformation, list[Any]]) -> None:
    _, values = batch
    serializer = serializer_for(None)
    assert serializer.loads(serializer.dumps(values)) == values


@pytest.mark.parametrize(
    ("type_info", "value"),
    [
        (Types.INT(), "text"),
        (Types.INT(), True),
        (Types.LONG(), 2**63),
        (Types.DOUBLE(), 1),
        (Types.STRING(), "\ud800"),
        (PAIR, ("a", 1, 2)),
        (PAIR, ["a", 1]),
        (Types.ROW([Types.INT()]), Row(x=1)),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2020, 1, 1, fold=1)),
        (Types.SQL_TIMESTAMP(), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
        (Types.LIST(Types.INT()), (1, 2)),
    ],
)
def test_other_values_come_back_as_they_were(type_info: TypeInformation, value: Any) -> None:
    serializer = serializer_for(type_info)
    (got,) = serializer.loads(serializer.dumps([value]))
    assert got == value
    assert type(got) is type(value)


def test_none_and_pickled_fields() -> None:
    type_info = Types.ROW([Types.PICKLED_BYTE_ARRAY(), Types.INT()])
    row = Row.of_kind(RowKind.UPDATE_BEFORE, f0={1, 2}, f1=None)
    serializer = serializer_for(type_info)
    data = serializer.dumps([row, None])
    assert data[:1] == b"\x01"
    assert serializer.loads(data) == [row, None]


def test_typed_bytes_are_smaller_than_pickle() -> None:
    values = [(f"k{i}", i) for i in range(1000)]
    assert len(serializer_for(PAIR).dumps(values)) < len(pickle.dumps(values, 5))


def test_reading_under_another_type_is_an_error() -> None:
    data = serializer_for(PAIR).dumps([("a", 1)])
    with pytest.raises(ValueError, match="not written under the type"):
        serializer_for(Types.TUPLE([Types.LONG(), Types.LONG()])).loads(data)
    with pytest.raises(ValueError, match="without a type"):
        serializer_for(None).loads(data)
    with pytest.raises(ValueError, match="no serializer"):
        serializer_for(PAIR).loads(b"\x09")


def test_serializers_are_shared_by_type_and_names_and_can_be_sent() -> None:
    a = serializer_for(Types.ROW_NAMED(["a"], [Types.INT()]))
    b = serializer_for(Types.ROW_NAMED(["b"], [Types.INT()]))
    assert a is serializer_for(Types.ROW_NAMED(["a"], [Types.INT()]))
    assert b.loads(b.dumps([Row(b=1)])) == [Row(b=1)]
    assert a.loads(a.dumps([Row(a=1)])) == [Row(a=1)]
    assert pickle.loads(pickle.dumps(a)) is a


@given(typed_batches())
def test_descriptions_are_json_and_give_the_type_back(
    batch: tuple[TypeInformation, list[Any]],
) -> None:
    type_info, _ = batch
    description = json.loads(json.dumps(describe(type_info)))
    again = from_description(description)
    assert again == type_info
    assert repr(again) == repr(type_info)
    assert fingerprint(again) == fingerprint(type_info)


@pytest.mark.parametrize(
    "type_info",
    [
        Types.INSTANT(),
        ExternalTypeInfo(Types.INT()),
        LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_TIME),
        Types.OBJECT_ARRAY(Types.ROW([Types.PICKLED_BYTE_ARRAY()])),
        Types.PRIMITIVE_ARRAY(Types.DOUBLE()),
    ],
)
def test_descriptions_of_rarer_types(type_info: TypeInformation) -> None:
    again = from_description(describe(type_info))
    assert again == type_info
    assert type(again) is type(type_info)


def test_fingerprints_differ_and_never_change() -> None:
    assert fingerprint(Types.INT()) != fingerprint(Types.LONG())
    assert fingerprint(Types.ROW_NAMED(["a"], [Types.INT()])) != fingerprint(
        Types.ROW([Types.INT()])
    )
    # Written into checkpoints: a change here breaks reading old ones.
    assert fingerprint(PAIR) == "33b7ecea9440e143"


def test_descriptions_of_the_future_are_refused() -> None:
    with pytest.raises(ValueError, match="version 2"):
        from_description({"version": 2, "type": "int"})
    with pytest.raises(ValueError, match="unknown"):
        from_description({"version": 1, "type": "quaternion"})
