"""Every record exactly once to the right place."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import UserFunctionError
from hurtig.common.typeinfo import Types
from hurtig.graph import partitioner as p
from hurtig.messages import RowBatch
from hurtig.runtime.partitioning import Router, create_router
from hurtig.state.keys import canonical_key, key_group_for, operator_index

MAX = 128

values = st.lists(st.one_of(st.integers(-9, 9), st.text(max_size=2), st.booleans()), max_size=30)
batches = st.lists(values, max_size=5)
channels = st.integers(1, 5)


def route_all(router: Router, all_values: list[list[Any]], n: int) -> list[list[tuple[Any, int]]]:
    """(value, timestamp) of each channel; the timestamp is a number of the record."""
    received: list[list[tuple[Any, int]]] = [[] for _ in range(n)]
    number = 0
    for one in all_values:
        if not one:
            continue
        batch = RowBatch(one, list(range(number, number + len(one))))
        number += len(one)
        for channel, piece in router.route(batch):
            assert len(piece) > 0
            received[channel] += zip(piece.values, piece.timestamps, strict=True)
    return received


def numbered(all_values: list[list[Any]]) -> list[tuple[Any, int]]:
    flat = [v for one in all_values for v in one]
    return list(zip(flat, range(len(flat)), strict=True))


def router_of(partitioner: p.Partitioner, n: int, sender: int = 0) -> Router:
    reader: Any = SimpleNamespace(name="reader", uid="u-1")
    return create_router(partitioner, n, MAX, sender, reader)


def same(a: list[tuple[Any, int]], b: list[tuple[Any, int]]) -> bool:
    return repr(sorted(a, key=lambda r: r[1])) == repr(b)  # repr: True is not 1


@pytest.mark.parametrize(
    "partitioner",
    [
        p.RebalancePartitioner(),
        p.RescalePartitioner(),
        p.ShufflePartitioner(),
        p.GlobalPartitioner(),
        p.KeyGroupPartitioner(lambda v: v),
        p.CustomPartitioner(lambda k, n: hash(k) % n, lambda v: v),
    ],
    ids=lambda partitioner: partitioner.name,
)
@given(all_values=batches, n=channels, sender=st.integers(0, 3))
def test_everything_exactly_once_and_in_order(partitioner, all_values, n, sender):
    received = route_all(router_of(partitioner, n, sender), all_values, n)
    assert same([r for one in received for r in one], numbered(all_values))
    for one in received:
        assert [number for _, number in one] == sorted(number for _, number in one)


@given(all_values=batches, n=channels)
def test_broadcast_sends_everything_everywhere(all_values, n):
    for one in route_all(router_of(p.BroadcastPartitioner(), n), all_values, n):
        assert same(one, numbered(all_values))


@given(all_values=batches, n=channels, sender=st.integers(0, 9))
def test_rebalance_deals_in_turn(all_values, n, sender):
    received = route_all(router_of(p.RebalancePartitioner(), n, sender), all_values, n)
    for channel, one in enumerate(received):
        assert all((number + sender) % n == channel for _, number in one)
    sizes = [len(one) for one in received]
    assert max(sizes) - min(sizes) <= 1


@given(all_values=batches, n=channels)
def test_global_sends_to_the_first(all_values, n):
    received = route_all(router_of(p.GlobalPartitioner(), n), all_values, n)
    assert not any(received[1:])


@given(all_values=batches, n=st.integers(2, 5))
def test_keys_go_to_the_owner_of_their_group(all_values, n):
    router = router_of(p.KeyGroupPartitioner(lambda v: (v, "k")), n)
    for channel, one in enumerate(route_all(router, all_values, n)):
        for value, _ in one:
            group = key_group_for(canonical_key((value, "k")), MAX)
            assert operator_index(group, MAX, n) == channel


@given(all_values=batches, n=channels)
def test_keys_travel_along(all_values, n):
    calls: Counter[int] = Counter()

    def key(value: Any) -> Any:
        calls[0] += 1
        return ("key", value)

    router = router_of(p.KeyGroupPartitioner(key), n)
    for one in filter(None, all_values):
        for _, piece in router.route(RowBatch(one)):
            assert repr(piece.keys) == repr([("key", v) for v in piece.values])
    assert calls[0] == sum(map(len, all_values))


def test_keys_of_different_types_are_different_keys():
    router = router_of(p.KeyGroupPartitioner(lambda v: v), 50)
    places = {repr(piece.values[0]): c for v in (1, 1.0, True)
              for c, piece in router.route(RowBatch([v]))}  # fmt: skip
    assert len(set(places.values())) > 1


def test_a_declared_key_type_makes_them_one():
    router = router_of(p.KeyGroupPartitioner(lambda v: v, Types.LONG()), 50)
    assert len({c for v in (1, 1.0) for c, _ in router.route(RowBatch([v]))}) == 1


def test_shuffle_reaches_all():
    router = router_of(p.ShufflePartitioner(), 4)
    sizes = [len(piece) for _, piece in router.route(RowBatch(list(range(4000))))]
    assert len(sizes) == 4
    assert all(900 < size < 1100 for size in sizes)


def test_the_input_batch_is_left_alone():
    batch = RowBatch([3, 1, 2], [1, 2, 3])
    for partitioner in (p.KeyGroupPartitioner(lambda v: v), p.RebalancePartitioner()):
        router_of(partitioner, 2).route(batch)
        assert (batch.values, batch.timestamps, batch.keys) == ([3, 1, 2], [1, 2, 3], None)


@pytest.mark.parametrize("target", [-1, 2, "0", 1.0, None])
def test_a_custom_partitioner_must_give_a_partition(target):
    router = router_of(p.CustomPartitioner(lambda k, n: target, lambda v: v), 2)
    with pytest.raises(UserFunctionError) as caught:
        router.route(RowBatch(["record"]))
    assert "it must give a partition number from 0 to 1" in str(caught.value)
    assert "'record'" in str(caught.value)


def test_a_custom_partitioner_that_raises():
    def fail(key: Any, n: int) -> int:
        raise KeyError("where to")

    with pytest.raises(UserFunctionError) as caught:
        router_of(p.CustomPartitioner(fail, lambda v: v), 2).route(RowBatch([7]))
    assert "KeyError: 'where to'" in str(caught.value)
    assert "in fail" in str(caught.value)
    assert "partitioning" not in caught.value.user_traceback


@pytest.mark.parametrize("n", [1, 3])
def test_a_key_selector_that_raises(n):
    router = router_of(p.KeyGroupPartitioner(lambda v: v["id"]), n)
    with pytest.raises(UserFunctionError) as caught:
        router.route(RowBatch([{"id": 1}, {"no": 2}]))
    assert "KeyError: 'id'" in str(caught.value)
    assert "{'no': 2}" in str(caught.value)


def test_an_unhashable_key():
    router = router_of(p.KeyGroupPartitioner(lambda v: [v]), 2)
    with pytest.raises(UserFunctionError, match="cannot be hashed") as caught:
        router.route(RowBatch([1, "x"]))
    assert "key selector of reader" in str(caught.value)
    assert caught.value.record_text == "1"
