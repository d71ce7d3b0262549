"""Says once that a setting asks for something which this version does not have."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hurtig.common.configuration import Configuration

_log = logging.getLogger("hurtig.configuration")
_warned: set[str] = set()

_NO_RESTART = ("", "none", "off", "disable")


def warn_missing_features(configuration: Configuration) -> None:
    """Log a warning for each such setting: the job runs, but not as its author expects."""
    if configuration._read("execution.checkpointing.interval", "duration", 0) > 0:
        _warn("checkpoints", "takes no checkpoints: the state of a job ends with it")
    restart = configuration.get_string("restart-strategy.type", None) or ""
    if restart.lower() not in _NO_RESTART:
        _warn(f"restart strategy {restart}", "does not restart jobs: the first failure ends them")


def _warn(asked: str, answer: str) -> None:
    if asked not in _warned:
        _warned.add(asked)
        _log.warning("%s: this version of hurtig %s", asked, answer)
