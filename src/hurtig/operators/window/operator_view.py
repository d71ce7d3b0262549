"""What triggers and evictors see of their operator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hurtig.metrics import MetricGroup


class OperatorView(ABC):
    """Clock, watermark and metrics."""

    @abstractmethod
    def get_current_processing_time(self) -> int:
        """Processing time, epoch ms."""

    @abstractmethod
    def get_metric_group(self) -> MetricGroup:
        """Metrics of the operator."""

    @abstractmethod
    def get_current_watermark(self) -> int:
        """The operator's watermark, epoch ms."""
