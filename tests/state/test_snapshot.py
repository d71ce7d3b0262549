"""The stored form of snapshots."""

import pickle

import pytest

from hurtig.common.typeinfo import Types
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.descriptors import MapStateDescriptor, ValueStateDescriptor
from hurtig.state.operator_state import DefaultOperatorStateBackend
from hurtig.state.snapshot import KeyedStateSnapshot, OperatorSnapshot, SnapshotFormatError


class Explosive:
    def __reduce__(self):
        return pytest.fail, ("code ran",)


def snapshot(canonical=False):
    backend = HeapKeyedStateBackend()
    backend.current_key = "k"
    backend.state(ValueStateDescriptor("n", Types.INT())).update(7)
    backend.state(MapStateDescriptor("m", Types.STRING(), Types.INT())).put("x", 1)
    return backend.snapshot(5, canonical)


def test_the_content_is_listed_without_running_code():
    backend = HeapKeyedStateBackend()
    backend.current_key = "k"
    backend.table(ValueStateDescriptor("bomb"))["k"] = Explosive()
    data = backend.snapshot(5).to_bytes()
    read = KeyedStateSnapshot.from_bytes(data)
    assert (read.checkpoint_id, read.max_parallelism) == (5, 128)
    assert [(s.name, s.kind, s.type) for s in read.states()] == [
        ("bomb", "value", "value<untyped>")
    ]


def test_typed_values_are_no_pickles_in_savepoints():
    (block,) = [b for b in snapshot(canonical=True).blocks if b.state.name == "n"]
    encoding, content = block.parts["values"]
    assert encoding == "typed"
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(content)


def test_damage_is_named():
    data = snapshot().to_bytes()
    with pytest.raises(SnapshotFormatError, match="cut off"):
        KeyedStateSnapshot.from_bytes(data[:-1])
    with pytest.raises(SnapshotFormatError, match="of another kind"):
        OperatorSnapshot.from_bytes(data)
    with pytest.raises(SnapshotFormatError, match="version 513"):
        KeyedStateSnapshot.from_bytes(data[:4] + b"\x02\x01" + data[6:])
    with pytest.raises(SnapshotFormatError, match="header"):
        KeyedStateSnapshot.from_bytes(data[:14] + b"!" + data[15:])


@pytest.mark.parametrize("with_keyed", [True, False])
def test_all_of_an_operator(with_keyed):
    operator_state = DefaultOperatorStateBackend()
    operator_state.get_broadcast_state(MapStateDescriptor("b")).put(1, [2])
    whole = OperatorSnapshot(
        keyed=snapshot() if with_keyed else None,
        operator_state=operator_state.snapshot(),
        custom={"reader": b"\x00offset"},
    )
    read = OperatorSnapshot.from_bytes(whole.to_bytes())
    assert (read.keyed is not None) == with_keyed
    assert read.timers is None
    assert read.custom == {"reader": b"\x00offset"}
    assert read.operator_state.to_bytes() == whole.operator_state.to_bytes()
    if with_keyed:
        assert read.keyed.to_bytes() == whole.keyed.to_bytes()
