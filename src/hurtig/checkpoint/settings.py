"""The settings of checkpoints, read once from a job's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.common.options import option

_PREFIX = "execution.checkpointing."

EXACTLY_ONCE = "EXACTLY_ONCE"
RETAIN_ON_CANCELLATION = "RETAIN_ON_CANCELLATION"


class CheckpointSettings(NamedTuple):
    """When checkpoints are taken and what they promise. Times are milliseconds.

    Mirrors Flink's ``CheckpointCoordinatorConfiguration``.
    """

    interval: int | None = None
    """From one trigger to the next; ``None``: no periodic checkpoints."""
    exactly_once: bool = True
    timeout: int = 600_000
    min_pause: int = 0
    max_concurrent: int = 1
    tolerable_failures: int = 0
    retention: str = "NO_EXTERNALIZED_CHECKPOINTS"
    num_retained: int = 1
    unaligned: bool = False
    aligned_timeout: int = 0
    """Unaligned ones start aligned for so long; 0: they overtake at once."""
    after_tasks_finish: bool = True
    force: bool = False

    @property
    def enabled(self) -> bool:
        """Whether there are periodic checkpoints."""
        return self.interval is not None

    @property
    def retained_on_cancellation(self) -> bool:
        """Whether the last checkpoints outlive a cancelled job."""
        return self.retention == RETAIN_ON_CANCELLATION

    @classmethod
    def from_configuration(cls, settings: Mapping[str, str]) -> CheckpointSettings:
        """Raises ``ProgramError``, naming the key, for what Flink refuses."""
        interval = _number(settings, "interval", 10, zero_is_off=True) or None
        exactly_once = _name(settings, "mode") == EXACTLY_ONCE
        # Without alignment there is nothing to overtake: Flink ignores the setting as well.
        unaligned = bool(_get(settings, "unaligned.enabled")) and exactly_once
        max_concurrent = _number(settings, "max-concurrent-checkpoints", 1)
        if unaligned and max_concurrent > 1:
            raise ProgramError(
                f"{_PREFIX}max-concurrent-checkpoints is {max_concurrent}, but unaligned "
                f"checkpoints are taken one at a time: set it to 1, or "
                f"{_PREFIX}unaligned.enabled to false"
            )
        return cls(
            interval,
            exactly_once,
            _number(settings, "timeout", 10),
            _number(settings, "min-pause", 0),
            max_concurrent,
            _number(settings, "tolerable-failed-checkpoints", 0),
            _name(settings, "externalized-checkpoint-retention"),
            _number(settings, "num-retained", 1),
            unaligned,
            _number(settings, "aligned-checkpoint-timeout", 0),
            bool(_get(settings, "checkpoints-after-tasks-finish")),
            bool(_get(settings, "force-checkpointing")),
        )


def _get(settings: Mapping[str, str], name: str) -> Any:
    known = option(_PREFIX + name)
    for key in (known.key, *known.fallback_keys):
        if settings.get(key) is not None:
            try:
                return known.parse(settings[key])
            except ValueError as e:
                raise ProgramError(str(e)) from None
    return known.default


def _number(settings: Mapping[str, str], name: str, least: int, zero_is_off: bool = False) -> int:
    value = int(_get(settings, name) or 0)
    if value < least and not (zero_is_off and value == 0):
        unit = " ms" if option(_PREFIX + name).value_type == "duration" else ""
        raise ProgramError(f"{_PREFIX}{name} must be at least {least}{unit}, got {value}{unit}")
    return value


def _name(settings: Mapping[str, str], name: str) -> str:
    """Configuration files may write ``exactly-once``."""
    return str(_get(settings, name)).upper().replace("-", "_")
