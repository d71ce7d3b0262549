"""Operator state and its redistribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.state.codec import StateMigrationError
from hurtig.state.descriptors import ListStateDescriptor, MapStateDescriptor
from hurtig.state.operator_state import DefaultOperatorStateBackend, redistribute
from hurtig.state.snapshot import OperatorStateSnapshot

SPLITS = ListStateDescriptor("splits")
ALL = ListStateDescriptor("all", Types.INT())
RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())


def restored(snapshots, parallelism):
    backends = []
    for share in redistribute(snapshots, parallelism):
        backend = DefaultOperatorStateBackend()
        backend.restore(OperatorStateSnapshot.from_bytes(share.to_bytes()))
        backends.append(backend)
    return backends


@given(
    st.lists(st.lists(st.integers(0, 99), max_size=5), min_size=1, max_size=4), st.integers(1, 5)
)
def test_redistribution(lists, parallelism):
    snapshots = []
    for values in lists:
        backend = DefaultOperatorStateBackend()
        backend.get_list_state(SPLITS).update([{"split": v} for v in values])
        backend.get_union_list_state(ALL).add_all(values)
        backend.get_broadcast_state(RULES).put_all({"a": 1, "b": 2})
        snapshots.append(backend.snapshot())
    backends = restored(snapshots, parallelism)
    union = [v for values in lists for v in values]
    shares = [[e["split"] for e in b.get_list_state(SPLITS)] for b in backends]
    assert sorted(v for share in shares for v in share) == sorted(union)
    if parallelism == len(lists):
        assert shares == lists
    else:
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for backend in backends:
        assert list(backend.get_union_list_state(ALL)) == union
        assert dict(backend.get_broadcast_state(RULES).items()) == {"a": 1, "b": 2}


def test_broadcast_maps_stay_where_they_were():
    """An unaligned checkpoint finds them with records on their way, which are replayed there."""
    snapshots = []
    for value in (1, 2):
        backend = DefaultOperatorStateBackend()
        backend.get_union_list_state(ALL).add(value)
        backend.get_broadcast_state(RULES).put("seen", value)
        snapshots.append(backend.snapshot())
    same = [dict(b.get_broadcast_state(RULES).items()) for b in restored(snapshots, 2)]
    assert same == [{"seen": 1}, {"seen": 2}]
    more = [dict(b.get_broadcast_state(RULES).items()) for b in restored(snapshots, 3)]
    assert more == [{"seen": 1}] * 3


def test_unclaimed_state_is_kept():
    first = DefaultOperatorStateBackend()
    first.get_list_state(SPLITS).add(1)
    (second,) = restored([first.snapshot()], 1)
    (third,) = restored([second.snapshot()], 1)
    assert list(third.get_list_state(SPLITS)) == [1]


def test_broadcast_state_is_a_dict_and_read_only_on_the_other_side():
    backend = DefaultOperatorStateBackend()
    rules = backend.get_broadcast_state(RULES)
    rules["a"] = 1
    rules["b"] = 2
    view = backend.get_read_only_broadcast_state(RULES)
    for key in rules:
        if key == "b":
            del rules[key]
    rules.remove("nope")
    assert view["a"] == 1
    assert "b" not in view
    assert view.get("b") is None
    assert list(view) == ["a"]
    assert list(view.values()) == [1]
    assert not view.is_empty()
    changes = [
        lambda: view.put("c", 3),
        lambda: view.put_all({"c": 3}),
        lambda: view.remove("a"),
        lambda: view.__setitem__("c", 3),
        lambda: view.__delitem__("a"),
        lambda: view.clear(),
    ]
    for change in changes:
        with pytest.raises(ProgramError, match="process_broadcast_element"):
            change()
    assert list(view.items()) == [("a", 1)]
    rules.clear()
    assert view.is_empty()


def test_one_name_one_state():
    backend = DefaultOperatorStateBackend()
    state = backend.get_list_state(SPLITS)
    assert backend.get_list_state(ListStateDescriptor("splits")) is state
    with pytest.raises(ProgramError, match="declared twice"):
        backend.get_union_list_state(SPLITS)
    with pytest.raises(ProgramError, match="declared twice"):
        backend.get_broadcast_state(MapStateDescriptor("splits"))


def test_a_list_does_not_become_a_broadcast_map():
    first = DefaultOperatorStateBackend()
    first.get_list_state(ListStateDescriptor("rules")).add(1)
    (second,) = restored([first.snapshot()], 1)
    with pytest.raises(StateMigrationError, match="split list<untyped>"):
        second.get_broadcast_state(RULES)
