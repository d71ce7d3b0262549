"""Retry strategies and predicates under PyFlink's names."""

from __future__ import annotations

import pytest

from hurtig.datastream.async_retry_predicates import (
    empty_result_predicate,
    exception_type_predicate,
    has_exception_predicate,
)
from hurtig.datastream.async_retry_strategies import (
    NO_RETRY_STRATEGY,
    ExponentialBackoffDelayRetryStrategy,
    FixedDelayRetryStrategy,
    NoRetryStrategy,
    RetryPredicate,
)
from hurtig.operators.functions import AsyncRetryStrategy


def test_no_retry() -> None:
    assert isinstance(NO_RETRY_STRATEGY, NoRetryStrategy)
    assert AsyncRetryStrategy.no_restart() is NO_RETRY_STRATEGY
    assert not NO_RETRY_STRATEGY.can_retry(1)
    assert NO_RETRY_STRATEGY.get_retry_predicate().result_predicate() is None
    assert NO_RETRY_STRATEGY.get_retry_predicate().exception_predicate() is None


def test_fixed_delay_repeats_max_attempts_times() -> None:
    strategy = FixedDelayRetryStrategy(3, 100, empty_result_predicate, has_exception_predicate)
    assert [strategy.can_retry(n) for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert strategy.get_backoff_time_millis(1) == strategy.get_backoff_time_millis(3) == 100
    predicate = strategy.get_retry_predicate()
    assert isinstance(predicate, RetryPredicate)
    assert predicate.result_predicate() is empty_result_predicate
    assert predicate.exception_predicate() is has_exception_predicate


def test_exponential_backoff_grows_up_to_its_bound_whatever_was_asked_before() -> None:
    strategy = ExponentialBackoffDelayRetryStrategy(9, 10, 100, 2.5, None, None)
    delays = [strategy.get_backoff_time_millis(n) for n in range(1, 6)]
    assert delays == [10, 25, 62, 100, 100]
    assert [strategy.get_backoff_time_millis(n) for n in (2, 1, 1000)] == [25, 10, 100]
    shrinking = ExponentialBackoffDelayRetryStrategy(9, 100, 1000, 0.5, None, None)
    assert [shrinking.get_backoff_time_millis(n) for n in (1, 2, 3)] == [100, 50, 25]


@pytest.mark.parametrize("wrong", [(0, 1, 1, 1.0), (1, 0, 1, 1.0), (1, 1, 0, 1.0), (1, 1, 1, 0)])
def test_settings_must_be_positive(wrong: tuple[int, int, int, float]) -> None:
    with pytest.raises(ValueError, match="should be greater than zero"):
        ExponentialBackoffDelayRetryStrategy(*wrong)
    if 0 in wrong[:2]:
        with pytest.raises(ValueError, match="should be greater than zero"):
            FixedDelayRetryStrategy(*wrong[:2])


def test_predicates() -> None:
    assert empty_result_predicate([])
    assert empty_result_predicate(None)
    assert not empty_result_predicate([None])
    assert has_exception_predicate(ValueError())
    assert not has_exception_predicate(None)
    assert exception_type_predicate(KeyError(), LookupError)
    assert not exception_type_predicate(KeyError(), ValueError)
    assert not exception_type_predicate(None, ValueError)
