"""A tiny runtime for one source or sink, with threads and wakeups."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from hurtig.common.errors import BadRecordError
from hurtig.connectors.sink import Sink, SinkContext
from hurtig.connectors.source import ReadStatus, Source, SourceBatch, SourceContext
from hurtig.messages import RowBatch
from hurtig.operators.processing_time import ManualProcessingTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 20.0


class BadRecords:
    """The error policies ``fail`` and ``skip``."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.seen: list[tuple[str, str, Any]] = []

    def __call__(self, reason: str, location: str, content: Any) -> None:
        self.seen.append((reason, location, content))
        if self.policy == "fail":
            raise BadRecordError(reason, location, content)


class Subtask:
    """One reader with its own wakeup signal."""

    def __init__(self, driver: SourceDriver, index: int) -> None:
        self.driver = driver
        self.index = index
        self.signal = threading.Event()
        self.values: list[Any] = []
        self.timestamps: list[int] = []
        self.batches: list[SourceBatch] = []
        self.finished_splits: list[str] = []
        self.arrivals: list[float] = []
        self.ended = False
        self.told = False
        context = SourceContext(
            index,
            driver.parallelism,
            self.signal.set,
            lambda: int(time.time() * 1000),
            driver.bad,
            "Source: test",
            "uid-1",
        )
        self.reader = driver.source.create_reader(context)
        self.reader.open()

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        """One poll of the reader, splits asked for as the engine does."""
        result = self.reader.poll(max_records)
        if result is ReadStatus.NEED_SPLIT:
            split = self.driver.enumerator.next_split(self.index)
            if split is not None:
                self.reader.add_splits([split])
            elif not self.driver.enumerator.finished:
                return ReadStatus.NOTHING_AVAILABLE
            elif not self.told:
                self.told = True
                self.reader.no_more_splits()
            result = self.reader.poll(max_records)
            if result is ReadStatus.NEED_SPLIT:
                result = ReadStatus.END_OF_INPUT if self.told else ReadStatus.NOTHING_AVAILABLE
        if isinstance(result, SourceBatch):
            assert len(result.values) <= max_records
            assert result.values or result.split_finished
            self.batches.append(result)
            self.values += result.values
            self.timestamps += result.timestamps or []
            self.arrivals += [time.monotonic()] * len(result.values)
            if result.split_finished:
                self.finished_splits.append(result.split_id)
        elif result is ReadStatus.END_OF_INPUT:
            self.ended = True
        return result


class SourceDriver:
    """Runs the readers of a source in turns; ``state`` is what :meth:`snapshot` gave."""

    def __init__(
        self,
        source: Source,
        parallelism: int = 1,
        policy: str = "fail",
        state: tuple[Any, list[list[Any]]] | None = None,
    ) -> None:
        self.source = source
        self.parallelism = parallelism
        self.bad = BadRecords(policy)
        self.enumerator = source.create_enumerator(parallelism)
        if state is not None:
            self.enumerator.restore_state(state[0])
        self.subtasks = [Subtask(self, i) for i in range(parallelism)]
        for index, splits in enumerate(state[1] if state else []):
            if splits:
                self.subtasks[index % parallelism].reader.add_splits(splits)

    @property
    def values(self) -> list[Any]:
        """All records, subtask after subtask."""
        return [value for subtask in self.subtasks for value in subtask.values]

    def round(self, max_records: int = 1000) -> bool:
        """One poll of each reader that has not ended; whether any gave something."""
        progress = False
        for subtask in self.subtasks:
            if not subtask.ended:
                result = subtask.poll(max_records)
                progress |= result is not ReadStatus.NOTHING_AVAILABLE
        return progress

    def run(self, until: Callable[[], bool] | None = None, max_records: int = 1000) -> list[Any]:
        """Poll to the end, or ``until``; sleeps only for as long as no reader calls."""
        deadline = time.monotonic() + PATIENCE
        while not (until() if until else all(s.ended for s in self.subtasks)):
            assert time.monotonic() < deadline, f"only {self.values!r:.500} after {PATIENCE} s"
            for subtask in self.subtasks:
                subtask.signal.clear()
            if not self.round(max_records):
                running = [s for s in self.subtasks if not s.ended]
                # With one reader only its own call may wake it.
                running[0].signal.wait(PATIENCE if len(running) == 1 else 0.002)
        return self.values

    def snapshot(self) -> tuple[Any, list[list[Any]]]:
        """What a checkpoint would keep."""
        return (
            self.enumerator.snapshot_state(),
            [s.reader.snapshot_state(1) for s in self.subtasks],
        )

    def close(self) -> None:
        for subtask in self.subtasks:
            subtask.reader.close()
        self.enumerator.close()


@pytest.fixture
def drive() -> Iterator[Callable[..., SourceDriver]]:
    """``drive(source, parallelism=1, policy="fail", state=None)``; all are closed at the end."""
    drivers: list[SourceDriver] = []

    def start(*args: Any, **kwargs: Any) -> SourceDriver:
        drivers.append(SourceDriver(*args, **kwargs))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


class SinkDriver:
    """One writer of a sink."""

    def __init__(
        self, sink: Sink, subtask: int = 0, parallelism: int = 1, policy: str = "fail"
    ) -> None:
        self.bad = BadRecords(policy)
        self.time = ManualProcessingTime(1000)
        self.writer = sink.create_writer(
            SinkContext(subtask, parallelism, self.time, self.bad, "Sink: test", uid="uid-2")
        )

    def write(self, *values: Any, timestamps: list[int] | None = None) -> None:
        self.writer.write_batch(RowBatch(list(values), timestamps))


@pytest.fixture
def write_to() -> type[SinkDriver]:
    """``write_to(sink, subtask=0, parallelism=1, policy="fail")``."""
    return SinkDriver


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Every helper thread ends soon after its source was closed."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = [
            t for t in threading.enumerate() if t not in before and t.name.startswith("hurtig-")
        ]
        if not left:
            return
        time.sleep(0.005)
    raise AssertionError(f"threads left: {left}")
