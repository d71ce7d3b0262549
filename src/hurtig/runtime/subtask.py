"""What a subtask knows of itself and of its job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.graph.job_graph import ChainNode
from hurtig.metrics.registry import MetricRegistry
from hurtig.operators.source_operator import AlignmentGroup, SourceOperator, SplitProvider
from hurtig.runtime.scoped_slot import ScopedSlot

AUTO_WATERMARK_INTERVAL_KEY = "pipeline.auto-watermark-interval"
OBJECT_REUSE_KEY = "pipeline.object-reuse"
WATERMARK_PATIENCE_KEY = "hurtig.watermark-stall-warning"
BUFFER_TIMEOUT_KEY = "execution.buffer-timeout.interval"
BUFFER_TIMEOUT_ENABLED_KEY = "execution.buffer-timeout.enabled"


class SubtaskInfo:
    """Position of a subtask among those of its vertex."""

    __slots__ = ("attempt", "index", "max_parallelism", "parallelism")

    def __init__(self, index: int, parallelism: int, max_parallelism: int, attempt: int) -> None:
        self.index = index
        self.parallelism = parallelism
        self.max_parallelism = max_parallelism
        self.attempt = attempt


class JobContext:
    """Settings of the job, and its lines to the JobManager's side (enumerators, alignment)."""

    def __init__(
        self,
        settings: dict[str, str],
        batch_mode: bool,
        splits: Callable[[ChainNode], SplitProvider],
        alignment: Callable[[ChainNode], AlignmentGroup | None],
        warn: Callable[[str, str], None],
        parameters: dict[str, str],
        millis: Callable[[str, int], int],
        checkpointing: bool = False,
        job_id: str = "",
    ) -> None:
        self.settings = settings
        self.batch_mode = batch_mode
        self.warn = warn
        self.parameters = parameters
        self.checkpointing = checkpointing
        """Whether what operators write outside waits for checkpoints."""
        self.job_id = job_id
        self.accumulators: dict[str, list[Any]] = {}
        """Parts by name, one for each subtask that registered it."""
        self.metrics = MetricRegistry()
        self._splits = splits
        self._alignment = alignment
        self.watermark_interval_ms = millis(AUTO_WATERMARK_INTERVAL_KEY, 200)
        self.buffer_timeout_ms = millis(BUFFER_TIMEOUT_KEY, 100)
        """How long a record may wait for a batch to fill; -1 until it is full."""
        if settings.get(BUFFER_TIMEOUT_ENABLED_KEY, "true").lower() == "false":
            self.buffer_timeout_ms = -1
        self.watermark_patience_ms = millis(WATERMARK_PATIENCE_KEY, 30_000)
        self.object_reuse = settings.get(OBJECT_REUSE_KEY, "false").lower() == "true"

    def prepare_source(self, operator: SourceOperator, node: ChainNode, slot: ScopedSlot) -> None:
        """Connect a source operator with its enumerator, alignment group and thread."""
        operator.splits = self._splits(node)
        operator.alignment = self._alignment(node)
        operator.wakeup = slot.wakeup
