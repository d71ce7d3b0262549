"""The tests of timers, on a queue that keeps next to nothing in memory."""

import random
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_tests import Backends, cases_of, load, stored

from hurtig.state.files_snapshot import FilesSnapshot
from hurtig.state.keys import key_group_for, key_group_range
from hurtig.state.timer_queue import TimerQueue
from hurtig.state.timers import InternalTimerService, TimeDomain

BACKENDS = Backends()
# As many as a time has in those tests: only then the order of registration is kept.
WIDER = Backends(**{"hurtig.rocksdb.timers-in-memory": "8"})
timer_tests = load("test_timers.py", BACKENDS)


def service(now=0, backend=None):
    backend = backend or BACKENDS()
    return InternalTimerService(lambda: now, backend, backend.timer_queue)


timer_tests.service = lambda now=0: service(now, WIDER())
globals().update(cases_of(timer_tests))
del globals()["test_registering_and_deleting_for_ever_does_not_grow"]  # looks into the other queue
register = timer_tests.register


@pytest.fixture(autouse=True)
def closed():
    yield
    BACKENDS.close()
    WIDER.close()


def in_memory(timers):
    return len(timers._event_time.columns(in_memory=True)[0])


def test_a_bounded_number_is_in_memory():
    timers = service()
    times = list(range(1000))
    random.Random(1).shuffle(times)
    for time in times:
        register(timers, time % 7, time)
    assert in_memory(timers) <= 3
    assert timers.num_event_time_timers() == 1000
    fired = []
    for time, key, _ in timers.advance_watermark(2000):
        assert in_memory(timers) <= 3
        fired.append((time, key))
    assert fired == [(time, time % 7) for time in range(1000)]
    assert timers.num_event_time_timers() == 0


def test_many_timers_of_one_time_do_not_have_to_fit_in_memory():
    timers = service()
    for key in range(100):
        register(timers, key, 5)
        assert in_memory(timers) <= 3
    register(timers, 7, 5)  # once more
    timers.backend.current_key = 8
    timers.delete_event_time_timer("", 5)
    fired = []
    for time, key, _ in timers.advance_watermark(5):
        assert time == 5
        assert in_memory(timers) <= 3
        fired.append(key)
    assert sorted(fired) == [k for k in range(100) if k != 8]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=4, max_size=60),
    st.permutations([1, 2, 3]),
    st.booleans(),
)
def test_files_and_memory_together_are_all_timers(tmp_path_factory, entries, scales, canonical):
    folder = tmp_path_factory.mktemp("files")
    timers = service()
    for time, key in entries:
        register(timers, key, time, namespace=(time % 2,))
    parts = [timers]
    for step, parallelism in enumerate(scales):
        taken = []
        for number, part in enumerate(parts):
            keyed = part.backend.snapshot(step, canonical)
            (into := folder / f"{step}-{number}").mkdir()
            with_files = isinstance(keyed, FilesSnapshot)
            taken.append((part.snapshot(step, 128, with_files), stored(keyed, into)))
            part.backend.close()
        parts = []
        for index in range(parallelism):
            groups = key_group_range(128, parallelism, index)
            part = service(backend=BACKENDS(key_groups=groups))
            part.backend.restore([keyed for _, keyed in taken], groups)
            part.restore([head for head, _ in taken], groups)
            parts.append(part)
    for part in parts:
        got = [(time, key) for time, key, _ in part.advance_watermark(100)]
        assert [time for time, _ in got] == sorted(time for time, _ in got)
        want = {e for e in entries if key_group_for(e[1], 128) in part.backend.key_groups}
        assert sorted(got) == sorted(want)
    shutil.rmtree(folder)


def test_timers_stay_in_memory_where_the_settings_say_so():
    backend = Backends(**{"state.backend.rocksdb.timer-service.factory": "heap"})()
    assert type(backend.timer_queue(TimeDomain.EVENT_TIME)) is TimerQueue
