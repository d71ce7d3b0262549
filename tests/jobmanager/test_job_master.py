"""Life cycle of a job, its enumerators and alignment groups."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from hurtig.common.job_status import JobStatus
from hurtig.connectors.source import ListEnumerator
from hurtig.jobmanager.job_master import TRANSITIONS, JobMaster

PATHS = {
    JobStatus.CREATED: [],
    JobStatus.RUNNING: [JobStatus.RUNNING],
    JobStatus.FAILING: [JobStatus.RUNNING, JobStatus.FAILING],
    JobStatus.CANCELLING: [JobStatus.RUNNING, JobStatus.CANCELLING],
    JobStatus.FINISHED: [JobStatus.RUNNING, JobStatus.FINISHED],
    JobStatus.FAILED: [JobStatus.RUNNING, JobStatus.FAILING, JobStatus.FAILED],
    JobStatus.CANCELED: [JobStatus.RUNNING, JobStatus.CANCELLING, JobStatus.CANCELED],
}


def master_in(status: JobStatus) -> JobMaster:
    master = JobMaster("job", lambda node: 2)
    for step in PATHS[status]:
        master.move_to(step)
    return master


@pytest.mark.parametrize(("before", "after"), list(product(PATHS, PATHS)))
def test_transitions(before: JobStatus, after: JobStatus) -> None:
    master = master_in(before)
    if after in TRANSITIONS.get(before, set()):
        master.move_to(after)
        assert master.status is after
    else:
        with pytest.raises(ValueError, match="cannot go from"):
            master.move_to(after)
        assert master.status is before


@pytest.mark.parametrize("status", [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED])
def test_final_states_lead_nowhere_and_stop_the_clock(status: JobStatus) -> None:
    assert status not in TRANSITIONS
    master = master_in(status)
    assert master.ended is not None
    assert master.runtime_ms() == master.runtime_ms()


def test_the_runtime_goes_on_while_the_job_runs() -> None:
    master = master_in(JobStatus.RUNNING)
    master.started -= 5
    assert 5000 <= master.runtime_ms() < 6000


class Enumerator(ListEnumerator):
    """Looks again twice."""

    def __init__(self) -> None:
        super().__init__(["split"])
        self.looked: list[int] = []
        self.closed = 0

    def discover(self, now: int) -> int | None:
        self.looked.append(now)
        return now + 10 if len(self.looked) < 3 else None

    def close(self) -> None:
        self.closed += 1


class Clock:
    def __init__(self) -> None:
        self.time = 100
        self.scheduled: list[tuple[int, Any]] = []
        self.wakeups = 0

    def now(self) -> int:
        return self.time

    def schedule(self, at: int, callback: Any) -> None:
        self.scheduled.append((at, callback))

    def wakeup(self) -> None:
        self.wakeups += 1

    def run(self) -> None:
        at, callback = self.scheduled.pop(0)
        self.time = at
        callback(at)


def node(uid: str, alignment: Any = None) -> Any:
    enumerator = Enumerator()
    source = SimpleNamespace(create_enumerator=lambda parallelism: enumerator)
    strategy = SimpleNamespace(alignment=alignment)
    return SimpleNamespace(
        uid=uid, source=source, watermark_strategy=strategy, enumerator=enumerator
    )


def test_one_coordinator_for_all_subtasks_of_a_source() -> None:
    master, clock, source = JobMaster("job", lambda node: 2), Clock(), node("a")
    first = master.coordinator(source, clock.now, clock.schedule, clock.wakeup)
    assert master.coordinator(source, clock.now, clock.schedule, clock.wakeup) is first
    assert source.enumerator.looked == [100]
    assert master.coordinator(node("b"), clock.now, clock.schedule, clock.wakeup) is not first
    assert first.next_split(0) == "split"
    assert first.next_split(1) is None
    assert first.finished


def test_the_coordinator_looks_again_and_wakes_readers() -> None:
    master, clock, source = JobMaster("job", lambda node: 2), Clock(), node("a")
    master.coordinator(source, clock.now, clock.schedule, clock.wakeup)
    clock.run()
    clock.run()
    assert source.enumerator.looked == [100, 110, 120]
    assert clock.scheduled == []
    assert clock.wakeups == 3


def test_nothing_is_looked_for_after_the_end() -> None:
    master, clock, source = JobMaster("job", lambda node: 2), Clock(), node("a")
    master.coordinator(source, clock.now, clock.schedule, clock.wakeup)
    master.close()
    master.close()
    clock.run()
    assert source.enumerator.looked == [100]
    assert source.enumerator.closed == 1


def test_sources_of_one_alignment_group_share_it() -> None:
    master = JobMaster("job", lambda node: 2)
    first = master.alignment(node("a", ("group", 10, 1000)))
    assert master.alignment(node("b", ("group", 10, 1000))) is first
    assert master.alignment(node("c", ("other", 10, 1000))) is not first
    assert master.alignment(node("d")) is None
