"""Rolling policies: when a part file is closed and the next one begun."""

from __future__ import annotations

from typing import Any, Protocol

from hurtig.common.time import to_millis


class PartFileInfo(Protocol):
    """What a policy may know of a part file; times are epoch ms, sizes bytes."""

    def get_bucket_id(self) -> str:
        """The bucket."""

    def get_creation_time(self) -> int:
        """When it was begun."""

    def get_size(self) -> int:
        """Bytes written."""

    def get_last_update_time(self) -> int:
        """When it was last written to."""


class RollingPolicy:
    """Subclass it and override what differs; by default a file is never closed before the end."""

    def should_roll_on_checkpoint(self, part_file_state: PartFileInfo) -> bool:
        """Whether a checkpoint closes the file."""
        return False

    def should_roll_on_event(self, part_file_state: PartFileInfo, element: Any) -> bool:
        """Whether the file is closed before ``element`` is written."""
        return False

    def should_roll_on_processing_time(
        self, part_file_state: PartFileInfo, current_time: int
    ) -> bool:
        """Whether the file is closed at ``current_time``; asked at each bucket check interval."""
        return False

    @staticmethod
    def default_rolling_policy(
        part_size: int = 1024 * 1024 * 128,
        rollover_interval: Any = 60 * 1000,
        inactivity_interval: Any = 60 * 1000,
    ) -> DefaultRollingPolicy:
        """Close a file above ``part_size`` bytes, when it is older than ``rollover_interval`` ms
        or was not written to for ``inactivity_interval`` ms."""
        return DefaultRollingPolicy(
            part_size,
            to_millis(rollover_interval, "rollover_interval"),
            to_millis(inactivity_interval, "inactivity_interval"),
        )

    @staticmethod
    def on_checkpoint_rolling_policy() -> OnCheckpointRollingPolicy:
        """Close every file at every checkpoint."""
        return OnCheckpointRollingPolicy()


class DefaultRollingPolicy(RollingPolicy):
    """By size, age and inactivity."""

    def __init__(self, part_size: int, rollover_interval: int, inactivity_interval: int) -> None:
        for name, value in (
            ("part_size", part_size),
            ("rollover_interval", rollover_interval),
            ("inactivity_interval", inactivity_interval),
        ):
            if value <= 0:
                raise ValueError(f"{name} of a rolling policy must be positive, got {value}")
        self.part_size = part_size
        self.rollover_interval = rollover_interval
        self.inactivity_interval = inactivity_interval

    def should_roll_on_checkpoint(self, part_file_state: PartFileInfo) -> bool:
        """Above the size."""
        return part_file_state.get_size() > self.part_size

    def should_roll_on_event(self, part_file_state: PartFileInfo, element: Any) -> bool:
        """Above the size."""
        return part_file_state.get_size() > self.part_size

    def should_roll_on_processing_time(
        self, part_file_state: PartFileInfo, current_time: int
    ) -> bool:
        """Too old, or too long not written to."""
        return (
            current_time - part_file_state.get_creation_time() >= self.rollover_interval
            or current_time - part_file_state.get_last_update_time() >= self.inactivity_interval
        )


class OnCheckpointRollingPolicy(RollingPolicy):
    """At every checkpoint, and at nothing else."""

    def should_roll_on_checkpoint(self, part_file_state: PartFileInfo) -> bool:
        """Always."""
        return True


def size_limit(policy: RollingPolicy) -> int | None:
    """Bytes above which a file is closed before the next record, where that is all that the
    policy asks of records: 0 for "no limit", ``None`` for a policy that must see each record."""
    kind = type(policy)
    if kind.should_roll_on_event is RollingPolicy.should_roll_on_event:
        return 0
    if kind.should_roll_on_event is DefaultRollingPolicy.should_roll_on_event:
        assert isinstance(policy, DefaultRollingPolicy)
        return policy.part_size
    return None
