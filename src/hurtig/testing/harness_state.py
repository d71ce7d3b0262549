"""What a harness shows of its operator's state and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.accumulators import merged
from hurtig.state.keys import unwrap_key
from hurtig.state.snapshot import KeyedStateSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from hurtig.operators.contract import OperatorContext, StreamOperator
    from hurtig.runtime.subtask import JobContext, SubtaskInfo
    from hurtig.state.api import State
    from hurtig.state.descriptors import MapStateDescriptor, StateDescriptor
    from hurtig.state.timers import TimeDomain
    from hurtig.testing.subject import Subject

    Keys = Callable[[list[Any]], list[Any]]


class HarnessState:
    """Keyed state, broadcast state, timers, and what the function registered."""

    _context: OperatorContext
    _info: SubtaskInfo
    _job: JobContext
    _keys: list[tuple[Keys, Keys] | None]
    _part: StreamOperator
    _subject: Subject

    @property
    def operator(self) -> StreamOperator:
        """The operator that runs now."""
        return self._part

    @property
    def function(self) -> Any:
        """The user function of the operator that runs now."""
        return self._part.function  # type: ignore[attr-defined]

    @property
    def processing_time(self) -> int:
        """The clock, epoch ms."""
        return self._context.processing_time.now()

    @property
    def accumulators(self) -> dict[str, Any]:
        """The values of the function's accumulators since the last restart."""
        return {name: merged(parts) for name, parts in self._job.accumulators.items()}

    def metric(self, name: str) -> Any:
        """The value of a metric that the function registered, since the last restart."""
        return self._job.metrics.snapshot()[f"{self._subject.name}.{self._info.index}.{name}"]

    def state(self, descriptor: StateDescriptor, key: Any, namespace: Any = "") -> State:
        """The keyed state of a key (as the key selector gives it), to be used at once."""
        backend = self._context.keyed_state()
        backend.current_key = self._canonical(key)
        return backend.state(descriptor, namespace)

    def keys(self, descriptor: StateDescriptor, namespace: Any = "") -> list[Any]:
        """The keys that have an entry in a state."""
        return [unwrap_key(k) for k in self._context.keyed_state().keys(descriptor, namespace)]

    def broadcast_state(self, descriptor: MapStateDescriptor) -> dict[Any, Any]:
        """The entries of a broadcast state."""
        return dict(self._context.operator_state.get_broadcast_state(descriptor).items())

    def timers(self, key: Any) -> list[tuple[TimeDomain, int]]:
        """The timers of a key: time domain and timestamp, in order."""
        service = self._context.timer_service
        return [(domain, time) for domain, time, _ in service.timers_of_key(self._canonical(key))]

    @property
    def num_event_time_timers(self) -> int:
        """Event-time timers of all keys."""
        return self._context.timer_service.num_event_time_timers()

    @property
    def num_processing_time_timers(self) -> int:
        """Processing-time timers of all keys."""
        return self._context.timer_service.num_processing_time_timers()

    @property
    def num_state_entries(self) -> int:
        """Entries of keyed state over all keys and windows: 0 if nothing has leaked."""
        if not self._part.keyed:
            return 0
        snapshot = self._context.keyed_state().snapshot(0, canonical=True)
        assert isinstance(snapshot, KeyedStateSnapshot)
        return sum(block.size for block in snapshot.blocks)

    def _canonical(self, key: Any) -> Any:
        keyed = self._keys[0]
        if keyed is None:
            raise ValueError("the operator has no keys")
        return keyed[1]([key])[0]
