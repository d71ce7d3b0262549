"""Shared files are deleted when nobody needs them, neither before nor never."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.checkpoint.helpers import checkpoint, inline

from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorSubtaskState, StateHandle
from hurtig.checkpoint.shared_state import SharedStateRegistry


def with_files(number: int, *paths: str, location: str = "") -> CompletedCheckpoint:
    files = {f"{i}.sst": StateHandle(1, path) for i, path in enumerate(paths)}
    return checkpoint(number, location, {0: OperatorSubtaskState(inline(b""), files)})


def names(handles: list[StateHandle]) -> set[str]:
    assert len(handles) == len({h.path for h in handles})
    return {h.path for h in handles}


def test_files_go_with_the_last_that_needs_them() -> None:
    registry = SharedStateRegistry()
    one, two = with_files(1, "/s/a", "/s/b"), with_files(2, "/s/b", "/s/c")
    registry.register(one)
    registry.register(two)
    assert names(registry.unregister(one)) == {"/s/a"}
    assert registry.unregister(one) == []
    assert names(registry.unregister(two)) == {"/s/b", "/s/c"}


def test_copies_go_each_for_itself() -> None:
    registry = SharedStateRegistry()
    one, two = with_files(1, "/s/a-first"), with_files(2, "/s/a-again")
    registry.register(one)
    registry.register(two)
    assert names(registry.unregister(one)) == {"/s/a-first"}
    assert names(registry.unregister(two)) == {"/s/a-again"}


def test_registering_twice_counts_once() -> None:
    registry = SharedStateRegistry()
    one = with_files(1, "/s/a", "/s/a")
    registry.register(one)
    registry.register(one)
    assert names(registry.unregister(one)) == {"/s/a"}


def test_what_is_not_owned_is_never_deleted() -> None:
    registry = SharedStateRegistry()
    restored, own = with_files(1, "/s/a", location="/x"), with_files(2, "/s/a", "/s/b")
    registry.register(restored, owned=False)
    registry.register(own)
    assert registry.unregister(restored) == []
    assert registry.unreferenced([StateHandle(1, "/s/a")]) == []
    assert names(registry.unregister(own)) == {"/s/b"}


def test_files_in_the_own_folder_go_with_it() -> None:
    registry = SharedStateRegistry()
    one = with_files(1, "/ck/chk-1/a", "/ck/shared/b", location="/ck/chk-1")
    registry.register(one)
    assert names(registry.unregister(one)) == {"/ck/shared/b"}
    later = with_files(2, "/ck/chk-1/a", location="/ck/chk-2")
    registry.register(later)
    assert names(registry.unregister(later)) == {"/ck/chk-1/a"}


def test_a_failed_checkpoint() -> None:
    registry = SharedStateRegistry()
    registry.register(with_files(1, "/s/a"))
    files = [StateHandle(1, "/s/a"), StateHandle(1, "/s/b"), StateHandle(1, "/s/b"), inline(b"x")]
    assert names(registry.unreferenced(files)) == {"/s/b"}


def test_a_folder_in_use() -> None:
    registry = SharedStateRegistry()
    later = with_files(2, "/sp/savepoint-1/a")
    registry.register(later)
    assert registry.is_used("/sp/savepoint-1")
    assert not registry.is_used("/sp/savepoint")
    registry.unregister(later)
    assert not registry.is_used("/sp/savepoint-1")


files_of_checkpoints = st.lists(st.sets(st.integers(0, 9), max_size=6), min_size=1, max_size=12)


@given(files_of_checkpoints, st.data())
def test_against_a_naive_model(contents: list[set[int]], data: st.DataObject) -> None:
    """Checkpoints come and go in any order."""
    registry = SharedStateRegistry()
    retained: dict[int, CompletedCheckpoint] = {}
    stored: set[str] = set()
    deleted: set[str] = set()
    for number, content in enumerate(contents):
        # What was deleted is uploaded anew, under a new name.
        paths = [f"/s/{i}-{sum(d.startswith(f'/s/{i}-') for d in deleted)}" for i in content]
        retained[number] = with_files(number, *paths)
        stored.update(paths)
        registry.register(retained[number])
        drop = data.draw(st.sets(st.sampled_from(sorted(retained)), max_size=2))
        if number == len(contents) - 1:
            drop = set(retained)
        for each in sorted(drop):
            gone = names(registry.unregister(retained.pop(each)))
            assert not gone & deleted
            deleted |= gone
            needed = {
                handle.path
                for kept in retained.values()
                for handle in kept.operators["op"].subtasks[0].files.values()
            }
            assert stored - deleted == needed
    assert stored == deleted
