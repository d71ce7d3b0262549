"""Wrong programs that can be told before they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.window.assigner import WindowAssigner
    from hurtig.operators.window.trigger import Trigger

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


def warn_if_never_fired(assigner: WindowAssigner, trigger: Trigger | None, name: str) -> None:
    """Log a warning for windows that end never and have no trigger: they give nothing."""
    from hurtig.operators.window.global_ import GlobalWindows

    if trigger is None and isinstance(assigner, GlobalWindows):
        import logging

        logging.getLogger("hurtig.datastream").warning(
            "%s never fires, so it gives no results: say when with .trigger(...), for example "
            "CountTrigger.of(100)",
            name,
        )


def check_field(declared: TypeInformation | None, field: Any, method: str) -> None:
    """Refuse a field that rows or tuples of the declared type do not have."""
    from hurtig.common.typeinfo import RowTypeInfo, TupleTypeInfo

    if isinstance(declared, RowTypeInfo) and isinstance(field, str):
        known = field in declared.get_field_names()
    elif isinstance(declared, RowTypeInfo | TupleTypeInfo) and isinstance(field, int):
        size = len(declared.get_field_types())
        known = -size <= field < size
    else:
        return
    if not known:
        raise ProgramError(f"{method}({field!r}): the records have no such field, but {declared}")
