"""State that was written under other types than those of the program that restores it."""

from __future__ import annotations

import sys
from dataclasses import make_dataclass
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.typeinfo import Types
from hurtig.common.types import Row
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.backends.rocksdb.backend import RocksDBKeyedStateBackend
from hurtig.state.codec import StateMigrationError
from hurtig.state.descriptors import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from hurtig.state.keys import key_group_range
from hurtig.state.operator_state import DefaultOperatorStateBackend
from hurtig.state.snapshot import KeyedStateSnapshot, OperatorStateSnapshot

HEAP, ROCKSDB = HeapKeyedStateBackend, RocksDBKeyedStateBackend
both = pytest.mark.parametrize("new_backend", [HEAP, ROCKSDB])
canonical_or_not = pytest.mark.parametrize("canonical", [False, True])


@pytest.fixture
def program():
    """A module of the user's; ``define`` gives it a version of a class."""
    module = ModuleType("users_program")
    sys.modules["users_program"] = module

    def define(name: str, fields: list[Any], **options: Any) -> Any:
        cls = make_dataclass(name, fields, **options)
        cls.__module__ = "users_program"
        setattr(module, name, cls)
        return cls

    module.define = define
    yield module
    del sys.modules["users_program"]


def through(written: Any, values: Any, declared: Any, new_backend=HEAP, canonical=False) -> Any:
    """``values`` by key, written under one descriptor, as another reads them."""
    backend = HEAP()
    state = backend.state(written)
    for key, value in values.items():
        backend.current_key = key
        put(state, value)
    data = backend.snapshot(1, canonical).to_bytes()
    restored = new_backend()
    try:
        restored.restore([KeyedStateSnapshot.from_bytes(data)], range(128))
        state = restored.state(declared)
        found = {}
        for key in values:
            restored.current_key = key
            found[key] = get(state)
        return found
    finally:
        restored.close()


def put(state: Any, value: Any) -> None:
    if hasattr(state, "put_all"):
        state.put_all(value)
    elif hasattr(state, "add_all") or hasattr(state, "update"):
        state.update(value)
    else:
        state.add(value)


def get(state: Any) -> Any:
    if hasattr(state, "put_all"):
        return dict(state.items())
    return (
        list(state.get())
        if hasattr(state, "add_all")
        else (state.value() if hasattr(state, "value") else state.get())
    )


def row_of(**types: Any) -> Any:
    return Types.ROW_NAMED(list(types), list(types.values()))


INT, LONG, STRING = Types.INT(), Types.LONG(), Types.STRING()


@both
@canonical_or_not
def test_a_row_gets_and_loses_fields(new_backend, canonical):
    before = ValueStateDescriptor("s", row_of(a=INT, gone=STRING, b=STRING))
    after = ValueStateDescriptor("s", row_of(b=STRING, new=LONG, a=LONG))
    found = through(before, {"k": Row(a=1, gone="x", b="y")}, after, new_backend, canonical)
    assert found == {"k": Row(b="y", new=None, a=1)}
    assert found["k"].as_dict() == {"b": "y", "new": None, "a": 1}


@both
@canonical_or_not
def test_in_lists_maps_and_reducing_state(new_backend, canonical):
    small, large = row_of(a=INT), row_of(a=LONG, b=Types.FLOAT())
    there = new_backend, canonical
    lists = ListStateDescriptor("s", small), ListStateDescriptor("s", large)
    assert through(lists[0], {1: [Row(a=1), Row(a=2)]}, lists[1], *there) == {
        1: [Row(a=1, b=None), Row(a=2, b=None)]
    }
    maps = MapStateDescriptor("s", INT, small), MapStateDescriptor("s", LONG, large)
    assert through(maps[0], {1: {5: Row(a=1)}}, maps[1], *there) == {1: {5: Row(a=1, b=None)}}
    reduce = max
    before = ReducingStateDescriptor("s", reduce, small)
    after = ReducingStateDescriptor("s", reduce, large)
    assert through(before, {1: Row(a=1)}, after, *there) == {1: Row(a=1, b=None)}


@both
def test_nested_rows_in_containers(new_backend):
    before = ValueStateDescriptor("s", Types.LIST(row_of(a=INT)))
    after = ValueStateDescriptor("s", Types.LIST(row_of(a=INT, b=STRING)))
    assert through(before, {1: [Row(a=1)]}, after, new_backend) == {1: [Row(a=1, b=None)]}
    before = ValueStateDescriptor("s", Types.TUPLE([INT, row_of(a=INT)]))
    after = ValueStateDescriptor("s", Types.TUPLE([LONG, row_of(b=INT)]))
    assert through(before, {1: (1, Row(a=1))}, after, new_backend) == {1: (1, Row(b=None))}


