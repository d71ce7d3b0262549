"""Timers against a naive sorted list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.messages import MAX_TIMESTAMP, MIN_TIMESTAMP
from hurtig.state.backends.contract import NoKeyError
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.keys import key_group_range
from hurtig.state.snapshot import KeyedStateSnapshot
from hurtig.state.timers import (
    InternalTimerService,
    KeyedTimerService,
    TimeDomain,
    UnkeyedTimerError,
)


def service(now=0):
    return InternalTimerService(lambda: now, HeapKeyedStateBackend())


def register(timers, key, *times, namespace=""):
    timers.backend.current_key = key
    for time in times:
        timers.register_event_time_timer(namespace, time)


class Naive:
    """A list of timers in order of registration."""

    def __init__(self):
        self.timers = []

    def add(self, timer):
        if timer not in self.timers:
            self.timers.append(timer)

    def remove(self, timer):
        if timer in self.timers:
            self.timers.remove(timer)

    def next_due(self, limit):
        due = [t for t in self.timers if t[0] <= limit]
        if not due:
            return None
        first = min(due, key=lambda t: t[0])
        self.timers.remove(first)
        return first


timers_of = st.tuples(st.integers(0, 4), st.sampled_from("ab"), st.sampled_from(["", (0, 5)]))
actions = st.tuples(st.sampled_from(["add", "add", "remove"]), timers_of)
scripts = st.lists(
    st.one_of(
        actions,
        st.tuples(st.just("advance"), st.integers(0, 5), st.lists(actions, max_size=6)),
        st.tuples(st.just("restore"), st.none()),
    ),
    min_size=5,
    max_size=40,
)


@settings(max_examples=400, deadline=None)
@given(scripts, st.booleans())
def test_against_a_naive_list(script, event_time):
    timers, naive = service(), Naive()

    def act(action, timer):
        time, key, namespace = timer
        timers.backend.current_key = key
        verb = "register" if action == "add" else "delete"
        domain = "event" if event_time else "processing"
        getattr(timers, f"{verb}_{domain}_time_timer")(namespace, time)
        getattr(naive, action)(timer)

    for action, *arguments in script:
        if action == "advance":
            limit, meanwhile = arguments
            advance = timers.advance_watermark if event_time else timers.advance_processing_time
            for fired in advance(limit):
                assert fired == naive.next_due(limit)
                if meanwhile:
                    act(*meanwhile.pop())
            assert naive.next_due(limit) is None
        elif action == "restore":
            snapshot = KeyedStateSnapshot.from_bytes(timers.snapshot(1).to_bytes())
            timers = service()
            timers.restore([snapshot], range(128))
            naive.timers.sort(key=lambda t: t[0])
        else:
            act(action, *arguments)
        first = min((t[0] for t in naive.timers), default=None)
        ask = timers.next_event_time if event_time else timers.next_processing_time
        assert ask() == first
        count = timers.num_event_time_timers if event_time else timers.num_processing_time_timers
        assert count() == len(naive.timers)


def test_timers_registered_while_others_fire():
    # At the end of input: later ones and one in the past fire too, all at the last watermark.
    timers = service()
    register(timers, "a", 10)
    seen = []
    for time, key, namespace in timers.advance_watermark(MAX_TIMESTAMP):
        seen.append((time, timers.current_watermark))
        timers.backend.current_key = key
        if time < 40:
            timers.register_event_time_timer(namespace, time + 10)
        elif time == 40:
            timers.register_event_time_timer(namespace, 3)
    assert [t for t, _ in seen[:5]] == [10, 20, 30, 40, 3]
    assert {w for _, w in seen} == {MAX_TIMESTAMP}
    assert seen[-1][0] == 43


def test_the_watermark_never_goes_back_and_moves_before_the_first_timer():
    timers = service()
    assert timers.current_watermark == MIN_TIMESTAMP
    timers.advance_watermark(5)
    assert timers.current_watermark == 5
    timers.advance_watermark(3)
    assert timers.current_watermark == 5


def test_registering_and_deleting_for_ever_does_not_grow():
    timers = service()
    register(timers, "a", 0)
    for time in range(10_000):
        timers.register_event_time_timer("", time + 1)
        timers.delete_event_time_timer("", time + 1)
    assert len(timers._event_time._times) < 200
    assert timers.next_event_time() == 0


def test_rescaling_gives_each_subtask_its_keys():
    timers = service()
    for key in range(50):
        register(timers, key, key, namespace=(0, 1))
    parts = []
    for index in range(3):
        part = service()
        part.restore([timers.snapshot(1)], key_group_range(128, 3, index))
        parts.append(part)
    again = service()
    again.restore([part.snapshot(2) for part in parts], range(128))
    assert [part.num_event_time_timers() > 0 for part in parts] == [True] * 3
    assert sorted(again.advance_watermark(99)) == [(k, k, (0, 1)) for k in range(50)]


def test_timers_of_a_key():
    timers = service()
    register(timers, "a", 2, 1)
    register(timers, "b", 1)
    timers.backend.current_key = "a"
    timers.register_processing_time_timer("w", 7)
    assert timers.timers_of_key("a") == [
        (TimeDomain.EVENT_TIME, 1, ""),
        (TimeDomain.EVENT_TIME, 2, ""),
        (TimeDomain.PROCESSING_TIME, 7, "w"),
    ]


def test_no_key_leaves_no_trace():
    timers = service()
    with pytest.raises(NoKeyError):
        timers.register_event_time_timer("", 1)
    register(timers, "a", 1)
    assert list(timers.advance_watermark(1)) == [(1, "a", "")]


def test_unkeyed_streams_have_times_but_no_timers():
    facade = KeyedTimerService(InternalTimerService(lambda: 7))
    assert facade.current_processing_time() == 7
    assert facade.current_watermark() == MIN_TIMESTAMP
    for register_or_delete in (
        facade.register_event_time_timer,
        facade.register_processing_time_timer,
        facade.delete_event_time_timer,
        facade.delete_processing_time_timer,
    ):
        with pytest.raises(UnkeyedTimerError, match="only supported on a keyed stream"):
            register_or_delete(1)


def test_the_facade_registers_in_its_namespace():
    timers = service()
    timers.backend.current_key = "k"
    facade = KeyedTimerService(timers, (0, 9))
    facade.register_event_time_timer(8)
    facade.register_event_time_timer(9)
    facade.delete_event_time_timer(8)
    facade.register_processing_time_timer(5)
    facade.register_processing_time_timer(6)
    facade.delete_processing_time_timer(5)
    assert list(timers.advance_watermark(10)) == [(9, "k", (0, 9))]
    assert list(timers.advance_processing_time(10)) == [(6, "k", (0, 9))]


@pytest.mark.parametrize(
    ("timestamp", "fix"),
    [(1.5, r"int\(1.5\)"), (None, "WatermarkStrategy"), ("7", "milli"), (True, "")],
)
def test_timestamps_are_ints(timestamp, fix):
    timers = service()
    timers.backend.current_key = "k"
    with pytest.raises(TypeError, match=f"must be an int.*{fix}"):
        KeyedTimerService(timers).register_event_time_timer(timestamp)


def test_numpy_integers_are_timestamps():
    np = pytest.importorskip("numpy")
    timers = service()
    timers.backend.current_key = "k"
    KeyedTimerService(timers).register_event_time_timer(np.int64(4))
    ((time, _, _),) = timers.advance_watermark(4)
    assert type(time) is int
