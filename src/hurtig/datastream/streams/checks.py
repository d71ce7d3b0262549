"""Wrong programs that can be told before they run."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import ProgramError

_REGISTER = ("register_event_time_timer", "register_processing_time_timer")


def check_no_timers(function: Any, *methods: str) -> None:
    """Refuse a function that registers timers where the stream has no key.

    Looks at the names that the methods use; what they call is only seen when it runs.
    """
    for method in methods:
        code = getattr(getattr(type(function), method, None), "__code__", None)
        if code is None:
            continue
        used = [name for name in _REGISTER if name in code.co_names]
        if used:
            raise ProgramError(
                f"Register timers is only supported on a keyed stream: {type(function).__name__}."
                f"{method} ({code.co_filename}, line {code.co_firstlineno}) calls {used[0]}, but "
                "its stream has no key. Call key_by(...) before process(...)"
            )
