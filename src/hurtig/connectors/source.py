"""The source contract (FLIP-27): an enumerator finds splits, readers read them in batches.

To write a source: subclass :class:`Source`; most sources need no enumerator of their own and
return their splits from :meth:`Source.splits`. ``connectors/collection/source.py`` is the example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation


class Boundedness(Enum):
    """Whether a source ends by itself. Mirrors Flink's ``Boundedness``."""

    BOUNDED = "bounded"
    CONTINUOUS_UNBOUNDED = "unbounded"


class ReadStatus(Enum):
    """What a reader without records at hand says instead."""

    NOTHING_AVAILABLE = 1
    """Nothing now; the reader will call ``SourceContext.wakeup`` when there is more."""
    END_OF_INPUT = 2
    """Never again anything, from any split."""
    NEED_SPLIT = 3
    """All given splits are read; the runtime asks the enumerator for another."""


class SourceBatch:
    """Records of one split. ``timestamps`` (epoch ms) where the system itself has them."""

    __slots__ = ("split_finished", "split_id", "timestamps", "values")

    def __init__(
        self,
        split_id: str,
        values: list[Any],
        timestamps: list[int] | None = None,
        split_finished: bool = False,
    ) -> None:
        self.split_id = split_id
        self.values = values
        self.timestamps = timestamps
        self.split_finished = split_finished
        """No more records of this split: it no longer holds the watermark back."""


class SourceContext:
    """What the runtime gives a reader."""

    def __init__(
        self,
        subtask_index: int,
        parallelism: int,
        wakeup: Callable[[], None],
        now: Callable[[], int],
        bad_record: Callable[[str, str, Any], None],
        operator_name: str = "Source",
        uid: str = "",
        warn: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.subtask_index = subtask_index
        self.parallelism = parallelism
        self.wakeup = wakeup
        """Safe from any thread: tells the task that :meth:`SourceReader.poll` has something."""
        self.now = now
        """Processing time, epoch ms."""
        self.bad_record = bad_record
        """``bad_record(reason, location, content)``: applies the error policy of the source:
        raises, counts and skips, or sends to the dead-letter output."""
        self.operator_name = operator_name
        self.uid = uid
        self.warn = warn
        """Tells the user something; the name of the source stands before it."""


class SplitEnumerator(ABC):
    """Finds splits and hands them out; one per source, beside the JobManager."""

    @abstractmethod
    def next_split(self, subtask_index: int) -> Any | None:
        """A split for this reader, or ``None`` when there is none now."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether ``None`` from :meth:`next_split` is final."""

    def discover(self, now: int) -> int | None:
        """Look for new splits; returns when (epoch ms) to look again, ``None`` for never."""
        return None

    def add_splits_back(self, splits: list[Any]) -> None:
        """Take back splits of a failed reader."""
        raise TypeError(f"{type(self).__name__} cannot take splits back")

    def snapshot_state(self) -> Any:
        """What a checkpoint keeps of the splits that are not handed out."""
        return None

    def restore_state(self, state: Any) -> None:
        """Take up the state of :meth:`snapshot_state`; called before any other method."""

    def close(self) -> None:
        """Release resources."""


class ListEnumerator(SplitEnumerator):
    """Hands out a fixed list of splits in order, to whichever reader asks first."""

    def __init__(self, splits: list[Any]) -> None:
        self._splits = list(splits)

    def next_split(self, subtask_index: int) -> Any | None:
        return self._splits.pop(0) if self._splits else None

    @property
    def finished(self) -> bool:
        return not self._splits

    def add_splits_back(self, splits: list[Any]) -> None:
        self._splits[:0] = splits

    def snapshot_state(self) -> Any:
        return list(self._splits)

    def restore_state(self, state: Any) -> None:
        self._splits = list(state)


class SourceReader(ABC):
    """Reads the splits that one subtask was given. All methods run in the task's thread."""

    def open(self) -> None:
        """Called once before any other method."""

    @abstractmethod
    def add_splits(self, splits: list[Any]) -> None:
        """Take over these splits."""

    def split_ids(self) -> list[str]:
        """For readers that read several splits in turn: the ids of those in hand, each of which
        holds the watermark back from the moment when it was added until a batch of it says that
        it has finished. By default a split counts from its first record on."""
        return []

    @abstractmethod
    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        """At most ``max_records`` records (at least one) of one split, without blocking."""

    def no_more_splits(self) -> None:
        """The enumerator has nothing left: after the splits at hand the input ends."""

    def pause_splits(self, split_ids: set[str]) -> None:
        """Splits not to be read for now (watermark alignment); replaces the earlier set."""

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        """The splits in hand with their positions, to be given to :meth:`add_splits` again."""
        return []

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """The checkpoint with this reader's positions is complete."""

    def close(self) -> None:
        """Release resources; called also after a failure."""


class Source(ABC):
    """A source description: picklable, without resources. Mirrors Flink's ``Source``."""

    boundedness: Boundedness = Boundedness.BOUNDED

    produced_type: TypeInformation | None = None
    """Type of the records, where the source knows it."""

    def __init__(self, source: object = None) -> None:
        """``source`` is there for PyFlink's signature, and ignored."""
        super().__init__()

    def splits(self) -> list[Any]:
        """The splits of a source whose splits are known from the start."""
        raise TypeError(f"{type(self).__name__} must override splits() or create_enumerator()")

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """The enumerator; by default one that hands out :meth:`splits` in order."""
        return ListEnumerator(self.splits())

    @abstractmethod
    def create_reader(self, context: SourceContext) -> SourceReader:
        """The reader of one subtask."""
