from __future__ import annotations

import datetime
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
