"""The heap backend against a naive model, with snapshots and rescaling between any two steps."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.state.backends.contract import VOID_NAMESPACE, NoKeyError
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.codec import StateMigrationError
from hurtig.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from hurtig.state.keys import canonical_key, key_group_for, key_group_range, operator_index
from hurtig.state.snapshot import KeyedStateSnapshot
from hurtig.state.values import StateValueError

MAX = 16


class Sum:
    """An aggregate with a mutable accumulator."""

    def create_accumulator(self):
        return [0]

    def add(self, value, accumulator):
        accumulator[0] += value
        return accumulator

    def get_result(self, accumulator):
        return accumulator[0] * 10

    def merge(self, acc_a, acc_b):
        return [acc_a[0] + acc_b[0]]


def descriptors():
    """New ones, as each attempt of a job has its own."""
    return {
        "value": ValueStateDescriptor("v", Types.INT()),
        "list": ListStateDescriptor("l", Types.INT()),
        "map": MapStateDescriptor("m", Types.STRING(), Types.LIST(Types.INT())),
        "reducing": ReducingStateDescriptor("r", lambda a, b: a + b, Types.LONG()),
        "aggregating": AggregatingStateDescriptor("a", Sum()),
    }


KEYS = [canonical_key(k) for k in (1, 1.0, None)]
keys = st.sampled_from(KEYS)
namespaces = st.sampled_from([VOID_NAMESPACE, (0, 10), (10, 20)])
ints = st.integers(-5, 5)
map_keys = st.sampled_from(["p", "q"])


class HeapAgainstModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = {}
        self.start(1, [])

    def start(self, parallelism, snapshots):
        self.parallelism = parallelism
        self.described = descriptors()
        self.backends = []
        for index in range(parallelism):
            backend = HeapKeyedStateBackend(MAX)
            backend.restore(snapshots, key_group_range(MAX, parallelism, index))
            self.backends.append(backend)
        # Held over many calls, as a user function holds them.
        self.held = {}

    def state(self, kind, key, namespace):
        index = operator_index(key_group_for(key, MAX), MAX, self.parallelism)
        backend = self.backends[index]
        backend.current_key = key
        at = (index, kind, namespace)
        if at not in self.held:
            self.held[at] = backend.state(self.described[kind], namespace)
        return self.held[at]

    def at(self, kind, key, namespace):
        return kind, namespace, KEYS.index(key)

    @rule(key=keys, namespace=namespaces, value=st.none() | ints)
    def update_value(self, key, namespace, value):
        self.state("value", key, namespace).update(value)
        self.model[self.at("value", key, namespace)] = value

    @rule(key=keys, namespace=namespaces, values=st.lists(ints, max_size=3), how=st.integers(0, 2))
    def change_list(self, key, namespace, values, how):
        state = self.state("list", key, namespace)
        model = self.model.setdefault(self.at("list", key, namespace), [])
        if how == 0:
            state.update(values)
            model[:] = values
        elif how == 1:
            state.add_all(values)
            model += values
        else:
            for value in values:
                state.add(value)
                model.append(value)

    @rule(key=keys, namespace=namespaces, map_key=map_keys, value=st.lists(ints, max_size=2))
    def put(self, key, namespace, map_key, value):
        self.state("map", key, namespace)[map_key] = value
        self.model.setdefault(self.at("map", key, namespace), {})[map_key] = list(value)
        value.append(99)  # the state holds a copy

    @rule(key=keys, namespace=namespaces, map_key=map_keys)
    def remove(self, key, namespace, map_key):
        del self.state("map", key, namespace)[map_key]
        self.model.get(self.at("map", key, namespace), {}).pop(map_key, None)

    @rule(
        key=keys,
        namespace=namespaces,
        value=ints,
        kind=st.sampled_from(["reducing", "aggregating"]),
    )
    def add(self, key, namespace, value, kind):
        self.state(kind, key, namespace).add(value)
        at = self.at(kind, key, namespace)
        self.model[at] = self.model[at] + value if self.model.get(at) is not None else value

    @rule(kind=st.sampled_from(sorted(descriptors())), key=keys, namespace=namespaces)
    def clear(self, kind, key, namespace):
        self.state(kind, key, namespace).clear()
        self.model.pop(self.at(kind, key, namespace), None)

    @rule(kind=st.sampled_from(sorted(descriptors())), namespace=namespaces)
    def drop_namespace(self, kind, namespace):
        for backend in self.backends:
            backend.drop_namespace(self.described[kind], namespace)
        for at in [at for at in self.model if at[:2] == (kind, namespace)]:
            del self.model[at]

    @rule(key=keys)
    def clear_key(self, key):
        for backend in self.backends:
            backend.clear_key(key)
        for at in [at for at in self.model if at[2] == KEYS.index(key)]:
            del self.model[at]

    @rule(kind=st.sampled_from(["list", "reducing", "aggregating"]), key=keys)
    def merge(self, kind, key):
        target, source = (0, 10), (10, 20)
        self.state(kind, key, target)
        backend = self.backends[operator_index(key_group_for(key, MAX), MAX, self.parallelism)]
        backend.merge_namespaces(self.described[kind], target, [source, target])
        moved = self.model.pop(self.at(kind, key, source), None)
        if moved is not None:
            at = self.at(kind, key, target)
            own = self.model.get(at)
            self.model[at] = moved if own is None else own + moved

    @rule(parallelism=st.integers(1, 4), through_bytes=st.booleans())
    def rescale(self, parallelism, through_bytes):
        snapshots = [backend.snapshot(1) for backend in self.backends]
        for backend in self.backends:  # a snapshot is detached from later changes
            for key in KEYS:
                backend.clear_key(key)
        if through_bytes:
            snapshots = [KeyedStateSnapshot.from_bytes(s.to_bytes()) for s in snapshots]
        self.start(parallelism, snapshots)

    @invariant()
    def agree(self):
        model = copy.deepcopy(self.model)
        for key in KEYS:
            for namespace in (VOID_NAMESPACE, (0, 10), (10, 20)):
                got = {kind: self.state(kind, key, namespace) for kind in self.described}
                want = {kind: model.get(self.at(kind, key, namespace)) for kind in self.described}
                assert got["value"].value() == want["value"]
                assert list(got["list"].get()) == (want["list"] or [])
                assert dict(got["map"].items()) == (want["map"] or {})
                assert got["map"].is_empty() == (not want["map"])
                assert got["map"].contains("p") == ("p" in (want["map"] or {}))
                assert got["reducing"].get() == want["reducing"]
                total = want["aggregating"]
                assert got["aggregating"].get() == (None if total is None else total * 10)

    @invariant()
    def windows_leave_nothing_behind(self):
        for backend in self.backends:
            for table in backend._tables.values():
                assert all(e for ns, e in table.namespaces.items() if ns != VOID_NAMESPACE)


TestHeapAgainstModel = HeapAgainstModel.TestCase
TestHeapAgainstModel.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def backend_with(descriptor, key="k"):
    backend = HeapKeyedStateBackend()
    backend.current_key = key
    return backend, backend.state(descriptor)


@given(st.lists(st.integers(), max_size=40), st.permutations([1, 3, 2]))
def test_state_rescales(values, parallelisms):
    descriptor = ValueStateDescriptor("v")
    snapshots = []
    for step, parallelism in enumerate(parallelisms):
        parts = []
        for index in range(parallelism):
            own = key_group_range(128, parallelism, index)
            backend = HeapKeyedStateBackend()
            backend.restore(snapshots, own)
            state = backend.state(descriptor)
            for value in values:
                if key_group_for(value, 128) in own:
                    backend.current_key = value
                    assert state.value() == (None if step == 0 else (value, step - 1))
            for value in values:
                if key_group_for(value, 128) in own:
                    backend.current_key = value
                    state.update((value, step))
            assert set(backend.keys(descriptor)) == {
                v for v in values if key_group_for(v, 128) in own
            }
            parts.append(backend.snapshot(step))
        snapshots = parts


def test_values_are_copies():
    _backend, state = backend_with(ValueStateDescriptor("v"))
    mine = {"a": [1]}
    state.update(mine)
    mine["a"].append(2)
    assert state.value() == {"a": [1]}
    state.value()["a"].append(3)
    assert state.value() == {"a": [1]}


def test_what_pickle_refuses_is_deep_copied():
    backend, state = backend_with(ValueStateDescriptor("v"))
    mine = [lambda: 1, [1]]
    state.update(mine)
    mine[1].append(2)
    assert state.value()[1] == [1]
    with pytest.raises(StateValueError, match="'v'"):
        backend.snapshot(1)


def test_what_cannot_be_copied_is_an_error():
    _backend, state = backend_with(ValueStateDescriptor("v"))
    with pytest.raises(StateValueError, match="neither be pickled nor copied"):
        state.update([(i for i in range(3))])


def test_a_value_of_another_type_is_kept_through_a_snapshot():
    backend, state = backend_with(ValueStateDescriptor("v", Types.INT()))
    state.update("str")
    restored = HeapKeyedStateBackend()
    restored.restore([backend.snapshot(1)], range(128))
    restored.current_key = "k"
    assert restored.state(ValueStateDescriptor("v", Types.INT())).value() == "str"


def test_maps_and_lists_may_change_while_they_are_iterated():
    backend, state = backend_with(MapStateDescriptor("m"))
    state.put_all({i: i for i in range(5)})
    for key in state:
        state.remove(key)
    assert state.is_empty()
    assert list(state) == []
    assert state["x"] is None
    assert backend.keys(MapStateDescriptor("m")) == []


def test_adding_none_changes_nothing():
    _backend, state = backend_with(ListStateDescriptor("l"))
    state.add(None)
    state.add_all(None)
    assert list(state) == []
    state.add(1)
    state.update(None)
    assert list(state.get()) == []


def test_two_descriptors_of_a_name_must_agree():
    backend, _ = backend_with(ValueStateDescriptor("v", Types.INT()))
    backend.state(ValueStateDescriptor("v", Types.INT()))
    with pytest.raises(ProgramError, match="'v' is declared twice"):
        backend.state(ValueStateDescriptor("v", Types.STRING()))
    with pytest.raises(ProgramError, match="another name"):
        backend.table(ListStateDescriptor("v", Types.INT()))


def test_tables_hold_the_very_objects_and_survive_emptiness():
    backend = HeapKeyedStateBackend()
    descriptor = AggregatingStateDescriptor("a", Sum())
    table = backend.table(descriptor, (0, 10))
    accumulator = [1]
    table["k"] = accumulator
    assert backend.table(descriptor, (0, 10)) is table
    assert table["k"] is accumulator
    backend.current_key = "k"
    backend.clear_key("k")
    assert not table
    table["k"] = [2]
    assert backend.namespaces(descriptor) == [(0, 10)]
    backend.table(descriptor, (10, 20))["k"] = [5]
    backend.merge_namespaces(descriptor, (0, 10), [(10, 20)])
    assert table["k"] == [7]
    restored = HeapKeyedStateBackend()
    restored.restore([backend.snapshot(3)], range(128))
    assert dict(restored.table(descriptor, (0, 10))) == {"k": [7]}
    backend.drop_namespace(descriptor, (0, 10))
    assert backend.namespaces(descriptor) == []


def test_value_state_cannot_merge():
    backend, _ = backend_with(ValueStateDescriptor("v"))
    with pytest.raises(ProgramError, match="merging windows"):
        backend.merge_namespaces(ValueStateDescriptor("v"), 1, [2])


def test_state_without_a_key_is_an_error():
    backend = HeapKeyedStateBackend()
    with pytest.raises(NoKeyError, match="open"):
        backend.state(ValueStateDescriptor("v")).value()


def test_unclaimed_state_goes_into_the_next_snapshot():
    backend, state = backend_with(ValueStateDescriptor("v"))
    state.update(1)
    second = HeapKeyedStateBackend()
    second.restore([backend.snapshot(1)], range(128))
    assert second.unclaimed_states() == ["v"]
    third = HeapKeyedStateBackend()
    third.restore([second.snapshot(2)], range(128))
    third.current_key = "k"
    assert third.state(ValueStateDescriptor("v")).value() == 1
    assert third.unclaimed_states() == []


def test_a_changed_kind_or_maximum_is_refused():
    backend, state = backend_with(ValueStateDescriptor("v", Types.INT()))
    state.update(1)
    snapshot = backend.snapshot(1)
    second = HeapKeyedStateBackend()
    second.restore([snapshot], range(128))
    with pytest.raises(StateMigrationError, match=r"value<.*list<"):
        second.state(ListStateDescriptor("v", Types.INT()))
    with pytest.raises(ProgramError, match=r"set_max_parallelism\(128\)"):
        HeapKeyedStateBackend(64).restore([snapshot], range(64))


def test_restored_values_are_copies_too():
    backend, state = backend_with(ValueStateDescriptor("v"))
    state.update({"a": 1})
    restored, same = backend_with(ValueStateDescriptor("v"))
    restored.restore([backend.snapshot(1)], range(128))  # after the state was obtained
    assert same.value() == {"a": 1}
    same.value()["a"] = 2
    assert same.value() == {"a": 1}


@pytest.mark.parametrize("value", [("a", [1]), (1, ("b", ["c"])), ([1], 2)])
def test_tuples_are_copied_where_they_hold_something_mutable(value):
    _backend, state = backend_with(ValueStateDescriptor("v"))
    state.update(value)
    inner = next(
        v
        for v in (*value, *(value[1] if isinstance(value[1], tuple) else ()))
        if isinstance(v, list)
    )
    before = repr(value)
    inner.append("changed")
    assert repr(state.value()) == before


def test_immutable_values_are_kept_as_they_are():
    _backend, state = backend_with(ValueStateDescriptor("v"))
    value = ("a", 1.5, ("b", None))
    state.update(value)
    assert state.value() is value


def test_a_restore_with_another_type_is_an_error_that_names_both():
    backend, state = backend_with(ValueStateDescriptor("v", Types.INT()))
    state.update(4)
    restored = HeapKeyedStateBackend()
    restored.restore([backend.snapshot(1)], range(128))
    with pytest.raises(StateMigrationError, match=r"value<Integer>.*value<String>"):
        restored.state(ValueStateDescriptor("v", Types.STRING()))
