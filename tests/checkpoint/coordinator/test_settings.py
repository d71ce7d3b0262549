"""Settings of checkpoints from a configuration."""

from __future__ import annotations

import pytest

from hurtig.checkpoint.settings import CheckpointSettings
from hurtig.common.errors import ProgramError

P = "execution.checkpointing."


def of(**settings: str) -> CheckpointSettings:
    keys = {P + name.replace("__", ".").replace("_", "-"): v for name, v in settings.items()}
    return CheckpointSettings.from_configuration(keys)


def test_defaults() -> None:
    settings = of()
    assert settings == CheckpointSettings()
    assert not settings.enabled
    assert (settings.timeout, settings.min_pause, settings.max_concurrent) == (600_000, 0, 1)
    assert (settings.tolerable_failures, settings.num_retained) == (0, 1)
    assert settings.exactly_once
    assert settings.after_tasks_finish
    assert not settings.retained_on_cancellation


def test_all_keys() -> None:
    settings = of(
        interval="10 s",
        mode="exactly-once",
        timeout="2 min",
        min_pause="500",
        max_concurrent_checkpoints="1",
        tolerable_failed_checkpoints="3",
        externalized_checkpoint_retention="RETAIN_ON_CANCELLATION",
        num_retained="4",
        unaligned__enabled="true",
        aligned_checkpoint_timeout="PT1S",
        checkpoints_after_tasks_finish="false",
        force_checkpointing="true",
    )
    assert settings == CheckpointSettings(
        10_000, True, 120_000, 500, 1, 3, "RETAIN_ON_CANCELLATION", 4, True, 1000, False, True
    )
    assert settings.enabled
    assert settings.retained_on_cancellation


def test_older_keys() -> None:
    old = {"state.checkpoints.num-retained": "7", P + "unaligned": "true"}
    settings = CheckpointSettings.from_configuration(old)
    assert (settings.num_retained, settings.unaligned) == (7, True)


def test_zero_switches_off() -> None:
    assert not of(interval="0").enabled


def test_at_least_once_overtakes_nothing() -> None:
    settings = of(interval="1s", mode="AT_LEAST_ONCE", unaligned__enabled="true")
    assert (settings.exactly_once, settings.unaligned) == (False, False)
    of(mode="at-least-once", unaligned__enabled="true", max_concurrent_checkpoints="2")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("interval", "9 ms", "interval must be at least 10 ms, got 9 ms"),
        ("timeout", "1", "timeout must be at least 10 ms, got 1 ms"),
        ("max-concurrent-checkpoints", "0", "must be at least 1, got 0"),
        ("tolerable-failed-checkpoints", "-1", "must be at least 0, got -1"),
        ("num-retained", "0", "must be at least 1, got 0"),
        ("interval", "soon", "'soon' is not a length of time"),
        ("mode", "TWICE", "'TWICE' is none of"),
        ("unaligned.enabled", "perhaps", "is not a boolean"),
    ],
)
def test_refused(name: str, value: str, text: str) -> None:
    with pytest.raises(ProgramError, match=text) as e:
        CheckpointSettings.from_configuration({P + name: value})
    assert P + name in str(e.value)


def test_unaligned_ones_are_taken_one_at_a_time() -> None:
    with pytest.raises(ProgramError, match="one at a time: set it to 1"):
        of(unaligned__enabled="true", max_concurrent_checkpoints="2")
