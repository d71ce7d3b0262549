"""The settings of the RocksDB backend, read from a job's configuration."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from hurtig.common.config_options import ConfigOption
from hurtig.common.errors import ProgramError

_log = logging.getLogger("hurtig.configuration")
_warned: set[str] = set()

_DB = "state.backend.rocksdb."
_DEFAULT_MEMORY = 128 << 20
_MIN_MEMORY = 8 << 20

_PREDEFINED: dict[str, dict[str, Any]] = {
    "DEFAULT": {},
    "SPINNING_DISK_OPTIMIZED": {
        "compaction.level.use-dynamic-size": True,
        "thread.num": 4,
        "files.open": -1,
    },
    "SPINNING_DISK_OPTIMIZED_HIGH_MEM": {
        "compaction.level.use-dynamic-size": True,
        "compaction.level.target-file-size-base": 256 << 20,
        "compaction.level.max-size-level-base": 1 << 30,
        "writebuffer.count": 4,
        "writebuffer.number-to-merge": 3,
        "block.cache-size": 256 << 20,
        "block.blocksize": 128 << 10,
        "use-bloom-filter": True,
        "thread.num": 4,
        "files.open": -1,
    },
    "FLASH_SSD_OPTIMIZED": {"thread.num": 4, "files.open": -1},
}


class RocksDBSettings:
    """What a backend needs to know; ``configuration`` is key -> text, keys of today or older."""

    def __init__(self, configuration: Mapping[str, str] | None = None) -> None:
        self._configuration = configuration or {}
        self._options = _own_options()
        self._warn_unknown()
        for option in self._options.values():
            self._value(option)  # a wrong value is an error now, not when a database is opened
        name = str(self._get(_DB + "predefined-options")).upper().replace("-", "_")
        self._predefined = _PREDEFINED[name]
        directories = self._get(_DB + "localdir")
        self.directories = (
            [path.strip() for path in str(directories).split(",") if path.strip()]
            if directories
            else []
        )
        self.cache_entries: int = self._get("hurtig.rocksdb.cache-entries")
        self.timers_in_memory: int = self._get("hurtig.rocksdb.timers-in-memory")
        for key in ("hurtig.rocksdb.cache-entries", "hurtig.rocksdb.timers-in-memory"):
            if self._get(key) < 1:
                raise ProgramError(f"option {key} must be at least 1, got {self._get(key)}")
        self.heap_timers = str(self._get(_DB + "timer-service.factory")).upper() == "HEAP"
        self.incremental: bool = self._known("execution.checkpointing.incremental")
        self.local_recovery: bool = self._known(
            "execution.checkpointing.local-backup.enabled"
        ) or self._known("state.backend.local-recovery")
        local = self._known("execution.checkpointing.local-backup.dirs")
        self.local_directories = [d.strip() for d in str(local or "").split(",") if d.strip()]

    def options(self, library: Any) -> tuple[Any, Any]:
        """The library's options of a database, and what has to live as long as it."""
        get = self._tuned
        options = library.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_background_jobs(max(get("thread.num"), 2))
        options.set_max_open_files(get("files.open"))
        options.set_write_buffer_size(get("writebuffer.size"))
        options.set_max_write_buffer_number(get("writebuffer.count"))
        options.set_min_write_buffer_number_to_merge(get("writebuffer.number-to-merge"))
        options.set_target_file_size_base(get("compaction.level.target-file-size-base"))
        options.set_max_bytes_for_level_base(get("compaction.level.max-size-level-base"))
        options.set_level_compaction_dynamic_level_bytes(get("compaction.level.use-dynamic-size"))
        options.set_compaction_style(
            getattr(library.DBCompactionStyle, str(get("compaction.style")).lower())()
        )
        options.set_compression_type(
            getattr(library.DBCompressionType, str(get("compression")).lower())()
        )
        # Most lookups of a key that is not in a write buffer need not search it.
        options.set_memtable_prefix_bloom_ratio(0.05)
        options.set_memtable_whole_key_filtering(True)
        options.set_keep_log_file_num(1)
        options.set_max_log_file_size(1 << 20)
        options.set_stats_dump_period_sec(0)
        blocks = library.BlockBasedOptions()
        blocks.set_block_size(get("block.blocksize"))
        blocks.set_format_version(5)
        if get("use-bloom-filter"):
            blocks.set_bloom_filter(int(get("bloom-filter.bits-per-key")), False)
        limit = self.memory_limit()
        if limit is None:
            shared: Any = library.Cache(get("block.cache-size"))
            blocks.set_block_cache(shared)
        else:
            shared = _shared_memory(library, limit, get("memory.write-buffer-ratio"))
            blocks.set_block_cache(shared[0])
            options.set_write_buffer_manager(shared[1])
        options.set_block_based_table_factory(blocks)
        return options, shared

    def memory_limit(self) -> int | None:
        """Bytes that databases of the process share; ``None`` where each has its own."""
        for key in ("memory.fixed-per-slot", "memory.fixed-per-tm"):
            fixed: int | None = self._get(_DB + key)
            if fixed is not None:
                return max(fixed, _MIN_MEMORY)
        if not self._get(_DB + "memory.managed"):
            return None
        managed = self._known("taskmanager.memory.managed.size")
        return max(managed or _DEFAULT_MEMORY, _MIN_MEMORY)

    def _tuned(self, name: str) -> Any:
        """An option of the database: as set, as predefined, or its default."""
        key = _DB + name
        if name in self._predefined and not self._is_set(self._options[key]):
            return self._predefined[name]
        return self._get(key)

    def _get(self, key: str) -> Any:
        return self._value(self._options[key])

    def _known(self, key: str) -> Any:
        from hurtig.common.options import option

        return self._value(option(key))

    def _value(self, option: ConfigOption[Any]) -> Any:
        for key in (option.key, *option.fallback_keys):
            if key in self._configuration:
                try:
                    return option.parse(self._configuration[key])
                except ValueError as e:
                    raise ProgramError(str(e)) from None
        return option.default

    def _is_set(self, option: ConfigOption[Any]) -> bool:
        return any(key in self._configuration for key in (option.key, *option.fallback_keys))

    def _warn_unknown(self) -> None:
        """Keys of Flink's RocksDB that this backend does not follow."""
        known = {key for o in self._options.values() for key in (o.key, *o.fallback_keys)}
        for key in sorted(self._configuration):
            if key.startswith(_DB) and key not in known and key not in _warned:
                _warned.add(key)
                _log.warning("%s has no effect: the RocksDB state backend does not have it", key)


def _own_options() -> dict[str, ConfigOption[Any]]:
    from hurtig.common.options.rocksdb import OPTIONS

    return {option.key: option for option in OPTIONS}


_memory: dict[tuple[int, float], tuple[Any, Any]] = {}
_memory_lock = threading.Lock()


def _shared_memory(library: Any, limit: int, write_ratio: float) -> tuple[Any, Any]:
    """The block cache and the account of write buffers that all databases of a limit share."""
    with _memory_lock:
        shared = _memory.get((limit, write_ratio))
        if shared is None:
            cache = library.Cache(limit)
            buffers = library.WriteBufferManager.new_write_buffer_manager_with_cache(
                int(limit * write_ratio), False, cache
            )
            shared = _memory[limit, write_ratio] = (cache, buffers)
        return shared