@both
@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        (Types.BYTE(), INT, 7),
        (INT, LONG, -5),
        (LONG, Types.BIG_INT(), 1 << 60),
        (Types.FLOAT(), Types.DOUBLE(), 0.5),
        (INT, None, 3),
        (None, INT, 3),
    ],
)
def test_numbers_get_wider_and_types_come_and_go(new_backend, before, after, value):
    descriptors = ValueStateDescriptor("s", before), ValueStateDescriptor("s", after)
    assert through(descriptors[0], {"k": value}, descriptors[1], new_backend) == {"k": value}


@both
@pytest.mark.parametrize(
    ("before", "after", "value", "why"),
    [
        (LONG, INT, 1, "long cannot be read as int"),
        (Types.DOUBLE(), Types.FLOAT(), 0.5, "double cannot be read as float"),
        (STRING, LONG, "x", "string cannot be read as long"),
        (row_of(a=INT), row_of(a=STRING), Row(a=1), "field 'a': int cannot be read as string"),
        (Types.TUPLE([INT]), Types.TUPLE([INT, INT]), (1,), r"tuple\(int\) cannot be read as"),
        (Types.LIST(INT), INT, [1], r"list\(int\) cannot be read as int"),
        (None, INT, "text", "a value of type str does not have the type int"),
    ],
)
def test_what_does_not_fit_is_named(new_backend, before, after, value, why):
    descriptors = ValueStateDescriptor("totals", before), ValueStateDescriptor("totals", after)
    with pytest.raises(StateMigrationError, match=f"'totals' was written as value<.*{why}.*give "):
        through(descriptors[0], {"k": value}, descriptors[1], new_backend)


def test_values_that_never_followed_the_type_stay_as_they_are():
    before = ValueStateDescriptor("s", row_of(a=INT))
    after = ValueStateDescriptor("s", row_of(a=INT, b=INT))
    assert through(before, {1: "no row"}, after) == {1: "no row"}


VERSIONS = [
    {},
    {"slots": True},
    {"frozen": True},
    {"frozen": True, "slots": True},
]


@both
@pytest.mark.parametrize("options", VERSIONS, ids=str)
def test_a_dataclass_gets_fields_with_defaults(program, new_backend, options):
    from dataclasses import field

    first = program.define("Account", ["name"], **options)
    backend = HEAP()
    backend.current_key = "k"
    backend.state(ValueStateDescriptor("alone")).update(first("ann"))
    backend.state(ListStateDescriptor("list")).update([first("ben"), first("ben")])
    backend.table(ValueStateDescriptor("raw"))["k"] = {"deep": [first("cleo")]}
    data = backend.snapshot(1).to_bytes()
    second = program.define(
        "Account",
        ["name", ("n", int, 5), ("tags", list, field(default_factory=list))],
        **options,
    )
    restored = new_backend()
    restored.restore([KeyedStateSnapshot.from_bytes(data)], range(128))
    restored.current_key = "k"
    assert restored.state(ValueStateDescriptor("alone")).value() == second("ann", 5, [])
    found = restored.state(ListStateDescriptor("list")).get()
    assert found == [second("ben"), second("ben")]
    assert found[0].tags is not found[1].tags
    raw = restored.table(ValueStateDescriptor("raw"))["k"]
    assert raw == {"deep": [second("cleo")]}
    assert type(raw["deep"][0]) is second
    restored.close()


@pytest.mark.parametrize("options", VERSIONS[:3], ids=str)
def test_a_dataclass_loses_fields(program, options):
    first = program.define("Account", ["name", "gone"], **options)
    written = {"k": first("ann", 1)}
    data = snapshot_of(written)
    second = program.define("Account", ["name"], **options)
    assert restored_from(data, "k") == second("ann")


def test_a_frozen_dataclass_with_slots_cannot_lose_fields(program):
    # Its pickles hold no names: what is left would get the values of what is gone.
    first = program.define("Account", ["gone", "name"], frozen=True, slots=True)
    data = snapshot_of({"k": first(1, "ann")})
    program.define("Account", ["name"], frozen=True, slots=True)
    with pytest.raises(StateMigrationError, match=r"users_program\.Account.*2 fields.*has 1"):
        restored_from(data, "k")


def test_a_dataclass_that_had_no_fields(program):
    first = program.define("Account", [])
    data = snapshot_of({"k": first()})
    second = program.define("Account", [("n", int, 3)])
    found = restored_from(data, "k")
    assert type(found) is second
    assert found == second(3)


def test_an_added_field_needs_a_default(program):
    data = snapshot_of({"k": program.define("Account", ["name"])("ann")})
    program.define("Account", ["name", "n"])
    with pytest.raises(StateMigrationError, match=r"Account .*without the field 'n'.*default"):
        restored_from(data, "k")


def test_a_class_with_its_own_rules_is_left_alone(program):
    first = program.define("Account", ["name"])
    data = snapshot_of({"k": first("ann")})
    second = program.define("Account", ["name", ("n", int, 0)])
    second.__setstate__ = lambda self, state: self.__dict__.update(state, n=9)
    assert restored_from(data, "k") == second("ann", 9)


