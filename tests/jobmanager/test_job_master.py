"""Life cycle of a job: every way to start, fail, restart and end."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from tests.jobmanager.cluster import CHECKPOINTS, RESTARTS, Cluster
from tests.jobmanager.graphs import one_region, sources, two_regions

from hurtig.checkpoint.errors import RestoreError
from hurtig.checkpoint.handles import SubtaskId
from hurtig.common.errors import JobCancelledError, JobExecutionError, ProgramError
from hurtig.common.job_status import JobStatus
from hurtig.control import messages as m
from hurtig.jobmanager.region import RegionStatus
from hurtig.jobmanager.status import TRANSITIONS, StatusTracker

PATHS: dict[JobStatus, list[JobStatus]] = {
    JobStatus.CREATED: [],
    JobStatus.RUNNING: [JobStatus.RUNNING],
    JobStatus.RESTARTING: [JobStatus.RUNNING, JobStatus.RESTARTING],
    JobStatus.FAILING: [JobStatus.RUNNING, JobStatus.FAILING],
    JobStatus.CANCELLING: [JobStatus.RUNNING, JobStatus.CANCELLING],
    JobStatus.FINISHED: [JobStatus.RUNNING, JobStatus.FINISHED],
    JobStatus.FAILED: [JobStatus.RUNNING, JobStatus.FAILING, JobStatus.FAILED],
    JobStatus.CANCELED: [JobStatus.RUNNING, JobStatus.CANCELLING, JobStatus.CANCELED],
}


@pytest.mark.parametrize(("before", "after"), list(product(PATHS, PATHS)))
def test_transitions(before: JobStatus, after: JobStatus) -> None:
    tracker = StatusTracker("job", 5)
    for step in PATHS[before]:
        tracker.move_to(step, 6)
    if after in TRANSITIONS.get(before, set()):
        tracker.move_to(after, 7)
        assert tracker.status is after
        assert tracker.since[after] == 7
    else:
        with pytest.raises(ValueError, match="cannot go from"):
            tracker.move_to(after, 7)
        assert tracker.status is before


# -- start ------------------------------------------------------------------------------------


def test_deploys_every_subtask_once_and_runs_when_all_are_open() -> None:
    job = Cluster(one_region()).start()
    assert job.tms.asked == [2]
    deploys = job.take(m.Deploy)
    assert sorted(s for _, d in deploys for s in d.subtasks) == [
        SubtaskId(v, i) for v in range(2) for i in range(2)
    ]
    assert {tm for tm, _ in deploys} == {"tm-1", "tm-2"}
    assert all(d.addresses == {"tm-1": "at-tm-1", "tm-2": "at-tm-2"} for _, d in deploys)
    assert all(d.attempt == 0 and d.restore is None and not d.checkpointing for _, d in deploys)
    (first, one), (second, two) = deploys
    job.say(first, m.Running(one.epoch, one.subtasks))
    assert job.status == "CREATED"
    job.say(second, m.Running(two.epoch, two.subtasks))
    assert job.status == "RUNNING"


def test_waits_for_task_managers() -> None:
    job = Cluster(one_region())
    job.tms.hold = True
    job.start()
    assert not job.take(m.Deploy)
    job.tms.give()
    job.open()
    assert job.status == "RUNNING"


def test_the_job_finishes_with_its_last_subtask() -> None:
    job = Cluster(one_region()).running()
    job.time.advance(500)
    job.finish()
    assert (job.status, job.ends, job.tms.released) == ("FINISHED", 1, 1)
    assert job.master.error is None
    assert job.master.runtime_ms() == 500
    job.time.advance(1000)
    assert job.master.runtime_ms() == 500


def test_starting_twice_or_after_the_end_changes_nothing() -> None:
    job = Cluster(one_region()).running()
    job.finish()
    job.start()
    assert not job.take(m.Deploy)
    assert job.ends == 1


# -- failures ---------------------------------------------------------------------------------


def test_without_a_restart_strategy_the_first_failure_ends_the_job() -> None:
    job = Cluster(one_region()).running()
    error = RuntimeError("boom")
    job.fail(error=error)
    assert job.status == "FAILING"
    assert job.ends == 0
    assert job.obey_cancel() == 2
    assert (job.status, job.ends, job.tms.released) == ("FAILED", 1, 1)
    assert job.master.error is error
    assert not job.warnings


def test_a_failure_restarts_all_that_exchange_records() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.fail()
    assert job.status == "RESTARTING"
    job.obey_cancel()
    assert not job.take(m.Deploy)
    job.time.advance(99)
    assert not job.take(m.Deploy)
    job.time.advance(1)
    (deploy, _) = job.open()
    assert (job.status, deploy.attempt) == ("RUNNING", 1)
    assert job.master.failures.restarts == 1
    (warning,) = job.warnings
    assert "restart 1 from its beginning in 100 ms" in warning
    assert warning.endswith("RuntimeError: boom")
    job.finish()
    assert job.status == "FINISHED"


def test_the_warning_shows_the_traceback() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    try:
        raise KeyError("nowhere")
    except KeyError as error:
        job.fail(error=error)
    assert 'raise KeyError("nowhere")' in job.warnings[0]


def test_the_strategy_gives_up() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    for _ in range(3):
        job.fail()
        job.obey_cancel()
        job.time.advance(100)
        job.open()
    assert job.status == "RUNNING"
    job.fail(error=ValueError("the last"))
    job.obey_cancel()
    assert job.status == "FAILED"
    assert str(job.master.error) == "the last"
    assert job.master.failures.restarts == 3
    assert [f.text() for f in job.master.failures.failures][:2] == [
        "ValueError: the last",
        "RuntimeError: boom",
    ]


@pytest.mark.parametrize(
    "error", [ProgramError("wrong"), RestoreError("does not fit"), KeyboardInterrupt()]
)
def test_what_would_fail_again_is_not_tried_again(error: BaseException) -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.fail(error=error)
    job.obey_cancel()
    assert job.status == "FAILED"
    assert job.master.error is error


def test_only_the_part_that_failed_restarts() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    a, b = job.master.regions
    epoch_of_b = b.epoch
    job.fail(0)
    assert (a.status, b.status) == (RegionStatus.STOPPING, RegionStatus.RUNNING)
    assert job.obey_cancel() == 1
    job.time.advance(100)
    (deploy,) = job.open()
    assert {s.vertex for s in deploy.subtasks} == a.vertices
    assert job.status == "RUNNING"
    assert (b.epoch, b.attempt, a.attempt) == (epoch_of_b, 0, 1)


def test_the_other_part_may_finish_meanwhile() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    job.fail(0)
    job.obey_cancel()
    job.finish(1)
    assert job.status == "RESTARTING"
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"
    job.finish(0)
    assert job.status == "FINISHED"


def test_all_restart_where_the_failover_strategy_is_full() -> None:
    full = {**RESTARTS, "jobmanager.execution.failover-strategy": "full"}
    job = Cluster(two_regions(full)).running()
    job.fail(0)
    job.obey_cancel()
    job.time.advance(100)
    deploys = job.open()
    assert {s.vertex for d in deploys for s in d.subtasks} == {0, 1}


def test_the_other_part_fails_while_the_first_waits() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    job.fail(0)
    job.obey_cancel()
    job.time.advance(60)
    job.fail(1)
    job.time.advance(40)  # the first restarts while the second one stops
    assert [d.attempt for d in job.open()] == [1]
    assert job.status == "RESTARTING"
    job.obey_cancel()
    job.time.advance(100)
    assert [d.attempt for d in job.open()] == [1]
    assert job.status == "RUNNING"
    assert job.master.failures.restarts == 2


def test_what_falls_with_an_attempt_counts_once() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.fail(subtask=0)
    job.fail(subtask=1, error=RuntimeError("a consequence"))
    job.obey_cancel()
    job.time.advance(100)
    job.open()
    assert job.master.failures.restarts == 1
    assert len(job.warnings) == 1


def test_a_failure_while_it_is_deployed() -> None:
    job = Cluster(one_region(RESTARTS)).start()
    job.take(m.Deploy)
    job.fail()
    assert job.status == "RESTARTING"
    job.obey_cancel()
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"


def test_a_failure_while_it_is_deployed_for_good() -> None:
    job = Cluster(one_region()).start()
    job.take(m.Deploy)
    job.fail()
    job.obey_cancel()
    assert job.status == "FAILED"


def test_no_task_managers_is_a_failure_that_is_tried_again() -> None:
    job = Cluster(one_region(RESTARTS))
    job.tms.refusals = [JobExecutionError("no room")]
    job.start()
    assert job.status == "RESTARTING"
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"


def test_no_task_managers_without_restarts() -> None:
    job = Cluster(one_region())
    job.tms.refusals = [JobExecutionError("no room")]
    job.start()
    assert (job.status, job.ends) == ("FAILED", 1)
    assert str(job.master.error) == "no room"


def test_no_task_managers_for_one_part_leaves_the_other_alone() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    job.fail(0)
    job.obey_cancel()
    job.tms.refusals = [JobExecutionError("no room")]
    job.time.advance(100)
    assert job.status == "RESTARTING"
    assert job.master.regions[1].status is RegionStatus.RUNNING
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"


def test_a_failure_of_the_whole_job() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    job.master.fail(RuntimeError("too many failed checkpoints"))
    assert job.obey_cancel() == 2
    job.time.advance(100)
    assert len(job.open()) == 2
    assert job.status == "RUNNING"


# -- lost TaskManagers ------------------------------------------------------------------------


def test_a_lost_task_manager_is_replaced() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.lose("tm-1")
    assert job.status == "RESTARTING"
    assert "tm-1 was lost: killed by signal 9" in job.warnings[0]
    assert job.obey_cancel() == 1  # the other one only
    job.time.advance(100)
    deploys = job.open()
    assert job.status == "RUNNING"
    assert {p for d in deploys for p in d.placement.values()} == {"tm-2", "tm-3"}


def test_a_task_manager_with_several_parts_counts_once() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    job.lose("tm-1")
    assert job.master.failures.restarts == 1
    assert len(job.warnings) == 1
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"


def test_all_are_lost_while_the_job_is_cancelled() -> None:
    job = Cluster(one_region()).running()
    job.master.cancel()
    job.lose("tm-1")
    assert job.status == "CANCELLING"
    job.lose("tm-2")
    assert (job.status, job.ends) == ("CANCELED", 1)


def test_one_is_lost_while_the_job_restarts() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.fail()
    job.lose("tm-2")
    job.obey_cancel()
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"
    assert job.master.failures.restarts == 1


def test_one_is_lost_that_had_only_finished_subtasks() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    (region,) = job.master.regions
    for id_ in region.subtasks_on("tm-1"):
        job.say("tm-1", m.Finished(region.epoch, id_))
    job.lose("tm-1")
    assert job.status == "RUNNING"
    for id_ in region.subtasks_on("tm-2"):
        job.say("tm-2", m.Finished(region.epoch, id_))
    assert job.status == "FINISHED"


def test_the_last_one_is_lost_when_the_job_has_ended() -> None:
    job = Cluster(one_region()).running()
    job.finish()
    job.lose("tm-1")
    assert (job.status, job.ends) == ("FINISHED", 1)


# -- what zombies say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "late",
    [
        lambda epoch, id_: m.Running(epoch, [id_]),
        lambda epoch, id_: m.Finished(epoch, id_),
        lambda epoch, id_: m.Drained(epoch, id_),
        lambda epoch, id_: m.Failed(epoch, id_, RuntimeError("zombie")),
        lambda epoch, id_: m.Cancelled(epoch, [id_]),
        lambda epoch, id_: m.RequestSplit(epoch, sources(one_region())[0], 0),
        lambda epoch, id_: m.Decline(epoch, id_, 1, "no"),
        lambda epoch, id_: m.Report(epoch, {}, {"n": [5]}),
        lambda epoch, id_: m.Warn(epoch, "op", "zombie"),
    ],
)
@pytest.mark.parametrize("when", ["waiting", "running again"])
def test_messages_of_an_attempt_that_is_over_change_nothing(late: Any, when: str) -> None:
    job = Cluster(one_region({**RESTARTS, **CHECKPOINTS})).running()
    (region,) = job.master.regions
    epoch = region.epoch
    job.fail()
    job.obey_cancel()
    if when == "running again":
        job.time.advance(100)
        job.open()
    before = (job.status, region.status, len(job.warnings), job.master.failures.restarts)
    for id_ in region.subtasks:
        job.say("tm-1", late(epoch, id_))
    assert (job.status, region.status, len(job.warnings), job.master.failures.restarts) == before
    assert job.master.reports.accumulators() == {}
    assert not job.take(m.AssignSplits)
    job.time.advance(100)
    job.open()
    assert job.status == "RUNNING"


def test_a_subtask_that_finishes_while_its_part_stops() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    (region,) = job.master.regions
    job.fail(subtask=0)
    for id_ in region.subtasks:
        job.say(region.placement[id_], m.Finished(region.epoch, id_))
    assert region.status is RegionStatus.CREATED
    job.time.advance(100)
    job.take(m.Cancel)
    job.open()
    assert job.status == "RUNNING"


# -- cancel -----------------------------------------------------------------------------------


def test_cancel_before_the_start() -> None:
    job = Cluster(one_region())
    job.master.cancel()
    assert (job.status, job.ends) == ("CANCELED", 1)
    job.start()
    assert not job.take(m.Deploy)


def test_cancel_while_task_managers_are_awaited() -> None:
    job = Cluster(one_region())
    job.tms.hold = True
    job.start()
    job.master.cancel()
    assert (job.status, job.ends) == ("CANCELED", 1)
    job.tms.give()
    assert not job.take(m.Deploy)


@pytest.mark.parametrize("opened", [False, True])
def test_cancel_while_it_is_deployed_or_runs(opened: bool) -> None:
    job = Cluster(one_region()).start()
    if opened:
        job.open()
    job.master.cancel()
    job.master.cancel()
    assert job.status == "CANCELLING"
    assert job.obey_cancel() == 2
    assert (job.status, job.ends) == ("CANCELED", 1)
    assert isinstance(job.master.error, JobCancelledError)


@pytest.mark.parametrize("stopped", [False, True])
def test_cancel_while_it_restarts(stopped: bool) -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.fail()
    if stopped:
        job.obey_cancel()
    job.master.cancel()
    job.obey_cancel()
    assert (job.status, job.ends) == ("CANCELED", 1)
    job.time.advance(1000)
    assert not job.take(m.Deploy)


def test_cancel_while_it_fails_changes_nothing() -> None:
    job = Cluster(one_region()).running()
    job.fail()
    job.master.cancel()
    job.obey_cancel()
    assert (job.status, job.ends) == ("FAILED", 1)


def test_a_failure_while_it_is_cancelled_changes_nothing() -> None:
    job = Cluster(one_region(RESTARTS)).running()
    job.master.cancel()
    job.fail()
    job.obey_cancel()
    assert (job.status, job.ends) == ("CANCELED", 1)
    assert not job.warnings


@pytest.mark.parametrize("late", ["cancel", "fail"])
def test_nothing_follows_the_end_while_checkpoints_are_cleaned_up(late: str) -> None:
    """What is left is deleted by an I/O thread: until then the job is at its end, but not yet
    there."""
    job = Cluster(one_region(CHECKPOINTS)).running()
    (region,) = job.master.regions
    for id_ in region.subtasks:
        job.master.receive(region.placement[id_], m.Finished(region.epoch, id_))
    assert job.ends == 0
    if late == "cancel":
        job.master.cancel()
    else:
        job.master.fail(RuntimeError("late"))
    job.time.run()
    assert (job.status, job.ends) == ("FINISHED", 1)
    assert job.master.error is None


# -- reports ----------------------------------------------------------------------------------


def test_reports_of_an_attempt_go_with_it() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    a, b = job.master.regions
    job.say("tm-1", m.Report(a.epoch, {(0, 0, 0): {"records_in": 5}}, {"n": [5]}))
    job.say("tm-1", m.Report(b.epoch, {(1, 0, 0): {"records_in": 7}}, {"n": [7]}))
    assert job.master.reports.accumulators() == {"n": [5, 7]}
    job.fail(0)
    job.obey_cancel()
    job.time.advance(100)
    job.open()
    assert job.master.reports.accumulators() == {"n": [7]}
    assert set(job.master.reports.operators) == {(1, 0, 0)}


def test_warnings_of_task_managers_are_passed_on() -> None:
    job = Cluster(one_region()).running()
    job.say("tm-1", m.Warn(job.master.regions[0].epoch, "op", "late records"))
    assert job.warnings == ["late records"]


# -- splits -----------------------------------------------------------------------------------


def test_readers_ask_for_splits() -> None:
    job = Cluster(one_region()).running()
    epoch, (uid,) = job.master.regions[0].epoch, sources(job.graph)
    for _ in range(2):
        job.say("tm-2", m.RequestSplit(epoch, uid, 1))
        job.say("tm-1", m.RequestSplit(epoch, uid, 0))
    answers = job.take(m.AssignSplits)
    assert [(tm, x.subtask) for tm, x in answers] == [
        ("tm-2", 1), ("tm-1", 0), ("tm-2", 1), ("tm-1", 0)
    ]  # fmt: skip
    assert [x.no_more for _, x in answers] == [False, False, True, True]


def test_an_enumerator_that_fails_fails_its_part() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    uid = sources(job.graph)[0]
    job.master.enumerators.coordinator(uid)._enumerator.next_split = lambda index: 1 // 0
    job.say("tm-1", m.RequestSplit(job.master.regions[0].epoch, uid, 0))
    assert job.status == "RESTARTING"
    assert job.master.regions[1].status is RegionStatus.RUNNING
    assert "ZeroDivisionError" in job.warnings[0]


def test_an_enumerator_that_fails_on_its_own() -> None:
    job = Cluster(two_regions(RESTARTS)).running()
    coordinator = job.master.enumerators.coordinator(sources(job.graph)[1])
    coordinator._enumerator.discover = lambda now: 1 // 0
    coordinator._discover_again(0)
    assert job.status == "RESTARTING"
    assert job.master.regions[0].status is RegionStatus.RUNNING
