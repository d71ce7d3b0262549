"""Restarts after pauses that grow from failure to failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.jobmanager.restart.backoff import RestartBackoff

if TYPE_CHECKING:
    from random import Random


class ExponentialDelay(RestartBackoff):
    """The first pause is ``initial_ms``, each further one ``multiplier`` times longer, up to
    ``max_ms``; each is longer or shorter by a random part of it, up to ``jitter``.

    Once the job has run for ``reset_after_ms`` after a restart, it starts over. Failures while a
    restart is awaited count as one. ``attempts``: restarts until it starts over.
    """

    def __init__(
        self,
        initial_ms: int,
        max_ms: int,
        multiplier: float,
        reset_after_ms: int,
        jitter: float,
        attempts: int,
        random: Random,
    ) -> None:
        self._initial_ms = initial_ms
        self._max_ms = max_ms
        self._multiplier = multiplier
        self._reset_after_ms = reset_after_ms
        self._jitter = jitter
        self._attempts = attempts
        self._random = random
        self._backoff: float = initial_ms
        self._failures = 0
        self._delay_ms = initial_ms
        self._restart_at: int | None = None

    def notify_failure(self, now: int) -> bool:
        """One more, unless a restart is awaited."""
        if self._restart_at is not None and now <= self._restart_at:
            self._delay_ms = self._restart_at - now
            return False
        if self._restart_at is None or now - self._restart_at >= self._reset_after_ms:
            self._backoff = self._initial_ms
            self._failures = 0
        else:
            self._backoff = min(self._backoff * self._multiplier, self._max_ms)
        self._failures += 1
        spread = self._backoff * self._jitter
        jittered = self._backoff + self._random.uniform(-spread, spread)
        self._delay_ms = round(min(max(jittered, self._initial_ms), self._max_ms))
        self._restart_at = now + self._delay_ms
        return True

    def can_restart(self) -> bool:
        """Until the attempts are used up."""
        return self._failures <= self._attempts

    @property
    def delay_ms(self) -> int:
        """From the last failure on; for one that belongs to the one before, what is left."""
        return self._delay_ms
