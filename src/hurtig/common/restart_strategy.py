"""What happens after a failure (``pyflink.common.restart_strategy``)."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from typing import Any

from hurtig.common.time import to_millis

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


class RestartStrategyConfiguration(ABC):
    """One restart strategy with its parameters."""

    def get_description(self) -> str:
        """The strategy in words."""
        return ", ".join(f"{key}: {value}" for key, value in self.to_settings().items())

    @abstractmethod
    def to_settings(self) -> dict[str, str]:
        """The same as configuration keys (``restart-strategy.*``)."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RestartStrategyConfiguration)
            and type(self) is type(other)
            and self.to_settings() == other.to_settings()
        )

    def __hash__(self) -> int:
        return hash(tuple(self.to_settings().items()))

    def __repr__(self) -> str:
        return f"<{self.get_description()}>"


class RestartStrategies:
    """Makes restart strategies. A delay is a timedelta, a Duration, a Time or a number of ms."""

    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        """The first failure ends the job."""

        def __init__(self) -> None:
            super().__init__()

        def get_description(self) -> str:
            """In words."""
            return "Restart deactivated."

        def to_settings(self) -> dict[str, str]:
            """As configuration keys."""
            return {"restart-strategy.type": "none"}

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        """So many restarts with a pause before each."""

        def __init__(
            self, restart_attempts: int | None = None, delay_between_attempts_interval: Any = None
        ) -> None:
            self._attempts = 1 if restart_attempts is None else restart_attempts
            self._delay_ms = _millis(delay_between_attempts_interval, "delay_between_attempts")
            if self._attempts < 0:
                raise ValueError(f"restart_attempts must not be negative, got {self._attempts}")

        def get_restart_attempts(self) -> int:
            """How many restarts."""
            return self._attempts

        def get_delay_between_attempts_interval(self) -> datetime.timedelta:
            """The pause before each."""
            return datetime.timedelta(milliseconds=self._delay_ms)

        def get_description(self) -> str:
            """In words."""
            return f"Restart with fixed delay ({self._delay_ms} ms). #{self._attempts} attempts."

        def to_settings(self) -> dict[str, str]:
            """As configuration keys."""
            return {
                "restart-strategy.type": "fixed-delay",
                "restart-strategy.fixed-delay.attempts": str(self._attempts),
                "restart-strategy.fixed-delay.delay": f"{self._delay_ms} ms",
            }

    class FailureRateRestartStrategyConfiguration(RestartStrategyConfiguration):
        """Restarts until there are too many failures in an interval."""

        def __init__(
            self,
            max_failure_rate: int | None = None,
            failure_interval: Any = None,
            delay_between_attempts_interval: Any = None,
        ) -> None:
            self._rate = 1 if max_failure_rate is None else max_failure_rate
            interval = 60_000 if failure_interval is None else failure_interval
            self._interval_ms = _millis(interval, "failure_interval")
            self._delay_ms = _millis(delay_between_attempts_interval, "delay_between_attempts")
            if self._rate <= 0 or self._interval_ms <= 0:
                raise ValueError(
                    "a failure rate needs a positive number of failures and a positive interval, "
                    f"got {self._rate} in {self._interval_ms} ms"
                )

        def get_max_failure_rate(self) -> int:
            """Failures that are allowed in one interval."""
            return self._rate

        def get_failure_interval(self) -> datetime.timedelta:
            """The interval."""
            return datetime.timedelta(milliseconds=self._interval_ms)

        def get_delay_between_attempts_interval(self) -> datetime.timedelta:
            """The pause before each restart."""
            return datetime.timedelta(milliseconds=self._delay_ms)

        def get_description(self) -> str:
            """In words."""
            return (
                f"Failure rate restart with maximum of {self._rate} failures within interval "
                f"{self._interval_ms} ms and fixed delay {self._delay_ms} ms."
            )

        def to_settings(self) -> dict[str, str]:
            """As configuration keys."""
            prefix = "restart-strategy.failure-rate"
            return {
                "restart-strategy.type": "failure-rate",
                f"{prefix}.max-failures-per-interval": str(self._rate),
                f"{prefix}.failure-rate-interval": f"{self._interval_ms} ms",
                f"{prefix}.delay": f"{self._delay_ms} ms",
            }

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        """What the cluster is configured to do."""

        def __init__(self) -> None:
            super().__init__()

        def get_description(self) -> str:
            """In words."""
            return "Cluster level default restart strategy"

        def to_settings(self) -> dict[str, str]:
            """None: the keys stay as they are."""
            return {}

    @staticmethod
    def no_restart() -> RestartStrategies.NoRestartStrategyConfiguration:
        """The first failure ends the job."""
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fall_back_restart() -> RestartStrategies.FallbackRestartStrategyConfiguration:
        """What the cluster is configured to do."""
        return RestartStrategies.FallbackRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: Any
    ) -> RestartStrategies.FixedDelayRestartStrategyConfiguration:
        """``restart_attempts`` restarts, each after a pause."""
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(
            restart_attempts, delay_between_attempts
        )

    @staticmethod
    def failure_rate_restart(
        failure_rate: int, failure_interval: Any, delay_interval: Any
    ) -> RestartStrategies.FailureRateRestartStrategyConfiguration:
        """Restarts, each after a pause, while there are at most so many failures an interval."""
        return RestartStrategies.FailureRateRestartStrategyConfiguration(
            failure_rate, failure_interval, delay_interval
        )


def _millis(length: Any, what: str) -> int:
    millis = 0 if length is None else to_millis(length, what)
    if millis < 0:
        raise ValueError(f"{what} must not be negative, got {millis} ms")
    return millis
