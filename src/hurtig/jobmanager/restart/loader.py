"""From settings to a restart strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError
from hurtig.common.options import option
from hurtig.jobmanager.restart.backoff import RestartBackoff
from hurtig.jobmanager.restart.exponential_delay import ExponentialDelay
from hurtig.jobmanager.restart.failure_rate import FailureRate
from hurtig.jobmanager.restart.fixed_delay import FixedDelay
from hurtig.jobmanager.restart.none import NoRestart

if TYPE_CHECKING:
    from random import Random

TYPE_KEY = "restart-strategy.type"


def restart_backoff_for(
    settings: Mapping[str, str], checkpointing: bool, random: Random | None = None
) -> RestartBackoff:
    """The strategy of ``restart-strategy.*``; where no type is set, ``exponential-delay`` with
    checkpoints and ``none`` without, as in Flink. ``random`` is for jitter.

    Raises ``ProgramError``, naming the key, for what Flink refuses.
    """
    kind = _get(settings, TYPE_KEY)
    if kind is None:
        kind = "exponential-delay" if checkpointing else "none"
    make = _STRATEGIES.get(str(kind).strip().lower())
    if make is None:
        raise ProgramError(
            f"{TYPE_KEY} is {kind!r}; it takes none, fixed-delay, failure-rate or exponential-delay"
        )
    if random is None:
        from random import Random

        random = Random()
    return make(settings, random)


def _none(settings: Mapping[str, str], random: Random) -> RestartBackoff:
    return NoRestart()


def _fixed_delay(settings: Mapping[str, str], random: Random) -> RestartBackoff:
    prefix = "restart-strategy.fixed-delay."
    return FixedDelay(
        _at_least(settings, prefix + "attempts", 0), _at_least(settings, prefix + "delay", 0)
    )


def _failure_rate(settings: Mapping[str, str], random: Random) -> RestartBackoff:
    prefix = "restart-strategy.failure-rate."
    return FailureRate(
        _at_least(settings, prefix + "max-failures-per-interval", 1),
        _at_least(settings, prefix + "failure-rate-interval", 1),
        _at_least(settings, prefix + "delay", 0),
    )


def _exponential_delay(settings: Mapping[str, str], random: Random) -> RestartBackoff:
    prefix = "restart-strategy.exponential-delay."
    initial = _at_least(settings, prefix + "initial-backoff", 1)
    longest = _at_least(settings, prefix + "max-backoff", 1)
    if longest < initial:
        raise ProgramError(
            f"{prefix}max-backoff ({longest} ms) must not be below {prefix}initial-backoff "
            f"({initial} ms)"
        )
    jitter = _at_least(settings, prefix + "jitter-factor", 0)
    if jitter > 1:
        raise ProgramError(f"{prefix}jitter-factor must be from 0 to 1, got {jitter}")
    return ExponentialDelay(
        initial,
        longest,
        _at_least(settings, prefix + "backoff-multiplier", 1),
        _at_least(settings, prefix + "reset-backoff-threshold", 1),
        jitter,
        _at_least(settings, prefix + "attempts-before-reset-backoff", 1),
        random,
    )


_STRATEGIES: dict[str, Callable[[Mapping[str, str], Random], RestartBackoff]] = {
    "none": _none,
    "off": _none,
    "disable": _none,
    "fixed-delay": _fixed_delay,
    "fixeddelay": _fixed_delay,
    "failure-rate": _failure_rate,
    "failurerate": _failure_rate,
    "exponential-delay": _exponential_delay,
    "exponentialdelay": _exponential_delay,
}
"""Flink's names, in each of its spellings."""


def _get(settings: Mapping[str, str], key: str) -> Any:
    known = option(key)
    for name in (known.key, *known.fallback_keys):
        if settings.get(name) is not None:
            try:
                return known.parse(settings[name])
            except ValueError as e:
                raise ProgramError(str(e)) from None
    return known.default


def _at_least(settings: Mapping[str, str], key: str, least: int) -> Any:
    value = _get(settings, key)
    if value < least:
        unit = " ms" if option(key).value_type == "duration" else ""
        raise ProgramError(f"{key} must be at least {least}{unit}, got {value}{unit}")
    return value
