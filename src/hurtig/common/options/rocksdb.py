"""Options of the RocksDB state backend."""

from __future__ import annotations

from hurtig.common.config_options import ConfigOption as O

_DB = "state.backend.rocksdb"

OPTIONS: tuple[O[object], ...] = (
    O(
        f"{_DB}.localdir",
        "string",
        None,
        "Folders of the databases, by commas; one is chosen for each.",
        ("state.backend.rocksdb.checkpointdir",),
    ),
    O(
        f"{_DB}.timer-service.factory",
        "enum",
        "ROCKSDB",
        "Where timers are kept that do not fire soon.",
        choices=("ROCKSDB", "HEAP"),
    ),
    O(
        f"{_DB}.predefined-options",
        "enum",
        "DEFAULT",
        "Settings for a kind of disk.",
        choices=(
            "DEFAULT",
            "SPINNING_DISK_OPTIMIZED",
            "SPINNING_DISK_OPTIMIZED_HIGH_MEM",
            "FLASH_SSD_OPTIMIZED",
        ),
    ),
    O(f"{_DB}.memory.managed", "boolean", True, "Whether all databases of a process share memory."),
    O(
        f"{_DB}.memory.fixed-per-slot",
        "memory",
        None,
        "Memory that the databases of a slot share, for blocks and write buffers.",
    ),
    O(f"{_DB}.memory.fixed-per-tm", "memory", None, "The same for the databases of a process."),
    O(f"{_DB}.memory.write-buffer-ratio", "double", 0.5, "Share of write buffers in that memory."),
    O(f"{_DB}.block.cache-size", "memory", 8 << 20, "Block cache where memory is not shared."),
    O(f"{_DB}.block.blocksize", "memory", 4 << 10, "Size of a block."),
    O(f"{_DB}.writebuffer.size", "memory", 64 << 20, "Size of a write buffer."),
    O(f"{_DB}.writebuffer.count", "int", 2, "Largest number of write buffers."),
    O(f"{_DB}.writebuffer.number-to-merge", "int", 1, "Write buffers merged into a file."),
    O(
        f"{_DB}.compaction.style",
        "enum",
        "LEVEL",
        "How files are merged.",
        choices=("LEVEL", "UNIVERSAL", "FIFO"),
    ),
    O(
        f"{_DB}.compaction.level.use-dynamic-size",
        "boolean",
        False,
        "Whether the sizes of levels follow the last.",
    ),
    O(
        f"{_DB}.compaction.level.target-file-size-base",
        "memory",
        64 << 20,
        "Size of the files of level 1.",
    ),
    O(
        f"{_DB}.compaction.level.max-size-level-base",
        "memory",
        256 << 20,
        "Size of level 1.",
    ),
    O(f"{_DB}.use-bloom-filter", "boolean", True, "Whether files have a Bloom filter."),
    O(f"{_DB}.bloom-filter.bits-per-key", "double", 10.0, "Its size."),
    O(f"{_DB}.files.open", "int", 512, "Files that a database keeps open; -1 for all."),
    O(f"{_DB}.thread.num", "int", 2, "Threads that write and merge files, by database."),
    O(
        f"{_DB}.compression",
        "enum",
        "LZ4",
        "Compression of files.",
        choices=("NONE", "LZ4", "SNAPPY", "ZSTD"),
    ),
    O(
        f"{_DB}.checkpoint.transfer.thread.num",
        "int",
        4,
        "Threads that copy files from and to the checkpoint storage.",
    ),
    O("hurtig.rocksdb.cache-entries", "int", 200_000, "Entries that an operator keeps in memory."),
    O("hurtig.rocksdb.timers-in-memory", "int", 100_000, "Timers an operator keeps in memory."),
)
