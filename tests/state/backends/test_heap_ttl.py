"""Time to live against a naive model, with a clock of the test's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.state.backends.heap import HeapKeyedStateBackend
from hurtig.state.descriptors import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from hurtig.state.ttl_config import StateTtlConfig

TTL = 10


class Clock:
    def __init__(self):
        self.now = 1000

    def __call__(self):
        return self.now


class Last:
    def create_accumulator(self):
        return ()

    def add(self, value, accumulator):
        return (*accumulator, value)

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


def config(on_read=False, visible=False, background=False, ttl=None):
    builder = StateTtlConfig.new_builder(ttl or Time.milliseconds(TTL))
    if on_read:
        builder.update_ttl_on_read_and_write()
    if visible:
        builder.return_expired_if_not_cleaned_up()
    if not background:
        builder.disable_cleanup_in_background()
    return builder.build()


MAKE = {
    "value": lambda: ValueStateDescriptor("s"),
    "list": lambda: ListStateDescriptor("s"),
    "map": lambda: MapStateDescriptor("s"),
    "reducing": lambda: ReducingStateDescriptor("s", lambda a, b: a + b),
    "aggregating": lambda: AggregatingStateDescriptor("s", Last()),
}


def described(kind, **options):
    descriptor = MAKE[kind]()
    descriptor.enable_time_to_live(config(**options))
    return descriptor


class Model:
    """Parts with the time of their last touch: one list per key, looked at as a whole."""

    def __init__(self, on_read, visible):
        self.parts, self.on_read, self.visible = {}, on_read, visible

    def write(self, key, part, value, now):
        self.parts.setdefault(key, {})[part] = (value, now)

    def read(self, key, now, only=None):
        found = []
        for part, (value, written) in list(self.parts.get(key, {}).items()):
            if only is not None and part != only:
                continue
            if now >= written + TTL:
                del self.parts[key][part]
                if not self.visible:
                    continue
            elif self.on_read:
                self.parts[key][part] = (value, now)
            found.append((part, value))
        return found


steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "wait",
                "wait",
                "write",
                "write",
                "read",
                "read",
                "read_one",
                "clear",
                "remove",
                "restore",
            ]
        ),
        st.sampled_from("aab"),
        st.sampled_from([1, 3, 4, 5, 6, 7, 10]),
    ),
    min_size=10,
    max_size=40,
)


@pytest.mark.parametrize("kind", sorted(MAKE))
@pytest.mark.parametrize("on_read", [False, True])
@pytest.mark.parametrize("visible", [False, True])
@settings(max_examples=60, deadline=None)
@given(background=st.booleans(), script=steps)
def test_against_model(kind, on_read, visible, background, script):
    background = background and not visible  # else clean-up decides what is seen
    clock = Clock()
    options = {"on_read": on_read, "visible": visible, "background": background}
    backend = HeapKeyedStateBackend(clock=clock)
    state = backend.state(described(kind, **options))
    model = Model(on_read, visible)
    for n, (step, key, number) in enumerate(script):
        backend.current_key = key
        if step == "wait":
            clock.now += number
        elif step == "clear":
            state.clear()
            model.parts.pop(key, None)
        elif step == "restore":
            snapshot = backend.snapshot(n)
            backend = HeapKeyedStateBackend(clock=clock)
            backend.restore([snapshot], range(128))
            state = backend.state(described(kind, **options))
        elif kind == "value":
            if step == "write":
                state.update(number)
                model.write(key, 0, number, clock.now)
            else:
                assert state.value() == next((v for _, v in model.read(key, clock.now)), None)
        elif kind == "list":
            if step == "write":
                state.add(number)
                model.write(key, n, number, clock.now)
            else:
                assert list(state.get()) == [v for _, v in model.read(key, clock.now)]
        elif kind == "map":
            if step == "write":
                state.put(number % 3, number)
                model.write(key, number % 3, number, clock.now)
            elif step == "remove":
                state.remove(number % 3)
                model.parts.get(key, {}).pop(number % 3, None)
            elif step == "read_one":
                want = model.read(key, clock.now, number % 3)
                if number % 2:
                    assert state.contains(number % 3) == bool(want)
                else:
                    assert state.get(number % 3) == (want[0][1] if want else None)
            else:
                assert state.is_empty() == (
                    not any(
                        visible or clock.now < w + TTL for _, w in model.parts.get(key, {}).values()
                    )
                )
                assert dict(state.items()) == dict(model.read(key, clock.now))
        else:
            old = next((v for _, v in model.read(key, clock.now)), None)
            if step == "write":
                state.add(number)
                if kind == "reducing":
                    new = number if old is None else old + number
                else:
                    new = (number,) if old is None else (*old, number)
                model.write(key, 0, new, clock.now)
            else:
                assert state.get() == old


@pytest.mark.parametrize("kind", sorted(MAKE))
def test_incremental_cleanup_reaches_keys_that_nobody_reads(kind):
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    descriptor = described(kind, background=True)
    state = backend.state(descriptor)

    def touch(key):
        backend.current_key = key
        if kind == "value":
            state.update(1)
        elif kind == "map":
            state.put("x", 1)
            state.get("x")
        else:
            state.add(1)

    for i in range(20):
        touch(i)
    clock.now += TTL
    for _ in range(20):
        touch("fresh")
    assert backend.keys(descriptor) == ["fresh"]
    assert backend.expired_count() == 20


def test_a_snapshot_leaves_expired_entries_out():
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    state = backend.state(described("list"))
    backend.current_key = "a"
    state.add(1)
    clock.now += 5
    state.add(2)
    clock.now += 5
    backend.current_key = "b"
    restored = HeapKeyedStateBackend(clock=lambda: 1000)
    restored.restore([backend.snapshot(1)], range(128))
    restored.current_key = "a"
    assert list(restored.state(described("list")).get()) == [2]


def test_ttl_may_be_added_and_taken_away_between_runs():
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    backend.current_key = "a"
    backend.state(ListStateDescriptor("s")).add(1)
    second = HeapKeyedStateBackend(clock=clock)
    second.restore([backend.snapshot(1)], range(128))
    second.current_key = "a"
    assert list(second.state(described("list")).get()) == [1]
    third = HeapKeyedStateBackend(clock=clock)
    third.restore([second.snapshot(1)], range(128))
    third.current_key = "a"
    clock.now += TTL
    assert list(second.state(described("list")).get()) == []
    assert list(third.state(ListStateDescriptor("s")).get()) == [1]


def test_merging_leaves_expired_parts_out():
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    backend.current_key = "a"
    descriptor = described("reducing")
    backend.state(descriptor, 1).add(1)
    clock.now += 6
    backend.state(descriptor, 2).add(10)
    backend.state(descriptor, 3).add(100)
    clock.now += 6
    backend.merge_namespaces(descriptor, 3, [1, 2])
    assert backend.state(descriptor, 3).get() == 110
    assert backend.namespaces(descriptor) == [3]


def test_disabled_and_duration_and_tables():
    disabled = ValueStateDescriptor("d")
    disabled.enable_time_to_live(
        StateTtlConfig.new_builder(Duration.of_seconds(1))
        .set_update_type(StateTtlConfig.UpdateType.Disabled)
        .build()
    )
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    backend.current_key = 1
    backend.state(disabled).update(5)
    clock.now += 10_000
    assert backend.state(disabled).value() == 5
    with pytest.raises(ProgramError, match="time to live"):
        backend.table(described("value"))


@pytest.mark.parametrize("age", [TTL - 1, TTL])
def test_an_entry_expires_at_the_end_of_its_time(age):
    clock = Clock()
    backend = HeapKeyedStateBackend(clock=clock)
    backend.current_key = "a"
    single = ValueStateDescriptor("single")
    single.enable_time_to_live(config())
    value, mapped = backend.state(single), backend.state(described("map"))
    value.update(1)
    mapped.put("x", 1)
    clock.now += age
    alive = age < TTL
    assert (value.value() is not None) == alive
    assert mapped.is_empty() == (not alive)
    assert mapped.contains("x") == alive
    assert backend.expired_count() == (0 if alive else 2)
