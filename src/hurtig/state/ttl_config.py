"""Time to live of state. Mirrors Flink's ``StateTtlConfig``."""

from __future__ import annotations

from abc import ABC
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from hurtig.common.errors import ProgramError, shorten

if TYPE_CHECKING:
    from hurtig.common.time import Duration, Time


class _UpdateType(Enum):
    """When an entry's time to live starts anew."""

    Disabled = 0
    OnCreateAndWrite = 1
    OnReadAndWrite = 2


class _StateVisibility(Enum):
    """Whether an expired entry that is still there may be returned, once."""

    ReturnExpiredIfNotCleanedUp = 0
    NeverReturnExpired = 1


class _TtlTimeCharacteristic(Enum):
    """The clock that ages entries."""

    ProcessingTime = 0


class _CleanupStrategies:
    """How expired entries that nobody reads are removed."""

    class Strategies(Enum):
        FULL_STATE_SCAN_SNAPSHOT = 0
        INCREMENTAL_CLEANUP = 1
        ROCKSDB_COMPACTION_FILTER = 2

    class CleanupStrategy(ABC):  # noqa: B024
        """Base of the strategies' settings."""

    class EmptyCleanupStrategy(CleanupStrategy):
        """A strategy without settings."""

    class IncrementalCleanupStrategy(CleanupStrategy):
        """Check ``cleanup_size`` entries at each access to the state (and for each record)."""

        def __init__(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> None:
            if cleanup_size <= 0:
                raise ProgramError(f"the clean-up size must be positive, got {cleanup_size}")
            self._cleanup_size = cleanup_size
            self._run_cleanup_for_every_record = run_cleanup_for_every_record

        def get_cleanup_size(self) -> int:
            return self._cleanup_size

        def run_cleanup_for_every_record(self) -> bool:
            return self._run_cleanup_for_every_record

    class RocksdbCompactFilterCleanupStrategy(CleanupStrategy):
        """Drop expired entries while RocksDB compacts its files."""

        def __init__(
            self,
            query_time_after_num_entries: int,
            periodic_compaction_time: Duration | Time | None = None,
        ) -> None:
            self._query_time_after_num_entries = query_time_after_num_entries
            self._periodic_compaction_time = periodic_compaction_time

        def get_query_time_after_num_entries(self) -> int:
            return self._query_time_after_num_entries

        def get_periodic_compaction_time(self) -> Duration | Time:
            """How often old files are compacted; 30 days where nothing is set."""
            if self._periodic_compaction_time is not None:
                return self._periodic_compaction_time
            from hurtig.common.time import Duration

            return Duration.of_days(30)

    EMPTY_STRATEGY: ClassVar[_CleanupStrategies.EmptyCleanupStrategy] = EmptyCleanupStrategy()

    def __init__(
        self,
        strategies: dict[_CleanupStrategies.Strategies, _CleanupStrategies.CleanupStrategy],
        is_cleanup_in_background: bool,
    ) -> None:
        self._strategies = strategies
        self._is_cleanup_in_background = is_cleanup_in_background

    def is_cleanup_in_background(self) -> bool:
        return self._is_cleanup_in_background

    def in_full_snapshot(self) -> bool:
        return self.Strategies.FULL_STATE_SCAN_SNAPSHOT in self._strategies

    def get_incremental_cleanup_strategy(
        self,
    ) -> _CleanupStrategies.IncrementalCleanupStrategy | None:
        """The incremental strategy: by default 5 entries an access while background is on."""
        default = self.IncrementalCleanupStrategy(5, False)
        found: _CleanupStrategies.IncrementalCleanupStrategy | None = self._find(
            self.Strategies.INCREMENTAL_CLEANUP, default
        )
        return found

    def get_rocksdb_compact_filter_cleanup_strategy(
        self,
    ) -> _CleanupStrategies.RocksdbCompactFilterCleanupStrategy | None:
        """The compaction filter: by default the time is asked every 1000 entries."""
        default = self.RocksdbCompactFilterCleanupStrategy(1000)
        found: _CleanupStrategies.RocksdbCompactFilterCleanupStrategy | None = self._find(
            self.Strategies.ROCKSDB_COMPACTION_FILTER, default
        )
        return found

    def _find(self, strategy: _CleanupStrategies.Strategies, default: Any) -> Any:
        return self._strategies.get(strategy, default if self._is_cleanup_in_background else None)


class _Builder:
    """Builds a :class:`StateTtlConfig`. Mirrors Flink's ``StateTtlConfig.Builder``."""

    def __init__(self, ttl: Duration | Time) -> None:
        self._update_type = _UpdateType.OnCreateAndWrite
        self._state_visibility = _StateVisibility.NeverReturnExpired
        self._ttl_time_characteristic = _TtlTimeCharacteristic.ProcessingTime
        self._is_cleanup_in_background = True
        self._strategies: dict[Any, Any] = {}
        self.set_ttl(ttl)

    def set_update_type(self, update_type: _UpdateType) -> _Builder:
        self._update_type = update_type
        return self

    def update_ttl_on_create_and_write(self) -> _Builder:
        return self.set_update_type(_UpdateType.OnCreateAndWrite)

    def update_ttl_on_read_and_write(self) -> _Builder:
        return self.set_update_type(_UpdateType.OnReadAndWrite)

    def set_state_visibility(self, state_visibility: _StateVisibility) -> _Builder:
        self._state_visibility = state_visibility
        return self

    def return_expired_if_not_cleaned_up(self) -> _Builder:
        return self.set_state_visibility(_StateVisibility.ReturnExpiredIfNotCleanedUp)

    def never_return_expired(self) -> _Builder:
        return self.set_state_visibility(_StateVisibility.NeverReturnExpired)

    def set_ttl_time_characteristic(
        self, ttl_time_characteristic: _TtlTimeCharacteristic
    ) -> _Builder:
        self._ttl_time_characteristic = ttl_time_characteristic
        return self

    def use_processing_time(self) -> _Builder:
        return self.set_ttl_time_characteristic(_TtlTimeCharacteristic.ProcessingTime)

    def cleanup_full_snapshot(self) -> _Builder:
        return self._use(
            _CleanupStrategies.Strategies.FULL_STATE_SCAN_SNAPSHOT,
            _CleanupStrategies.EMPTY_STRATEGY,
        )

    def cleanup_incrementally(
        self, cleanup_size: int, run_cleanup_for_every_record: bool
    ) -> _Builder:
        return self._use(
            _CleanupStrategies.Strategies.INCREMENTAL_CLEANUP,
            _CleanupStrategies.IncrementalCleanupStrategy(
                cleanup_size, run_cleanup_for_every_record
            ),
        )

    def cleanup_in_rocksdb_compact_filter(
        self,
        query_time_after_num_entries: int,
        periodic_compaction_time: Duration | Time | None = None,
    ) -> _Builder:
        return self._use(
            _CleanupStrategies.Strategies.ROCKSDB_COMPACTION_FILTER,
            _CleanupStrategies.RocksdbCompactFilterCleanupStrategy(
                query_time_after_num_entries, periodic_compaction_time
            ),
        )

    def _use(self, strategy: Any, settings: Any) -> _Builder:
        self._strategies[strategy] = settings
        return self

    def disable_cleanup_in_background(self) -> _Builder:
        self._is_cleanup_in_background = False
        return self

    def set_ttl(self, ttl: Duration | Time) -> _Builder:
        duration_millis(ttl)
        self._ttl = ttl
        return self

    def build(self) -> StateTtlConfig:
        return StateTtlConfig(
            self._update_type,
            self._state_visibility,
            self._ttl_time_characteristic,
            self._ttl,
            _CleanupStrategies(self._strategies, self._is_cleanup_in_background),
        )


class StateTtlConfig:
    """How long entries of a state live. Mirrors Flink's ``StateTtlConfig``."""

    UpdateType = _UpdateType
    StateVisibility = _StateVisibility
    TtlTimeCharacteristic = _TtlTimeCharacteristic
    Builder = _Builder
    CleanupStrategies = _CleanupStrategies

    def __init__(
        self,
        update_type: _UpdateType,
        state_visibility: _StateVisibility,
        ttl_time_characteristic: _TtlTimeCharacteristic,
        ttl: Duration | Time,
        cleanup_strategies: _CleanupStrategies,
    ) -> None:
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._ttl = ttl
        self._ttl_millis = duration_millis(ttl)
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Duration | Time) -> _Builder:
        """Start from a time to live: a ``Duration``, a ``Time`` or a ``datetime.timedelta``."""
        return _Builder(ttl)

    def get_update_type(self) -> _UpdateType:
        return self._update_type

    def get_state_visibility(self) -> _StateVisibility:
        return self._state_visibility

    def get_ttl(self) -> Duration | Time:
        """The time to live, as it was given."""
        return self._ttl

    def get_ttl_millis(self) -> int:
        """The time to live in milliseconds."""
        return self._ttl_millis

    def get_ttl_time_characteristic(self) -> _TtlTimeCharacteristic:
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        return self._update_type is not _UpdateType.Disabled

    def get_cleanup_strategies(self) -> _CleanupStrategies:
        return self._cleanup_strategies

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig({self._ttl}, {self._update_type.name}, {self._state_visibility.name})"
        )


def duration_millis(ttl: Any) -> int:
    """Milliseconds of a time to live; positive, or an error that says so."""
    if hasattr(ttl, "to_milliseconds"):
        millis = ttl.to_milliseconds()
    elif hasattr(ttl, "to_millis"):
        millis = ttl.to_millis()
    elif hasattr(ttl, "total_seconds"):
        millis = round(ttl.total_seconds() * 1000)
    else:
        raise ProgramError(
            f"a time to live is a Duration or a Time, got {shorten(ttl)}; "
            f"for milliseconds write Duration.of_millis({ttl!r})"
        )
    if millis <= 0:
        raise ProgramError(f"a time to live must be positive, got {millis} ms")
    return int(millis)


# They show and pickle under the names that users know.
for _nested in (
    _UpdateType,
    _StateVisibility,
    _TtlTimeCharacteristic,
    _Builder,
    _CleanupStrategies,
):
    _nested.__name__ = _nested.__name__.lstrip("_")
    _nested.__qualname__ = f"StateTtlConfig.{_nested.__name__}"
