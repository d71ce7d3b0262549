"""Settings that every operator of a program has: names, parallelism, chaining, resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hurtig.graph.transformation import HEAD, NEVER, Transformation

if TYPE_CHECKING:
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment


def group_name(group: Any) -> str:
    """Name of a slot sharing group given by name or as a :class:`SlotSharingGroup`."""
    return group if isinstance(group, str) else str(group.get_name())


class OperatorSettings:
    """Mixin over a transformation; all setters return the object itself."""

    _transformation: Transformation
    _env: StreamExecutionEnvironment

    def get_name(self) -> str:
        """The operator's name."""
        return self._transformation.name

    def name(self, name: str) -> Self:
        """Sets the name that plans, logs, errors and metrics show."""
        self._transformation.name = name
        return self

    def uid(self, uid: str) -> Self:
        """Sets the id under which savepoints keep the operator's state; unique in a job."""
        self._transformation.uid = uid
        return self

    def set_uid_hash(self, uid_hash: str) -> Self:
        """Sets the hashed id itself: 32 hex digits, from the log of an earlier version."""
        digits = "0123456789abcdef"
        if len(uid_hash) != 32 or any(c not in digits for c in uid_hash.lower()):
            raise ValueError(f"a uid hash has 32 hex digits, got {uid_hash!r}")
        self._transformation.uid_hash = uid_hash.lower()
        return self

    def set_description(self, description: str) -> Self:
        """Sets a longer text for plans and the dashboard."""
        self._transformation.description = description
        return self

    def set_parallelism(self, parallelism: int) -> Self:
        """Sets the number of subtasks of this operator."""
        if parallelism < 1:
            raise ValueError(
                f"the parallelism of an operator must be at least 1, got {parallelism}"
            )
        if self._transformation.non_parallel and parallelism != 1:
            raise ValueError("The parallelism of non parallel operator must be 1.")
        self._transformation.parallelism = parallelism
        self._transformation.parallelism_fixed = True
        return self

    def set_max_parallelism(self, max_parallelism: int) -> Self:
        """Sets the number of key groups: how far the operator can ever be scaled out."""
        if not 1 <= max_parallelism <= 1 << 15:
            raise ValueError(f"max parallelism must be from 1 to 32768, got {max_parallelism}")
        self._transformation.max_parallelism = max_parallelism
        return self

    def force_non_parallel(self) -> Self:
        """Fixes parallelism and max parallelism at 1."""
        self._transformation.parallelism = 1
        self._transformation.max_parallelism = 1
        self._transformation.non_parallel = True
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> Self:
        """How long a record may wait for a batch to fill, ms; 0: not at all, -1: until full."""
        if timeout_millis < -1:
            raise ValueError(f"timeout must be -1, 0 or positive, got {timeout_millis}")
        self._transformation.buffer_timeout = timeout_millis
        return self

    def start_new_chain(self) -> Self:
        """Begins a new task at this operator."""
        self._transformation.chaining = HEAD
        return self

    def disable_chaining(self) -> Self:
        """Runs this operator in a task of its own."""
        self._transformation.chaining = NEVER
        return self

    def slot_sharing_group(self, slot_sharing_group: Any) -> Self:
        """Sets the slot sharing group, by name or as a :class:`SlotSharingGroup`."""
        self._transformation.slot_sharing_group = group_name(slot_sharing_group)
        return self
