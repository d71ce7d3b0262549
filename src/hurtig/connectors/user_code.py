"""Errors of user code inside sources and sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import BadRecordError, UserFunctionError

if TYPE_CHECKING:
    from hurtig.connectors.sink import SinkContext
    from hurtig.connectors.source import SourceContext

__all__ = ["bad_user_record", "user_function_error"]


def user_function_error(
    context: SourceContext | SinkContext,
    exc: BaseException,
    record: Any = None,
    has_record: bool = False,
    location: str = "",
) -> UserFunctionError:
    """What to raise for ``exc``, which user code of this source or sink raised."""
    subtask = ""
    if context.parallelism > 1:
        subtask = f"({context.subtask_index + 1}/{context.parallelism})"
    return UserFunctionError(
        context.operator_name,
        context.uid,
        exc,
        _user_traceback(exc),
        record=record,
        has_record=has_record,
        subtask=subtask,
        location=location,
    )


def bad_user_record(
    context: SourceContext | SinkContext, exc: Exception, record: Any, location: str = ""
) -> None:
    """Apply the error policy to a record on which user code raised ``exc``: returns when the
    record is to be skipped."""
    try:
        context.bad_record(f"{type(exc).__name__}: {exc}", location, record)
    except BadRecordError:
        raise user_function_error(context, exc, record, True, location) from None


def _user_traceback(exc: BaseException) -> str:
    """The traceback from where this package called user code, which may be in another thread."""
    from traceback import format_exception_only

    from hurtig.operators.user_errors import user_traceback

    whole = exc.__traceback__
    users = step = whole
    while step is not None:
        if step.tb_frame.f_globals.get("__name__", "").startswith("hurtig.connectors."):
            users = step.tb_next
        step = step.tb_next
    if users is None:  # a builtin of the user's raised it
        return "".join(format_exception_only(exc))
    try:
        return user_traceback(exc.with_traceback(users))
    finally:
        exc.__traceback__ = whole
