"""Runs one operator, or one user function, without a job around it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from hurtig.common.error_policy import FAIL, check_error_policy
from hurtig.graph.codegen.fused_operator import FusedOperator
from hurtig.graph.codegen.keys import compile_key_extractor
from hurtig.graph.codegen.pickling import dumps
from hurtig.messages import ACTIVE, IDLE, MAX_TIMESTAMP, MIN_TIMESTAMP, RowBatch
from hurtig.operators.contract import OperatorContext, OperatorMetrics, StreamOperator
from hurtig.operators.fusion import FusableOperator
from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.runtime.operator_context import create_operator_context
from hurtig.runtime.operator_snapshot import restore_snapshots
from hurtig.runtime.subtask import JobContext, SubtaskInfo
from hurtig.runtime.type_check import type_check
from hurtig.state.keys import KeyGuard, key_group_for, operator_index
from hurtig.state.snapshot import OperatorSnapshot
from hurtig.testing.harness_checkpoints import HarnessCheckpoints
from hurtig.testing.harness_output import HarnessOutput
from hurtig.testing.harness_state import HarnessState
from hurtig.testing.manual_mailbox import ManualMailbox
from hurtig.testing.recorded_output import RecordedOutput
from hurtig.testing.subject import Subject, subject_of

if TYPE_CHECKING:
    from hurtig.state.descriptors import MapStateDescriptor


_NO_RESTART = "an operator in BATCH mode, or one that is not a copy, cannot be restarted"


class OperatorHarness(HarnessOutput, HarnessState, HarnessCheckpoints):
    """One open operator subtask on a clock and watermarks of the test's choice.

    ``operator``         an operator, a function object (``KeyedProcessFunction``, ``MapFunction``
                         …), a ``WatermarkStrategy``, or a stream: then the operator that it ends
                         in, with its keys, name and error policy. A copy of it runs, as in a job;
                         :attr:`function` is that copy's function.
    ``key_selector``     makes the input keyed; ``key_selector2`` that of a second input.
    ``processing_time``  the clock, epoch ms; see :meth:`set_processing_time`.
    ``unkind``           after every element the operator is snapshotted, closed, and restored
                         into a fresh copy: nothing of what comes out should differ.
    ``broadcast``        descriptors of the broadcast state, for broadcast process functions.
    ``name``             what messages call the operator; a stream brings its own.
    ``batch_mode``       runs it as BATCH mode does: keyed records are sorted when the input ends.
    ``copy``             ``False`` runs the given operator itself, which then may share objects
                         with the test (a mock, a list of calls); it cannot be restarted.
    ``checkpointing``    sinks commit when a snapshot is said to be complete, not at the end.

    Methods that give the operator something return the harness, so that calls can be chained.

    Mirrors Flink's ``OneInputStreamOperatorTestHarness``, ``TwoInputStreamOperatorTestHarness``
    and their keyed kinds. Use it in a ``with`` block, or call :meth:`close`.
    """

    def __init__(
        self,
        operator: Any,
        key_selector: Any = None,
        key_type: Any = None,
        *,
        key_selector2: Any = None,
        broadcast: Sequence[MapStateDescriptor] = (),
        parallelism: int = 1,
        subtask_index: int = 0,
        max_parallelism: int = 128,
        processing_time: int = 0,
        unkind: bool = False,
        error_policy: str = FAIL,
        name: str | None = None,
        batch_mode: bool = False,
        copy: bool = True,
        job_parameters: dict[str, str] | None = None,
        checkpointing: bool = False,
        watermark_interval_ms: int = 200,
        snapshots: Iterable[OperatorSnapshot] = (),
    ) -> None:
        if unkind and (batch_mode or not copy):
            raise ValueError(f"unkind mode restarts: {_NO_RESTART}")
        self._subject = subject = subject_of(
            operator, key_selector, key_selector2, key_type, broadcast
        )
        if name is not None:
            subject.name = subject.uid = name
        if error_policy != FAIL:
            subject.operator.error_policy = check_error_policy(error_policy)
        if batch_mode:
            subject.operator = subject.operator.for_batch()
        self._pickled = _pickled(subject) if copy else None
        self._keys = [
            None
            if key is None
            else (compile_key_extractor(key[0], subject.name), KeyGuard(key[1]).canonical)
            for key in subject.keys
        ]
        self._info = SubtaskInfo(subtask_index, parallelism, max_parallelism, 0)
        self._parameters = job_parameters or {}
        self._checkpointing = checkpointing
        self._watermark_interval_ms = watermark_interval_ms
        self._unkind = unkind
        self._batch_mode = batch_mode
        self._clock = ManualProcessingTime(processing_time)
        self._checkpoints = 0
        self._watermarks = [MIN_TIMESTAMP] * subject.operator.num_inputs
        self._idle = [False] * subject.operator.num_inputs
        self._closed = False
        self.metrics = OperatorMetrics()
        self.warnings: list[str] = []
        """What the operator warned of."""
        check = type_check(
            subject.name,
            subject.uid,
            subject.output_type,
            subject.operator.error_policy,
            self.metrics,
            self.warnings.append,
        )
        self._out = RecordedOutput(self.metrics, check)
        self._start(list(snapshots))

    @classmethod
    def restored(
        cls, operator: Any, snapshot: OperatorSnapshot | Sequence[OperatorSnapshot], **options: Any
    ) -> Self:
        """A harness that starts from snapshots; ``options`` are those of the constructor.

        Give the snapshots of all former subtasks, and the new ``parallelism`` and
        ``subtask_index``: the harness takes the share of that subtask.
        """
        snapshots = [snapshot] if isinstance(snapshot, OperatorSnapshot) else list(snapshot)
        return cls(operator, snapshots=snapshots, **options)

    # -- life cycle ---------------------------------------------------------------------------

    def _start(self, snapshots: list[OperatorSnapshot]) -> None:
        self._job = self._job_context()
        self._mailbox = ManualMailbox()
        part: StreamOperator = (
            self._subject.operator if self._pickled is None else pickle.loads(self._pickled)
        )
        self._part = part
        self._context = self._operator_context()
        if isinstance(part, FusableOperator):
            fused = FusedOperator([part])
            fused.setup_parts([self._context])
            self._operator: StreamOperator = fused
        else:
            self._operator = part
            part.setup(self._context)
        if snapshots:
            restore_snapshots(part, snapshots, self._info)
        try:
            self._operator.open()
        except BaseException:
            self._operator.close()
            raise

    def _job_context(self) -> JobContext:
        interval = self._watermark_interval_ms
        return JobContext(
            {},
            self._batch_mode,
            _no_source,
            _no_source,
            lambda _, message: self.warnings.append(message),
            self._parameters,
            lambda key, default: interval,
            checkpointing=self._checkpointing,
        )

    def _operator_context(self) -> OperatorContext:
        return create_operator_context(
            self._subject.name,
            self._subject.uid,
            self._part.keyed,
            self._out,
            self._info,
            self._job,
            self._clock,
            self._mailbox,
            self.metrics,
        )

    def restart(self, repeat_watermarks: bool = True) -> Self:
        """Snapshot, close, and go on in a fresh copy, as after a failure.

        What upstream would repeat after a restart is repeated: the watermark and idleness of each
        input. They are not recorded twice. A timer that was set for a time already passed fires
        then, as it would after a real restart. Without ``repeat_watermarks`` the inputs start
        without a watermark and active, as where the sources read on from much earlier.
        """
        if self._pickled is None or self._batch_mode:
            raise ValueError(_NO_RESTART)
        snapshot = self.snapshot()
        self._operator.close()
        info = self._info
        self._info = SubtaskInfo(
            info.index, info.parallelism, info.max_parallelism, info.attempt + 1
        )
        self._out.restarted()
        self._start([snapshot])
        if not repeat_watermarks:
            self._watermarks = [MIN_TIMESTAMP] * len(self._watermarks)
            self._idle = [False] * len(self._idle)
        for index, timestamp in enumerate(self._watermarks):
            if timestamp > MIN_TIMESTAMP:
                self._operator.process_watermark(timestamp, index)
            if self._idle[index]:
                self._operator.process_status(IDLE, index)
        return self

    def end_input(self) -> Self:
        """All inputs end: the last watermark, then the operator finishes."""
        for index in range(len(self._watermarks)):
            self._watermark(MAX_TIMESTAMP, index)
            self._operator.end_input(index)
        self._operator.finish()
        return self

    def close(self) -> None:
        """Close the operator, once."""
        if not self._closed:
            self._closed = True
            try:
                self._operator.close()
            finally:
                self._context.keyed_state().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- input --------------------------------------------------------------------------------

    def process_element(self, value: Any, timestamp: int | None = None) -> Self:
        """One record, on the first input; ``timestamp`` in epoch ms."""
        return self.process_elements([value], None if timestamp is None else [timestamp])

    def process_element1(self, value: Any, timestamp: int | None = None) -> Self:
        """One record on the first input."""
        return self.process_element(value, timestamp)

    def process_element2(self, value: Any, timestamp: int | None = None) -> Self:
        """One record on the second (or broadcast) input."""
        return self.process_elements([value], None if timestamp is None else [timestamp], 1)

    def process_elements(
        self,
        values: Iterable[Any],
        timestamps: Iterable[int] | None = None,
        input_index: int = 0,
        keys: Iterable[Any] | None = None,
    ) -> Self:
        """Records as one batch (one by one in unkind mode).

        ``keys`` are the records' keys, in place of what the key selector would say.
        """
        batch = RowBatch(
            list(values),
            None if timestamps is None else list(timestamps),
            None if keys is None else list(keys),
        )
        for name, column in (("timestamps", batch.timestamps), ("keys", batch.keys)):
            if column is not None and len(column) != len(batch.values):
                raise ValueError(f"{len(batch.values)} values have {len(column)} {name}")
        if self._unkind:
            for i in range(len(batch.values)):
                self._send(_slice(batch, i), input_index)
                self.restart()
        elif batch.values:
            self._send(batch, input_index)
        return self

    def _send(self, batch: RowBatch, index: int) -> None:
        if not 0 <= index < len(self._keys):
            raise ValueError(f"the operator has {len(self._keys)} input(s), not an input {index}")
        keyed = self._keys[index]
        if keyed is not None:
            extract, canonical = keyed
            batch.keys = canonical(extract(batch.values) if batch.keys is None else batch.keys)
            self._check_owned(batch)
        elif batch.keys is not None:
            raise ValueError("an input without key selector takes no keys")
        self.metrics.records_in += len(batch.values)
        self._operator.process_batch(batch, index)

    def _check_owned(self, batch: RowBatch) -> None:
        if self._info.parallelism > 1:
            for value, key in zip(batch.values, batch.keys or (), strict=True):
                owner = self._owner(key)
                if owner != self._info.index:
                    raise ValueError(
                        f"record {value!r} belongs to subtask {owner}, this is {self._info.index}: "
                        "see owns()"
                    )

    def _owner(self, key: Any) -> int:
        info = self._info
        group = key_group_for(key, info.max_parallelism)
        return operator_index(group, info.max_parallelism, info.parallelism)

    def owns(self, value: Any, input_index: int = 0) -> bool:
        """Whether a record would come to this subtask, by its key."""
        keyed = self._keys[input_index]
        if keyed is None:
            return True
        extract, canonical = keyed
        return self._owner(canonical(extract([value]))[0]) == self._info.index

    def watermark(self, timestamp: int) -> Self:
        """A watermark (epoch ms) on all inputs."""
        for index in range(len(self._watermarks)):
            self._watermark(timestamp, index)
        return self

    def watermark1(self, timestamp: int) -> Self:
        """A watermark on the first input."""
        self._watermark(timestamp, 0)
        return self

    def watermark2(self, timestamp: int) -> Self:
        """A watermark on the second input."""
        self._watermark(timestamp, 1)
        return self

    def _watermark(self, timestamp: int, index: int) -> None:
        if timestamp > self._watermarks[index]:
            self._set_idle(False, index)
            self._watermarks[index] = timestamp
            self._operator.process_watermark(timestamp, index)

    def idle(self, input_index: int = 0) -> Self:
        """An input becomes idle: it no longer holds the watermark back."""
        self._set_idle(True, input_index)
        return self

    def active(self, input_index: int = 0) -> Self:
        """An idle input becomes active again."""
        self._set_idle(False, input_index)
        return self

    def _set_idle(self, idle: bool, index: int) -> None:
        if self._idle[index] != idle:
            self._idle[index] = idle
            self._operator.process_status(IDLE if idle else ACTIVE, index)

    def set_processing_time(self, timestamp: int) -> Self:
        """Move the clock (epoch ms) and run what has become due, in order of time."""
        self._clock.advance_to(timestamp)
        return self

    def run_mail(
        self, until: Callable[[], bool] | None = None, timeout_seconds: float = 5.0
    ) -> Self:
        """Run what helper threads have handed over (asynchronous functions): what is there, or
        as it comes ``until`` something holds. Raises ``TimeoutError``."""
        if until is None:
            self._mailbox.run()
        else:
            self._mailbox.run_until(until, timeout_seconds)
        return self


def _pickled(subject: Subject) -> bytes:
    from hurtig.common.errors import ProgramError

    try:
        return dumps(subject.operator)
    except Exception as e:
        raise ProgramError(
            f"operator {subject.name!r} cannot be shipped to where it runs: it holds something "
            f"that cannot be pickled ({type(e).__name__}: {e}). Create it in open()"
        ) from e


def _slice(batch: RowBatch, i: int) -> RowBatch:
    return RowBatch(
        [batch.values[i]],
        None if batch.timestamps is None else [batch.timestamps[i]],
        None if batch.keys is None else [batch.keys[i]],
    )


def _no_source(node: Any) -> Any:
    raise AssertionError("a harness runs no source")
