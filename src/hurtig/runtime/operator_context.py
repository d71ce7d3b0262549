"""Makes the context of an operator subtask; for chains, and for the test harness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.operators.contract import OperatorContext, OperatorMetrics
from hurtig.operators.runtime_context import StreamingRuntimeContext
from hurtig.state.backends.registry import create_keyed_backend
from hurtig.state.keys import key_group_range
from hurtig.state.operator_state import DefaultOperatorStateBackend
from hurtig.state.timers import InternalTimerService

if TYPE_CHECKING:
    from hurtig.operators.output import Output
    from hurtig.operators.processing_time import Mailbox, ProcessingTimeService
    from hurtig.runtime.subtask import JobContext, SubtaskInfo


def create_operator_context(
    name: str,
    uid: str,
    keyed: bool,
    output: Output,
    info: SubtaskInfo,
    job: JobContext,
    processing_time: ProcessingTimeService,
    mailbox: Mailbox,
    metrics: OperatorMetrics,
) -> OperatorContext:
    """State backends, timers and runtime context of one operator, empty as yet."""
    groups = key_group_range(info.max_parallelism, info.parallelism, info.index)
    backend = create_keyed_backend(
        job.settings if keyed else {}, info.max_parallelism, processing_time.now, groups
    )
    runtime_context = StreamingRuntimeContext(
        operator_name=name,
        subtask_index=info.index,
        parallelism=info.parallelism,
        max_parallelism=info.max_parallelism,
        metric_group=job.metrics.group(name, str(info.index)),
        keyed_state=(lambda: backend) if keyed else None,
        attempt=info.attempt,
        job_parameters=job.parameters,
        accumulators=job.accumulators,
    )
    context = OperatorContext(
        name=name,
        uid=uid,
        output=output,
        runtime_context=runtime_context,
        processing_time=processing_time,
        mailbox=mailbox,
        keyed_state=lambda: backend,
        operator_state=DefaultOperatorStateBackend(),
        timer_service=InternalTimerService(
            processing_time.now, backend if keyed else None, backend.timer_queue
        ),
        batch_mode=job.batch_mode,
        configuration=job.settings,
        warn=lambda message: job.warn(name, message),
        watermark_interval_ms=job.watermark_interval_ms,
        checkpointing=job.checkpointing,
        job_id=job.job_id,
    )
    context.metrics = metrics
    return context
