"""Checks an operator's results against their declared type, under its error policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.error_policy import FAIL, DeadLetter
from hurtig.common.errors import UserFunctionError
from hurtig.messages import RowBatch
from hurtig.operators.record_failure import leave_out

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.operators.contract import OperatorMetrics


class TypeCheck:
    """Converts the values of batches; what does not fit is treated as the policy says."""

    def __init__(
        self,
        name: str,
        uid: str,
        convert: Callable[[list[Any]], list[Any]],
        policy: str,
        metrics: OperatorMetrics,
        warn: Callable[[str], None],
    ) -> None:
        self._name = name
        self._uid = uid
        self._convert = convert
        self._policy = policy
        self._metrics = metrics
        self._warn = warn

    def __call__(self, batch: RowBatch, emit_side: Callable[[str, RowBatch], None]) -> RowBatch:
        """The batch with converted values, without those that were set aside; may be empty.

        Raises :class:`UserFunctionError` where the policy is ``fail``.
        """
        from hurtig.common.coercion import TypeCoercionError

        while batch.values:
            try:
                values = self._convert(batch.values)
            except TypeCoercionError as error:
                self._set_aside(error, batch, emit_side)
                kept = [i for i in range(len(batch)) if i != error.index]
                batch = batch.select(kept)
            else:
                return batch if values is batch.values else RowBatch(values, batch.timestamps)
        return batch

    def _set_aside(
        self, error: Any, batch: RowBatch, emit_side: Callable[[str, RowBatch], None]
    ) -> None:
        text = f"{type(error).__name__}: {error.brief}"
        shown = UserFunctionError(self._name, self._uid, error, text, error.value, True)
        if self._policy == FAIL:
            raise shown from None
        index, times = error.index, batch.timestamps
        leave_out(
            self._policy,
            self._metrics,
            self._warn,
            emit_side,
            lambda: shown,
            DeadLetter(self._name, self._uid, text, batch.values[index]),
            None if times is None else times[index],
        )


def type_check(
    name: str,
    uid: str,
    declared: TypeInformation | None,
    policy: str,
    metrics: OperatorMetrics,
    warn: Callable[[str], None],
) -> TypeCheck | None:
    """The check of an operator that declares its results; ``None`` where there is none to do."""
    if declared is None:
        return None
    from hurtig.common.coercion import coercer

    convert = coercer(declared)
    return None if convert is None else TypeCheck(name, uid, convert, policy, metrics, warn)
