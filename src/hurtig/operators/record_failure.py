"""What happens when a user's function fails on a record: raise, skip, or set it aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.error_policy import DEAD_LETTER, DEAD_LETTER_TAG, FAIL, DeadLetter
from hurtig.common.errors import BadRecordError, HurtigError
from hurtig.messages import MIN_TIMESTAMP, RowBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from hurtig.operators.contract import OperatorMetrics, StreamOperator


class ResultError(TypeError):
    """A user's function returned what cannot be emitted; shown as a TypeError without frames."""


def set_aside(
    operator: StreamOperator, exc: Exception, record: Any, timestamp: int = MIN_TIMESTAMP
) -> None:
    """Apply the error policy of ``operator`` to ``record``, on which a function raised ``exc``.

    ``fail`` raises ``UserFunctionError``; so does every policy where the program itself is wrong
    (an error of hurtig's own, such as a timer without a key). ``skip`` counts; ``dead-letter``
    also emits a :class:`DeadLetter`. ``timestamp`` is the record's, epoch ms.
    """
    if isinstance(exc, ResultError):
        exc = TypeError(str(exc))
    policy = operator.error_policy
    if policy == FAIL or isinstance(exc, HurtigError):
        raise operator.user_error(exc, record) from exc
    context = operator.context
    leave_out(
        policy,
        operator.metrics,
        context.warn,
        operator.output.emit_side,
        lambda: operator.user_error(exc, record),
        DeadLetter(context.name, context.uid, f"{type(exc).__name__}: {exc}", record),
        None if timestamp == MIN_TIMESTAMP else timestamp,
    )


def set_bad_input_aside(operator: StreamOperator, reason: str, location: str, content: Any) -> None:
    """Apply the error policy of a source or sink to what it could not read or write."""
    policy = operator.error_policy
    error = BadRecordError(reason, location, content)
    if policy == FAIL:
        raise error
    context = operator.context
    leave_out(
        policy,
        operator.metrics,
        context.warn,
        operator.output.emit_side,
        lambda: error,
        DeadLetter(context.name, context.uid, reason, content, location),
    )


def leave_out(
    policy: str,
    metrics: OperatorMetrics,
    warn: Callable[[str], None],
    emit_side: Callable[[str, RowBatch], None],
    shown: Callable[[], Exception],
    letter: DeadLetter,
    timestamp: int | None = None,
) -> None:
    """Account for a record that ``skip`` or ``dead-letter`` leaves out.

    The first one of an operator is shown to the user as the error that ``shown`` makes.
    """
    if not metrics.skipped:
        warn(
            f"a record is set aside (error policy {policy!r}; later ones are only counted): "
            f"{shown()}"
        )
    metrics.skipped += 1
    if policy == DEAD_LETTER:
        timestamps = None if timestamp is None else [timestamp]
        emit_side(DEAD_LETTER_TAG, RowBatch([letter], timestamps))
