"""Restart strategies."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.errors import ProgramError
from hurtig.common.restart_strategy import RestartStrategies
from hurtig.jobmanager.restart import RestartBackoff, restart_backoff_for

P = "restart-strategy."
EXP = P + "exponential-delay."


def backoff(kind: str, **settings: str) -> RestartBackoff:
    keys = {f"{P}{kind}.{k.replace('_', '-')}": v for k, v in settings.items()}
    return restart_backoff_for({P + "type": kind, **keys}, False, Random(1))


def outcomes(strategy: RestartBackoff, *failures: int) -> list[int | None]:
    """The pause after each failure; None: no restart."""
    found: list[int | None] = []
    for now in failures:
        strategy.notify_failure(now)
        found.append(strategy.delay_ms if strategy.can_restart() else None)
    return found


def test_without_checkpoints_a_job_is_not_restarted() -> None:
    assert outcomes(restart_backoff_for({}, False), 0) == [None]


def test_with_checkpoints_the_pause_grows() -> None:
    found = outcomes(restart_backoff_for({EXP + "jitter-factor": "0"}, True), 0, 5_000, 10_000)
    assert found == [1000, 1500, 2250]


def test_what_is_set_counts_with_and_without_checkpoints() -> None:
    assert outcomes(restart_backoff_for({P + "type": "none"}, True), 0) == [None]
    assert outcomes(restart_backoff_for({"restart-strategy": "fixed-delay"}, False), 0) == [1000]


def test_fixed_delay() -> None:
    strategy = backoff("fixed-delay", attempts="2", delay="3 s")
    assert outcomes(strategy, 0, 10**9, 10**10) == [3000, 3000, None]
    assert outcomes(backoff("fixed-delay"), 0, 1) == [1000, None]
    assert outcomes(backoff("fixed-delay", attempts="0"), 0) == [None]


def test_failure_rate() -> None:
    strategy = backoff(
        "failure-rate", max_failures_per_interval="2", failure_rate_interval="1 min", delay="5 s"
    )
    assert outcomes(strategy, 0, 10_000, 60_001, 70_002) == [5000] * 4
    assert outcomes(strategy, 80_000) == [None]
    assert outcomes(backoff("failure-rate"), 0, 60_000) == [1000, None]
    assert outcomes(backoff("failure-rate"), 0, 60_001) == [1000, 1000]


def exponential(**settings: str) -> RestartBackoff:
    return backoff("exponential-delay", **{"jitter_factor": "0", **settings})


def test_exponential_delay_has_a_limit() -> None:
    strategy = exponential(initial_backoff="10 s", max_backoff="50 s", backoff_multiplier="2")
    times = [0, 100_000, 200_000, 300_000, 400_000]
    assert outcomes(strategy, *times) == [10_000, 20_000, 40_000, 50_000, 50_000]


def test_it_starts_over_after_a_quiet_time() -> None:
    strategy = exponential(reset_backoff_threshold="1 min")
    assert outcomes(strategy, 0, 10_000) == [1000, 1500]
    assert outcomes(strategy, 11_500 + 59_999) == [2250]
    assert outcomes(strategy, 71_499 + 2250 + 60_000) == [1000]


def test_failures_while_a_restart_is_awaited_are_one() -> None:
    strategy = exponential(initial_backoff="1 s", attempts_before_reset_backoff="2")
    assert strategy.notify_failure(0)
    assert not strategy.notify_failure(400)
    assert strategy.delay_ms == 600
    assert not strategy.notify_failure(1000)
    assert strategy.delay_ms == 0
    assert outcomes(strategy, 1001, 10_000) == [1500, None]


def test_attempts_count_anew_after_a_quiet_time() -> None:
    strategy = exponential(attempts_before_reset_backoff="1", reset_backoff_threshold="1 min")
    assert outcomes(strategy, 0, 100_000, 200_000) == [1000, 1000, 1000]
    assert outcomes(strategy, 210_000) == [None]


@given(st.integers(), st.floats(0, 1))
def test_jitter_stays_near(seed: int, jitter: float) -> None:
    settings = {
        P + "type": "exponential-delay",
        EXP + "jitter-factor": str(jitter),
        EXP + "initial-backoff": "10 s",
        EXP + "max-backoff": "15 s",
    }
    strategy = restart_backoff_for(settings, True, Random(seed))
    first, second = outcomes(strategy, 0, 100_000)
    assert first is not None
    assert second is not None
    assert 10_000 <= first <= round(10_000 * (1 + jitter)) + 1
    assert round(15_000 * (1 - jitter)) - 1 <= second <= 15_000
    again = restart_backoff_for(settings, True, Random(seed))
    assert outcomes(again, 0, 100_000) == [first, second]


@pytest.mark.parametrize(
    "kind", ["off", "disable", "NONE", "fixeddelay", "failurerate", "exponentialdelay"]
)
def test_other_spellings(kind: str) -> None:
    strategy = restart_backoff_for({P + "type": kind}, True)
    assert (outcomes(strategy, 0) == [None]) == (kind.lower() in ("off", "disable", "none"))


@pytest.mark.parametrize(
    "strategy",
    [
        RestartStrategies.no_restart(),
        RestartStrategies.fixed_delay_restart(3, 10),
        RestartStrategies.failure_rate_restart(3, 1000, 10),
    ],
)
def test_what_programs_set(strategy: object) -> None:
    expected = None if "deactivated" in str(strategy) else 10
    assert outcomes(restart_backoff_for(strategy.to_settings(), True), 0) == [expected]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({P + "type": "sometimes"}, "it takes none, fixed-delay"),
        (
            {P + "type": "fixed-delay", P + "fixed-delay.attempts": "-1"},
            "attempts must be at least 0",
        ),
        ({P + "type": "fixed-delay", P + "fixed-delay.delay": "soon"}, "not a length of time"),
        (
            {P + "type": "failure-rate", P + "failure-rate.failure-rate-interval": "0"},
            "failure-rate-interval must be at least 1 ms, got 0 ms",
        ),
        ({EXP + "max-backoff": "10 ms"}, "must not be below"),
        ({EXP + "jitter-factor": "2"}, "from 0 to 1, got 2"),
        ({EXP + "backoff-multiplier": "0.5"}, "backoff-multiplier must be at least 1"),
    ],
)
def test_refused(settings: dict[str, str], text: str) -> None:
    with pytest.raises(ProgramError, match=text):
        restart_backoff_for(settings, True)
