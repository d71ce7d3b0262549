"""Pacing on a clock of its own."""

from __future__ import annotations

import pytest

from hurtig.common.errors import ProgramError
from hurtig.connectors.datagen.rate_limiter import RateLimiterStrategy


def run(limiter, seconds, start=100.0, late=0.0, wanted=8192):
    """(time since start, records) of each grant; wakeups come ``late`` seconds too late."""
    now, grants = start, []
    while now <= start + seconds:
        granted = limiter.acquire(wanted, now)
        if granted:
            grants.append((now - start, granted))
        else:
            when = limiter.next_time(now)
            assert when > now, "would spin"
            now = when + late
    return grants


@pytest.mark.parametrize("rate", [0.5, 3, 7.5, 100, 333, 1000, 12345, 1_000_000])
@pytest.mark.parametrize("late", [0.0, 0.002])
def test_the_rate_is_exact(rate, late):
    grants = run(RateLimiterStrategy.per_second(rate).create_rate_limiter(0, 1), 10, late=late)
    total = 0
    for moment, granted in grants:
        total += granted
        due = moment * rate + 1
        assert due - rate * 0.013 - 1 <= total <= due + 1e-3
    assert total == pytest.approx(10 * rate, abs=max(1, rate * 0.02))


@pytest.mark.parametrize("rate", [1, 50, 1000, 1_000_000])
def test_no_burst_is_longer_than_ten_milliseconds(rate):
    limiter = RateLimiterStrategy.per_second(rate).create_rate_limiter(0, 1)
    limiter.acquire(8192, 0.0)
    # Held up for an hour: it catches up evenly, at most at twice the rate.
    grants = run(limiter, 2, start=3600.0, wanted=10**9)
    assert max(granted for _, granted in grants) <= max(1, rate * 0.01)
    for index, (start, _) in enumerate(grants):
        window = [n for t, n in grants[index:] if t < start + 0.1]
        assert sum(window) <= max(1, rate * 0.01) + 2 * rate * 0.1 + 1


def test_little_lost_time_is_made_up_for():
    limiter = RateLimiterStrategy.per_second(1000).create_rate_limiter(0, 1)
    first = sum(n for _, n in run(limiter, 1, start=0.0))
    rest = sum(n for _, n in run(limiter, 3, start=1.5))
    assert first + rest == pytest.approx(4500, abs=15)


def test_few_wakeups():
    limiter = RateLimiterStrategy.per_second(100_000).create_rate_limiter(0, 1)
    assert len(run(limiter, 1)) < 250


def test_subtasks_share_the_rate():
    strategy = RateLimiterStrategy.per_second(300)
    totals = [sum(n for _, n in run(strategy.create_rate_limiter(i, 3), 10)) for i in range(3)]
    assert totals == [pytest.approx(1000, abs=3)] * 3


def test_per_checkpoint():
    limiter = RateLimiterStrategy.per_checkpoint(5).create_rate_limiter(0, 1)
    assert [limiter.acquire(3, 0.0), limiter.acquire(3, 0.0), limiter.acquire(3, 9.0)] == [3, 2, 0]
    assert limiter.next_time(9.0) is None
    limiter.notify_checkpoint_complete(1)
    assert limiter.acquire(9, 9.0) == 5


def test_per_checkpoint_is_shared_without_loss():
    strategy = RateLimiterStrategy.per_checkpoint(5)
    shares = [strategy.create_rate_limiter(i, 3).acquire(99, 0.0) for i in range(3)]
    assert shares == [2, 2, 1]
    with pytest.raises(ProgramError, match=r"5 records per checkpoint .* parallelism 6"):
        strategy.create_rate_limiter(0, 6)


def test_no_limit():
    assert RateLimiterStrategy.no_op().create_rate_limiter(0, 1).acquire(8192, 0.0) == 8192


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_impossible_rates(rate):
    with pytest.raises(ProgramError, match="above 0"):
        RateLimiterStrategy.per_second(rate)
    with pytest.raises(ProgramError, match="at least 1"):
        RateLimiterStrategy.per_checkpoint(0)
