from __future__ import annotations

import datetime
import operator
import pickle

import pytest

from hurtig.common import Duration, Instant, Time
from hurtig.common.time import to_millis


@pytest.mark.parametrize(
    ("length", "millis"),
    [
        (Duration.of_days(1), 86_400_000),
        (Duration.of_hours(1), 3_600_000),
        (Duration.of_minutes(2), 120_000),
        (Duration.of_seconds(3), 3000),
        (Duration.of_millis(4), 4),
        (Duration.of_nanos(1_999_999), 1),
        (Time.days(1), 86_400_000),
        (Time.hours(1), 3_600_000),
        (Time.minutes(2), 120_000),
        (Time.seconds(3), 3000),
        (Time.milliseconds(4), 4),
        (datetime.timedelta(seconds=1.5), 1500),
        (7, 7),
    ],
)
def test_to_millis(length: object, millis: int) -> None:
    assert to_millis(length) == millis


@pytest.mark.parametrize("length", ["5 s", None, True, float("nan")])
def test_to_millis_names_the_setting(length: object) -> None:
    with pytest.raises(TypeError, match="idle_timeout must be a Duration"):
        to_millis(length, "idle_timeout")


def test_equality_and_text() -> None:
    assert Time.seconds(5) == Time(5000)
    assert str(Time.seconds(5)) == "5000 ms"
    assert Duration.of_seconds(1) == Duration.of_millis(1000)
    assert Duration.of_millis(1) < Duration.of_seconds(1)
    assert repr(Instant(1, 2)) == "Instant<1, 2>"
    assert Instant(1, 2) < Instant(1, 3)
    assert len({Instant(1, 2), Instant(1, 2)}) == 1


@pytest.mark.parametrize("millis", [-1, 0, 1500, -1500, 2**40])
def test_instant_of_epoch_milli_is_exact_also_before_1970(millis: int) -> None:
    instant = Instant.of_epoch_milli(millis)
    assert instant.to_epoch_milli() == millis
    assert 0 <= instant.nanos < 10**9
    assert pickle.loads(pickle.dumps(instant)) == instant


FACTORIES = [
    (Duration.of_nanos, 1e-6),
    (Duration.of_millis, 1),
    (Duration.of_seconds, 1000),
    (Duration.of_minutes, 60_000),
    (Duration.of_hours, 3_600_000),
    (Duration.of_days, 86_400_000),
    (Time.milliseconds, 1),
    (Time.seconds, 1000),
    (Time.minutes, 60_000),
    (Time.hours, 3_600_000),
    (Time.days, 86_400_000),
]


@pytest.mark.parametrize(("make", "unit"), FACTORIES)
def test_units(make, unit: float) -> None:
    assert to_millis(make(3_000_000)) == round(3_000_000 * unit)
    assert to_millis(make(-3_000_000)) == round(-3_000_000 * unit)
    if unit > 1:
        half = make(0.5)
        assert half == make(1).__class__(to_millis(half) * (1 if isinstance(half, Time) else 10**6))
        assert to_millis(half) == unit // 2
    for wrong in ("5", None):
        with pytest.raises(
            TypeError, match=f"a (Duration|Time) is made of a number, got {wrong!r}"
        ):
            make(wrong)


def test_order_is_among_their_own_kind() -> None:
    durations = [Duration.of_days(1), Duration.of_nanos(-1), Duration.of_millis(1)]
    assert sorted(durations) == [durations[1], durations[2], durations[0]]
    assert Duration.of_days(1) >= Duration.of_hours(24)
    instants = [Instant(1, 0), Instant(-1, 5), Instant(0, 999), Instant(0, 5)]
    assert sorted(instants) == [Instant(-1, 5), Instant(0, 5), Instant(0, 999), Instant(1, 0)]
    assert Instant(1, 0) <= Instant(1, 0)
    for mine, other in [(durations[0], 5), (instants[0], 5), (durations[0], Time.days(1))]:
        assert mine != other
        for compare in (operator.lt, operator.le, operator.gt, operator.ge):
            with pytest.raises(TypeError, match="not supported between instances"):
                compare(mine, other)


@pytest.mark.parametrize("value", [Duration.of_nanos(5), Time.seconds(2), Instant(1, 2)])
def test_copies_are_equal_and_hash_alike(value: object) -> None:
    copied = pickle.loads(pickle.dumps(value))
    assert copied == value
    assert len({copied, value}) == 1
    assert repr(copied) == repr(value)


def test_text() -> None:
    assert repr(Duration.of_seconds(2)) == "Duration(2000 ms)"
    assert repr(Duration.of_nanos(1500)) == "Duration(1500 ns)"
    assert repr(Time.seconds(2)) == "Time(2000 ms)"
    assert Duration.of_nanos(1500).to_nanos() == 1500
