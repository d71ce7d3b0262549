"""The enumerator of a file source: finds files once or again and again, hands out splits."""

from __future__ import annotations

from typing import Any

from hurtig.connectors.filesystem.file_enumerator import DirectoryScanner, FileEnumerator
from hurtig.connectors.filesystem.split import FileSourceSplit
from hurtig.connectors.filesystem.split_assigner import FileSplitAssigner
from hurtig.connectors.source import SplitEnumerator


class FileSplitEnumerator(SplitEnumerator):
    """Lists files when it starts, and every ``discovery_interval`` ms where one is given.

    A file is read once, under the name that it had when it was found.
    """

    def __init__(
        self,
        paths: tuple[str, ...],
        file_enumerator: FileEnumerator,
        assigner: FileSplitAssigner,
        parallelism: int,
        discovery_interval: int | None,
    ) -> None:
        self._scanner = DirectoryScanner(paths)
        self._file_enumerator = file_enumerator
        self._assigner = assigner
        self._parallelism = parallelism
        self._interval = discovery_interval
        self._seen: set[str] = set()
        self._listed = False

    def next_split(self, subtask_index: int) -> FileSourceSplit | None:
        self._list_once()
        return self._assigner.next_split(subtask_index)

    @property
    def finished(self) -> bool:
        if self._interval is not None:
            return False
        self._list_once()
        return not self._assigner.remaining()

    def discover(self, now: int) -> int | None:
        if self._interval is None:
            self._list_once()
            return None
        self._list_files()
        return now + self._interval

    def add_splits_back(self, splits: list[Any]) -> None:
        waiting = self._assigner.remaining()
        while self._assigner.next_split(0) is not None:
            pass
        self._assigner.add_splits([*splits, *waiting])

    def snapshot_state(self) -> Any:
        return {
            "listed": self._listed,
            "splits": [tuple(split) for split in self._assigner.remaining()],
            "seen": sorted(self._seen) if self._interval is not None else [],
        }

    def restore_state(self, state: Any) -> None:
        self._listed = state["listed"]
        self._seen = set(state["seen"])
        self._assigner.add_splits(FileSourceSplit(*split) for split in state["splits"])

    def _list_once(self) -> None:
        if not self._listed:
            self._list_files()

    def _list_files(self) -> None:
        self._listed = True
        found = []
        for file, url in self._scanner.scan():
            if url not in self._seen:
                self._seen.add(url)
                found += self._file_enumerator.splits(file, url, self._parallelism)
        self._assigner.add_splits(found)