def test_a_class_that_is_gone_is_named(program):
    data = snapshot_of({"k": program.define("Account", ["name"])("ann")})
    del program.Account
    with pytest.raises(StateMigrationError, match=r"users_program\.Account.*cannot be found.*keep"):
        restored_from(data, "k")


def snapshot_of(values: dict[Any, Any]) -> bytes:
    backend = HEAP()
    state = backend.state(ValueStateDescriptor("s"))
    for key, value in values.items():
        backend.current_key = key
        state.update(value)
    return backend.snapshot(1).to_bytes()


def restored_from(data: bytes, key: Any) -> Any:
    backend = HEAP()
    backend.restore([KeyedStateSnapshot.from_bytes(data)], range(128))
    backend.current_key = key
    return backend.state(ValueStateDescriptor("s")).value()


def test_operator_state(program):
    first = program.define("Account", ["name"])
    backend = DefaultOperatorStateBackend()
    rows = ListStateDescriptor("rows", row_of(a=INT))
    backend.get_list_state(rows).update([Row(a=1), Row(a=2)])
    backend.get_union_list_state(ListStateDescriptor("objects")).update([first("ann")])
    backend.get_broadcast_state(MapStateDescriptor("map", INT, row_of(a=INT))).put(1, Row(a=1))
    backend.get_list_state(ListStateDescriptor("text", STRING)).add("x")
    data = backend.snapshot().to_bytes()
    second = program.define("Account", ["name", ("n", int, 5)])
    restored = DefaultOperatorStateBackend()
    restored.restore(OperatorStateSnapshot.from_bytes(data))
    wider = row_of(b=INT, a=LONG)
    assert restored.get_list_state(ListStateDescriptor("rows", wider)).get() == [
        Row(b=None, a=1),
        Row(b=None, a=2),
    ]
    objects = restored.get_union_list_state(ListStateDescriptor("objects"))
    assert objects.get() == [second("ann", 5)]
    broadcast = restored.get_broadcast_state(MapStateDescriptor("map", LONG, wider))
    assert dict(broadcast.items()) == {1: Row(b=None, a=1)}
    with pytest.raises(StateMigrationError, match=r"operator state 'text'.*string cannot be read"):
        restored.get_list_state(ListStateDescriptor("text", INT))


def test_a_typed_dict_is_a_dict():
    data = snapshot_of({"k": {"name": "ann"}})
    assert restored_from(data, "k") == {"name": "ann"}


def test_rocksdb_files_are_read_under_the_new_type(tmp_path):
    backend = ROCKSDB()
    backend.current_key = "k"
    backend.state(ValueStateDescriptor("s", row_of(a=INT))).update(Row(a=1))
    snapshot = backend.snapshot(1)
    restored = ROCKSDB()
    restored.restore([snapshot], range(128))
    restored.current_key = "k"
    wider = ValueStateDescriptor("s", row_of(a=LONG, b=STRING))
    assert restored.state(wider).value() == Row(a=1, b=None)
    backend.close()
    restored.close()


keys = st.one_of(st.integers(), st.text(max_size=5), st.tuples(st.integers(0, 9), st.text()))
things = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(), st.floats(allow_nan=False), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(), inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(lambda v: Row(a=v), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    st.dictionaries(keys, things.filter(lambda v: v is not None), max_size=30),
    st.dictionaries(keys, st.lists(things.filter(lambda v: v is not None), min_size=1)),
    st.booleans(),
)
def test_rescaling_from_one_to_three_to_two(values, lists, canonical):
    value, items = ValueStateDescriptor("v"), ListStateDescriptor("l")
    untouched = ValueStateDescriptor("untouched")

    def fill(backend: Any) -> None:
        for key, content in values.items():
            backend.current_key = key
            backend.state(value).update(content)
            backend.state(untouched, (0, 7)).update(content)
        for key, content in lists.items():
            backend.current_key = key
            backend.state(items).update(content)

    def stored(backend: Any) -> KeyedStateSnapshot:
        return KeyedStateSnapshot.from_bytes(backend.snapshot(1, canonical).to_bytes())

    first = HEAP()
    fill(first)
    snapshots = [stored(first)]
    for parallelism in (3, 2):
        backends = []
        for index in range(parallelism):
            groups = key_group_range(128, parallelism, index)
            backend = HEAP(key_groups=groups)
            backend.restore(snapshots, groups)
            backend.state(value)
            backend.state(items)  # nobody asks for the third one, as yet
            backends.append(backend)
        snapshots = [stored(backend) for backend in backends]

    def gathered(descriptor: Any, namespace: Any, read: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for backend in backends:
            for key in backend.keys(descriptor, namespace):
                assert key not in found
                backend.current_key = key
                found[key] = read(backend.state(descriptor, namespace))
        return found

    assert gathered(value, "", lambda s: s.value()) == values
    assert gathered(untouched, (0, 7), lambda s: s.value()) == values
    assert gathered(items, "", lambda s: list(s.get())) == lists
