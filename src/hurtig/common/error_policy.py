"""What happens to a record that a source cannot read or a function cannot handle."""

from __future__ import annotations

from typing import Any, NamedTuple

DEAD_LETTER_TAG = "hurtig-dead-letter"
"""Id of the side output that carries :class:`DeadLetter` values."""

FAIL, SKIP, DEAD_LETTER = "fail", "skip", "dead-letter"


class DeadLetter(NamedTuple):
    """A record that was set aside, with all that is needed to find and replay it."""

    operator: str
    uid: str
    reason: str
    record: Any
    location: str = ""


def check_error_policy(policy: str) -> str:
    """``policy`` if it is one of ``fail``, ``skip`` and ``dead-letter``; else ``ValueError``."""
    if policy not in (FAIL, SKIP, DEAD_LETTER):
        raise ValueError(
            f"unknown error policy {policy!r}: use {FAIL!r}, {SKIP!r} or {DEAD_LETTER!r}"
        )
    return policy
