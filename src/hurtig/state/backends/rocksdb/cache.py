"""The bounded write-back cache of one backend: when entries are written, and when forgotten.

Entries live in two generations. Those used since the last turn are in ``dirty`` or ``clean`` of
their namespace, those of the turn before in ``old``; a turn writes all changes as one batch and
forgets what was not used since the one before. So an entry costs a few dict operations, whether
it is used once or a thousand times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.state.backends.rocksdb.layout import after

if TYPE_CHECKING:
    from hurtig.state.backends.rocksdb.database import Database
    from hurtig.state.backends.rocksdb.entries import Entries


class Cache:
    """``entries``: how many may be in memory; ``open_database`` is called when one is needed."""

    def __init__(
        self, entries: int, max_parallelism: int, open_database: Callable[[], Database]
    ) -> None:
        self.max_parallelism = max_parallelism
        self._limit = max(entries // 2, 1)
        self.room = self._limit
        """Entries that this generation may still take."""
        self.members: list[Entries] = []
        """The namespaces that hold anything in memory."""
        self._open = open_database
        self._database: Database | None = None
        self.after_flush: Callable[[], None] = lambda: None

    @property
    def database(self) -> Database:
        """The database, opened at the first use."""
        if self._database is None:
            self._database = self._open()
        return self._database

    @property
    def is_open(self) -> bool:
        return self._database is not None

    def flush(self) -> None:
        """Write all changes as one batch; everything stays in memory."""
        waiting = [member for member in self.members if member.has_changes()]
        if waiting:
            batch = self.database.batch()
            for member in waiting:
                member.write(batch)
            self.database.write(batch)
            for member in waiting:
                member.written()
        self.after_flush()

    def turn(self) -> None:
        """Write all changes, then forget what was not used since the last turn."""
        self.flush()
        self.room = self._limit
        self.members = [member for member in self.members if member.shift()]

    def close(self) -> None:
        """Close the database, without writing."""
        self.members = []
        if self._database is not None:
            self._database.close()

    def delete_all(self, prefix: bytes) -> None:
        """Remove all that begins with ``prefix``: one by one, or as a range where it is much."""
        database = self.database
        batch: Any = database.batch()
        for count, (name, _) in enumerate(database.scan(prefix)):
            if count == _MANY:
                batch.delete_range(prefix, after(prefix))
                break
            batch.delete(name)
        database.write(batch)


_MANY = 256
