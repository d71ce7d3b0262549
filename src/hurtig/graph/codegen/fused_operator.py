"""The operator that runs a linear run of simple operators as one generated function."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from hurtig.common.closing import close_all
from hurtig.common.error_policy import FAIL, DeadLetter
from hurtig.common.errors import HurtigError, JobCancelledError, UserFunctionError
from hurtig.graph.codegen.batch_run import BatchRun, ChainFunctions
from hurtig.graph.codegen.generate import MAX_FLAT_MAPS, chain_steps
from hurtig.graph.codegen.generated import Failure
from hurtig.graph.codegen.inline import is_traced
from hurtig.messages import RowBatch
from hurtig.operators.contract import OperatorMetrics, StreamOperator
from hurtig.operators.fusion import FLAT_MAP, MAP, REDUCE, FusedStep
from hurtig.operators.record_failure import leave_out

if TYPE_CHECKING:
    from hurtig.operators.contract import OperatorContext
    from hurtig.operators.fusion import FusableOperator


class FusedOperator(StreamOperator):
    """Runs ``operators``, first to last, in one loop over each batch.

    Each part keeps its own context, metrics and error policy. The runtime calls
    :meth:`setup_parts` with one context for each, and snapshots :attr:`operators` under their own
    uids; results go to the last one's output, dead letters to that of the part that failed.

    Metrics: the runtime counts what enters the first part and leaves the last, as for every
    operator; between parts each count is kept that follows from these through maps and reduces
    (all of them where at most one part is a filter or a flat_map). Counts between two such parts
    would cost time for each record and are not kept.

    ``inline``: whether bodies of functions are placed into the loop; ``None`` decides by whether
    a debugger or profiler is watching when the operator opens.
    """

    def __init__(self, operators: Sequence[FusableOperator], inline: bool | None = None) -> None:
        if not operators:
            raise ValueError("a fused operator needs at least one operator")
        self.operators = list(operators)
        self.inline = inline
        self.keyed = operators[0].keyed
        self.output_type = operators[-1].output_type
        self.error_policy = operators[-1].error_policy

    # -- life cycle ------------------------------------------------------------------------

    def setup(self, context: OperatorContext) -> None:
        """Set up all parts from the last one's context; the others get copies of it."""
        contexts = [copy.copy(context) for _ in self.operators[1:]]
        for copied in contexts:
            copied.metrics = OperatorMetrics()
        self.setup_parts([*contexts, context])

    def setup_parts(self, contexts: Sequence[OperatorContext]) -> None:
        """Set up each part with its own context."""
        for operator, context in zip(self.operators, contexts, strict=True):
            operator.setup(context)
        super().setup(contexts[-1])

    def open(self) -> None:
        steps: list[FusedStep] = []
        for operator in self.operators:
            _call(operator, operator.open)
        for operator in self.operators:
            steps.append(operator.step())
        if sum(step.kind == FLAT_MAP for step in steps) > MAX_FLAT_MAPS:
            raise AssertionError(f"more than {MAX_FLAT_MAPS} flat_maps in a chain: split it")
        self._kinds = [step.kind for step in steps]
        names = [operator.context.name for operator in self.operators]
        inline = not is_traced() if self.inline is None else self.inline
        resumable = any(operator.error_policy != FAIL for operator in self.operators)
        self.functions = ChainFunctions(chain_steps(steps, names, inline), resumable)

    def end_input(self, input_index: int = 0) -> None:
        for operator in self.operators:
            operator.end_input(input_index)

    def finish(self) -> None:
        for operator in self.operators:
            _call(operator, operator.finish)

    def close(self) -> None:
        """Close all parts, also when one fails; the first failure is raised."""
        close_all(partial(_call, operator, operator.close) for operator in self.operators)

    def advance_watermark(self, timestamp: int) -> None:
        for operator in self.operators:
            operator.current_watermark = timestamp
            operator.metrics.watermark = timestamp
        self.output.emit_watermark(timestamp)

    def reset_watermark(self) -> None:
        super().reset_watermark()
        for operator in self.operators:
            operator.reset_watermark()

    # -- records ---------------------------------------------------------------------------

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        run = BatchRun(self.functions, batch)
        while True:
            try:
                run.advance()
            except Exception as error:
                self._handle(run, error)
            else:
                break
        self._emit(run)

    def _handle(self, run: BatchRun, error: Exception) -> None:
        """Apply the failing part's error policy: raise, or leave ``run`` ready to go on."""
        failure = run.failure(error)
        if failure is None or isinstance(error, (UserFunctionError, JobCancelledError)):
            raise error
        operator = self.operators[failure.step]
        run.drop(failure.step)
        if self._kinds[failure.step] == FLAT_MAP and _NOT_ITERABLE.fullmatch(str(error)):
            error = TypeError(f"{error}: {_FLAT_MAP_GIVES}").with_traceback(error.__traceback__)
        if operator.error_policy == FAIL:
            user_error = operator.user_error(error, failure.record)
            self._emit(run)
            raise user_error
        self._set_aside(operator, run, failure, error)

    def _set_aside(
        self, operator: FusableOperator, run: BatchRun, failure: Failure, error: Exception
    ) -> None:
        context = operator.context
        reason = f"{type(error).__name__}: {error}"
        leave_out(
            operator.error_policy,
            operator.metrics,
            context.warn,
            context.output.emit_side,
            lambda: operator.user_error(error, failure.record),
            DeadLetter(context.name, context.uid, reason, failure.record),
            run.timestamp,
        )

    def _emit(self, run: BatchRun) -> None:
        self._count(run)
        if run.out:
            self.output.emit(run.results())

    def _count(self, run: BatchRun) -> None:
        skipped, last = run.skipped, len(self.operators) - 1
        coming = run.taken
        for index, operator in enumerate(self.operators):
            if index:
                operator.metrics.records_in += coming
            if self._kinds[index] not in (MAP, REDUCE):
                break
            coming -= skipped.get(index, 0)
            if index < last:
                operator.metrics.records_out += coming
        else:
            return
        leaving = len(run.out)
        for position in range(last, index - 1, -1):
            metrics = self.operators[position].metrics
            if position < last:
                metrics.records_out += leaving
            if position == index or self._kinds[position] not in (MAP, REDUCE):
                break
            leaving += skipped.get(position, 0)
            metrics.records_in += leaving


_NOT_ITERABLE = re.compile("'.*' object is not iterable")
_FLAT_MAP_GIVES = (
    "a flat_map function returns an iterable of results (yield each, or return a list) or None"
)


def _call(operator: FusableOperator, action: Callable[[], None]) -> None:
    try:
        action()
    except HurtigError:
        raise
    except Exception as error:
        raise operator.user_error(error, has_record=False) from error
