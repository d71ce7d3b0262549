"""What a keyed state backend offers. Mirrors Flink's ``KeyedStateBackend``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn

from hurtig.common.errors import HurtigError
from hurtig.state.api import State
from hurtig.state.descriptors import StateDescriptor
from hurtig.state.snapshot import KeyedStateSnapshot
from hurtig.state.timer_queue import TimerQueue

if TYPE_CHECKING:
    from hurtig.state.files_snapshot import FilesSnapshot
    from hurtig.state.timers import TimeDomain

VOID_NAMESPACE: str = ""
"""The namespace of state that belongs to no window."""


class NoKeyError(HurtigError):
    """Keyed state or a timer was used where no record, and so no key, is in hand."""


class _NoKey:
    """Stands for the current key while there is none; any use of it as a key fails."""

    def __hash__(self) -> NoReturn:
        raise NoKeyError(
            "keyed state was used outside of the handling of a record: use it in "
            "process_element, map, on_timer and the like, not in open() or __init__()"
        )

    def __repr__(self) -> str:
        return "NO_KEY"


NO_KEY: Any = _NoKey()


class KeyedStateBackend(ABC):
    """Keyed state of one operator subtask.

    Operators set ``current_key`` (a canonical key) before each call into a user function.
    Namespaces are hashable and picklable, windows for instance.
    """

    current_key: Any = NO_KEY

    @abstractmethod
    def state(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> State:
        """The state for whatever key is current when it is used.

        Raises ``ProgramError`` where another descriptor of that name differs in kind or type.
        """

    @abstractmethod
    def table(
        self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE
    ) -> MutableMapping[Any, Any]:
        """Key -> raw value, for operators: no copies and no time to live.

        A list state maps to lists, a map state to dicts, an aggregating state to accumulators.
        Ask again after the namespace was dropped.
        """

    @abstractmethod
    def namespaces(self, descriptor: StateDescriptor) -> list[Hashable]:
        """The namespaces of a state that hold entries."""

    @abstractmethod
    def drop_namespace(self, descriptor: StateDescriptor, namespace: Hashable) -> None:
        """Remove a namespace for all keys."""

    @abstractmethod
    def merge_namespaces(
        self, descriptor: StateDescriptor, target: Hashable, sources: Iterable[Hashable]
    ) -> None:
        """For the current key, merge ``sources`` into ``target`` and remove them.

        For list, reducing and aggregating states; others raise ``ProgramError``.
        """

    @abstractmethod
    def keys(self, descriptor: StateDescriptor, namespace: Hashable = VOID_NAMESPACE) -> list[Any]:
        """The canonical keys that hold an entry."""

    @abstractmethod
    def clear_key(self, key: Any) -> None:
        """Remove all state of a key, in every namespace."""

    @abstractmethod
    def snapshot(
        self, checkpoint_id: int, canonical: bool = False
    ) -> KeyedStateSnapshot | FilesSnapshot:
        """All entries by key group, detached from later changes.

        ``canonical``  as a :class:`KeyedStateSnapshot`, which every backend restores.
        """

    @abstractmethod
    def restore(
        self, snapshots: Iterable[KeyedStateSnapshot | FilesSnapshot], key_group_range: range
    ) -> None:
        """Take over what belongs to ``key_group_range``, before the first record.

        Files are linked or copied: whoever has loaded the snapshots releases them afterwards.
        """

    def timer_queue(self, domain: TimeDomain) -> TimerQueue:
        """An empty queue for the timers of the operator's keys."""
        return TimerQueue()

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        """The checkpoint can be restored from."""

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        """The checkpoint will not be restored from."""

    def close(self) -> None:
        """Let go of files and memory; nothing is written. May be called twice."""
