"""How an edge distributes records over the subtasks of its reader. Descriptions only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class Partitioner:
    """An edge's distribution; ``name`` is what Flink's plans call it."""

    name = "FORWARD"

    def __repr__(self) -> str:
        return self.name


class ForwardPartitioner(Partitioner):
    """Subtask i sends to subtask i; chains. ``explicit``: asked for by ``forward()``."""

    def __init__(self, explicit: bool = False) -> None:
        self.explicit = explicit


class RebalancePartitioner(Partitioner):
    """Round robin over all subtasks."""

    name = "REBALANCE"


class RescalePartitioner(Partitioner):
    """Round robin over the reader's subtasks nearby."""

    name = "RESCALE"


class ShufflePartitioner(Partitioner):
    """A random subtask for each record."""

    name = "SHUFFLE"


class BroadcastPartitioner(Partitioner):
    """Every record to every subtask."""

    name = "BROADCAST"


class GlobalPartitioner(Partitioner):
    """Everything to subtask 0."""

    name = "GLOBAL"


class KeyGroupPartitioner(Partitioner):
    """By the key group of the record's key; computes the keys of keyed batches."""

    name = "HASH"

    def __init__(
        self, key_selector: Callable[[Any], Any], key_type: TypeInformation | None = None
    ) -> None:
        self.key_selector = key_selector
        self.key_type = key_type


class CustomPartitioner(Partitioner):
    """By a user's ``partition(key, num_partitions)``."""

    name = "CUSTOM"

    def __init__(
        self,
        partition: Callable[[Any, int], int],
        key_selector: Callable[[Any], Any],
        key_type: TypeInformation | None = None,
    ) -> None:
        self.partition = partition
        self.key_selector = key_selector
        self.key_type = key_type
