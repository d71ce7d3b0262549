"""DeliveryGuarantee: how often a record may appear in a sink after a failure."""

from __future__ import annotations

from enum import Enum


class DeliveryGuarantee(Enum):
    """Mirrors Flink's ``DeliveryGuarantee``."""

    EXACTLY_ONCE = 0
    """Once, through commits that follow checkpoints."""
    AT_LEAST_ONCE = 1
    """Once or more."""
    NONE = 2
    """Records may be lost or repeated."""
