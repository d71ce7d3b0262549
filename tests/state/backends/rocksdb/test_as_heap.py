"""The tests of the heap backend, on RocksDB with a cache of almost nothing."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from same_tests import Backends, cases_of, load, stored

from hurtig.state.backends.contract import VOID_NAMESPACE
from hurtig.state.keys import key_group_range

BACKENDS = Backends()
heap_tests = load("backends/test_heap.py", BACKENDS)
globals().update(cases_of(heap_tests))
ttl_tests = load("backends/test_heap_ttl.py", BACKENDS)
globals().update(cases_of(ttl_tests))

test_state_rescales = settings(max_examples=15, deadline=None)(heap_tests.test_state_rescales)


def test_a_snapshot_leaves_expired_entries_out():
    # A canonical one; files have them until a sweep comes by.
    clock = ttl_tests.Clock()
    backend = BACKENDS(clock=clock)
    backend.current_key = "a"
    state = backend.state(ttl_tests.described("list"))
    for value in (1, 2):
        state.add(value)
        clock.now += 5
    for canonical, want in ((True, [2]), (False, [1, 2])):
        restored = BACKENDS(clock=lambda: 1000)
        restored.restore([backend.snapshot(1, canonical)], range(128))
        restored.current_key = "a"
        assert list(restored.state(ttl_tests.described("list")).get()) == want


@pytest.fixture(autouse=True)
def closed():
    yield
    BACKENDS.close()


class RocksDBAgainstModel(heap_tests.HeapAgainstModel):
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp())
        self.folders = 0
        super().__init__()

    def teardown(self):
        for backend in self.backends:
            backend.close()
        shutil.rmtree(self.folder)

    def start(self, parallelism, snapshots):
        self.parallelism = parallelism
        self.described = heap_tests.descriptors()
        self.backends = []
        for index in range(parallelism):
            groups = key_group_range(heap_tests.MAX, parallelism, index)
            backend = BACKENDS(heap_tests.MAX, key_groups=groups)
            if snapshots:
                backend.restore(snapshots, groups)
            self.backends.append(backend)
        BACKENDS.made.clear()
        self.held = {}

    @rule(
        parallelism=st.integers(1, 4),
        through_bytes=st.booleans(),
        canonical=st.booleans(),
        claim=st.booleans(),
    )
    def rescale(self, parallelism, through_bytes, canonical, claim):
        snapshots = [backend.snapshot(1, canonical) for backend in self.backends]
        for backend in self.backends:  # a snapshot is detached from later changes
            for key in heap_tests.KEYS:
                backend.clear_key(key)
            backend.flush()
        if through_bytes:
            for i, snapshot in enumerate(snapshots):
                self.folders += 1
                (folder := self.folder / str(self.folders)).mkdir()
                snapshots[i] = stored(snapshot, folder)
        former = self.backends
        self.start(parallelism, snapshots)
        for backend in former:
            backend.close()
        if not claim:  # nobody asks for a state before the next snapshot
            snapshots = [backend.snapshot(2, not canonical) for backend in self.backends]
            former = self.backends
            self.start(parallelism, snapshots)
            for backend in former:
                backend.close()

    @rule()
    def flush(self):
        for backend in self.backends:
            backend.flush()

    @invariant()
    def windows_leave_nothing_behind(self):
        for backend in self.backends:
            backend.flush()
            for table in backend._tables.values():
                assert all(e for ns, e in table.namespaces.items() if ns != VOID_NAMESPACE)


# A machine with the invariant flushes at each step, one without it only where a rule says so.
class RocksDBWithoutFlush(RocksDBAgainstModel):
    @invariant()
    def windows_leave_nothing_behind(self):
        pass


TestRocksDBAgainstModel = RocksDBAgainstModel.TestCase
TestRocksDBAgainstModel.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
TestRocksDBWithoutFlush = RocksDBWithoutFlush.TestCase
TestRocksDBWithoutFlush.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
