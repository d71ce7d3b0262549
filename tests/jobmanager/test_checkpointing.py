"""A job's checkpoints as its JobMaster drives them, in virtual time."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from tests.jobmanager.cluster import CHECKPOINTS, RESTARTS, Cluster
from tests.jobmanager.graphs import one_region, sources, two_regions

from hurtig.checkpoint.errors import CheckpointDamagedError, CheckpointError
from hurtig.common.errors import JobExecutionError, ProgramError
from hurtig.control import messages as m
from hurtig.jobmanager.often_told import OftenTold
from hurtig.jobmanager.region import RegionStatus

BOTH = {**CHECKPOINTS, **RESTARTS}
KEEP_TWO = {"execution.checkpointing.num-retained": "2"}


def triggered(job: Cluster) -> list[int]:
    return sorted({t.barrier.checkpoint_id for _, t in job.take(m.TriggerCheckpoint)})


def restored(job: Cluster) -> list[int | None]:
    """From which checkpoints the deployments that were sent go on."""
    deploys = job.take(m.Deploy)
    for tm, deploy in deploys:
        job.say(tm, m.Running(deploy.epoch, deploy.subtasks))
    return [d.restore.checkpoint_id if d.restore is not None else None for _, d in deploys]


def restart(job: Cluster) -> list[int | None]:
    job.obey_cancel()
    job.time.advance(100)
    return restored(job)


# -- life cycle -------------------------------------------------------------------------------


def test_the_first_comes_an_interval_after_the_start() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    job.time.advance(999)
    assert triggered(job) == []
    job.time.advance(1)
    sent = job.take(m.TriggerCheckpoint)
    assert [tm for tm, _ in sent] == ["tm-1", "tm-2"]
    message = sent[0][1]
    assert message.barrier.checkpoint_id == 1
    assert all(s.vertex == 0 for s in message.subtasks)


def test_all_are_told_that_it_is_complete() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    job.time.advance(1000)
    assert job.acknowledge() == 1
    assert [(tm, x.checkpoint_id) for tm, x in job.take(m.CheckpointComplete)] == [
        ("tm-1", 1),
        ("tm-2", 1),
    ]
    assert job.master.checkpoints.statistics()["counts"]["completed"] == 1


def test_a_failed_job_goes_on_from_the_last_one() -> None:
    job = Cluster(one_region(BOTH)).running()
    job.time.advance(1000)
    job.acknowledge()
    job.time.advance(1000)
    job.acknowledge()
    job.fail()
    assert "restart 1 from checkpoint 2 in 100 ms" in job.warnings[-1]
    assert restart(job) == [2, 2]
    job.fail()
    assert "restart 2 from checkpoint 2 in 100 ms" in job.warnings[-1]
    assert restart(job) == [2, 2]


def test_state_and_enumerators_come_back() -> None:
    graph = one_region(BOTH)
    (uid,) = sources(graph)
    keyed = graph.vertices[1].nodes[0].uid
    job = Cluster(graph).running()
    epoch = job.master.regions[0].epoch
    job.say("tm-1", m.RequestSplit(epoch, uid, 0))
    ((_, given),) = job.take(m.AssignSplits)
    job.time.advance(1000)
    job.acknowledge({keyed: b"state"})
    job.say("tm-2", m.RequestSplit(epoch, uid, 1))  # after the checkpoint: to be given again
    ((_, late),) = job.take(m.AssignSplits)
    job.fail()
    job.obey_cancel()
    job.time.advance(100)
    deploys = job.take(m.Deploy)
    for _, deploy in deploys:
        states = deploy.restore.operators[keyed].subtasks
        assert [states[n].snapshot.inline for n in (0, 1)] == [b"state", b"state"]
    assert all(d.restore.may_refer for _, d in deploys)
    again = job.master.enumerators.coordinator(uid).next_split(0)
    assert pickle.dumps(again) == pickle.dumps(late.splits[0]) != pickle.dumps(given.splits[0])


def test_no_checkpoint_while_a_part_is_down() -> None:
    job = Cluster(two_regions(BOTH)).running()
    job.fail(0)
    job.time.advance(5000)
    assert triggered(job) == []
    assert restart(job) == [None]
    job.time.advance(1000)
    assert triggered(job) == [1]


def test_checkpoints_go_on_when_a_part_has_finished() -> None:
    job = Cluster(two_regions(CHECKPOINTS)).running()
    job.finish(0)
    job.time.advance(1000)
    assert job.acknowledge() == 1
    assert job.take(m.CheckpointComplete)
    job.finish(1)
    assert job.status == "FINISHED"


def test_a_drained_job_takes_its_last_checkpoint_at_once() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    (region,) = job.master.regions
    for id_ in region.subtasks:
        assert triggered(job) == []
        job.say(region.placement[id_], m.Drained(region.epoch, id_))
    job.acknowledge()
    assert job.take(m.CheckpointComplete)
    job.finish()
    assert job.status == "FINISHED"


# -- failed checkpoints -----------------------------------------------------------------------


def test_one_that_takes_too_long_is_given_up_and_fails_the_job() -> None:
    job = Cluster(one_region({**BOTH, "execution.checkpointing.timeout": "300 ms"})).running()
    job.time.advance(1000)
    job.time.advance(299)
    assert job.status == "RUNNING"
    job.time.advance(1)
    assert job.status == "RESTARTING"
    assert [x.checkpoint_id for _, x in job.take(m.CheckpointAborted)] == [1, 1]
    first, second = job.warnings
    assert "checkpoint 1 failed: expired before completing: after 300 ms" in first
    assert "4 of 4 subtasks had not answered" in first
    assert "tolerable-failed-checkpoints allows 0" in second


def test_as_many_as_are_tolerated() -> None:
    key = "execution.checkpointing.tolerable-failed-checkpoints"
    job = Cluster(one_region({**BOTH, key: "2"})).running()
    (region,) = job.master.regions

    def decline() -> None:
        job.time.advance(1000)
        (id_,) = triggered(job)
        job.say("tm-1", m.Decline(region.epoch, region.subtasks[0], id_, "disk full"))

    for _ in range(2):
        decline()
        decline()
        assert job.status == "RUNNING"
        job.time.advance(1000)
        job.acknowledge()
    for _ in range(2):
        decline()
        assert job.status == "RUNNING"
    decline()
    assert job.status == "RESTARTING"
    told = [w for w in job.warnings if w.startswith("checkpoint")]
    assert len(told) == 1  # one for all that differ in their number only
    assert "disk full" in told[0]


def test_the_pause_between_two() -> None:
    job = Cluster(one_region({**CHECKPOINTS, "execution.checkpointing.min-pause": "3 s"})).running()
    job.time.advance(1000)
    job.acknowledge()
    job.time.advance(2999)
    assert triggered(job) == []
    job.time.advance(1)
    assert triggered(job) == [2]


def test_several_at_a_time() -> None:
    key = "execution.checkpointing.max-concurrent-checkpoints"
    job = Cluster(one_region({**CHECKPOINTS, key: "2"})).running()
    job.time.advance(4000)
    assert triggered(job) == [1, 2]


def test_late_state_of_an_attempt_that_is_over_completes_nothing() -> None:
    job = Cluster(one_region(BOTH)).running()
    (region,) = job.master.regions
    epoch = region.epoch
    job.time.advance(1000)
    triggered(job)
    job.fail()
    restart(job)
    for id_ in region.subtasks:
        job.say("tm-1", m.Acknowledge(epoch, id_, 1, job._state(id_, {})))
    assert job.take(m.CheckpointComplete) == []
    job.fail()
    assert restart(job) == [None, None]


# -- settings of a running job ----------------------------------------------------------------


def test_another_interval_at_once() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    job.master.checkpoints.reconfigure({"execution.checkpointing.interval": "200 ms"})
    job.time.advance(200)
    assert job.acknowledge() == 1
    job.master.checkpoints.reconfigure({"execution.checkpointing.interval": "1 h"})
    job.time.advance(60_000)
    assert triggered(job) == []


def test_another_timeout_for_the_one_under_way() -> None:
    job = Cluster(one_region(BOTH)).running()
    job.time.advance(1000)
    job.master.checkpoints.reconfigure({"execution.checkpointing.timeout": "50 ms"})
    job.time.advance(50)
    assert job.status == "RESTARTING"


def test_settings_that_cannot_be_change_nothing() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    with pytest.raises(ProgramError, match="timeout"):
        job.master.checkpoints.reconfigure(
            {"execution.checkpointing.interval": "1 h", "execution.checkpointing.timeout": "1 ms"}
        )
    job.time.advance(1000)
    assert triggered(job) == [1]


def test_checkpoints_cannot_be_switched_on_later() -> None:
    job = Cluster(one_region()).running()
    with pytest.raises(ProgramError, match="was started without checkpoints"):
        job.master.checkpoints.reconfigure(CHECKPOINTS)


# -- requests ---------------------------------------------------------------------------------


class Answer:
    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None

    def __call__(self, result: Any, error: BaseException | None) -> None:
        self.result, self.error = result, error


def test_a_request_before_the_start_waits_for_it(tmp_path: Path) -> None:
    job = Cluster(one_region())
    answer = Answer()
    job.master.checkpoints.trigger_savepoint(str(tmp_path), answer)
    job.running()
    job.acknowledge()
    assert answer.result.startswith(str(tmp_path))
    assert len(job.take(m.CheckpointComplete)) == 2  # of a job without checkpoints: sinks commit


def test_a_request_before_the_start_of_a_job_that_never_runs() -> None:
    job = Cluster(one_region())
    answer = Answer()
    job.master.checkpoints.trigger_checkpoint(answer)
    job.tms.refusals = [JobExecutionError("no room")]
    job.start()
    assert isinstance(answer.error, CheckpointError)


def test_a_checkpoint_on_request() -> None:
    job = Cluster(one_region(CHECKPOINTS)).running()
    answer = Answer()
    job.master.checkpoints.trigger_checkpoint(answer)
    job.time.run()
    assert job.acknowledge() == 1
    assert answer.result == 1


def test_a_request_while_the_job_restarts_is_refused() -> None:
    job = Cluster(one_region(BOTH)).running()
    job.fail()
    answer = Answer()
    job.master.checkpoints.trigger_checkpoint(answer)
    assert "not all subtasks of the job are running" in str(answer.error)


# -- damage -----------------------------------------------------------------------------------

DAMAGE = CheckpointDamagedError("/chk-2/x is cut off")


def with_two_checkpoints(**settings: str) -> Cluster:
    job = Cluster(one_region({**BOTH, **KEEP_TWO, **settings})).running()
    for _ in range(2):
        job.time.advance(1000)
        job.acknowledge()
    job.fail()
    job.obey_cancel()
    job.time.advance(100)
    return job


def test_the_previous_checkpoint_serves_for_a_damaged_one() -> None:
    job = with_two_checkpoints()
    for tm, deploy in job.take(m.Deploy):
        assert deploy.restore.checkpoint_id == 2
        job.say(tm, m.Failed(deploy.epoch, None, DAMAGE))
    job.obey_cancel()
    job.time.run()  # no pause, and no restart that counts
    assert restored(job) == [1, 1]
    assert job.status == "RUNNING"
    assert job.master.failures.restarts == 1
    assert "checkpoint 2 is damaged: checkpoint 1 is used instead" in job.warnings[-1]
    job.fail()
    assert "from checkpoint 1" in job.warnings[-1]


def test_a_damaged_checkpoint_without_another_ends_the_job() -> None:
    job = Cluster(one_region(BOTH)).running()
    job.time.advance(1000)
    job.acknowledge()
    job.fail()
    job.obey_cancel()
    job.time.advance(100)
    tm, deploy = job.take(m.Deploy)[0]
    job.say(tm, m.Failed(deploy.epoch, None, DAMAGE))
    job.obey_cancel()
    assert job.status == "FAILED"
    assert job.master.error is DAMAGE


def test_no_previous_one_where_the_settings_say_so() -> None:
    job = with_two_checkpoints(**{"hurtig.restore.damaged-checkpoint": "fail"})
    tm, deploy = job.take(m.Deploy)[0]
    job.say(tm, m.Failed(deploy.epoch, None, DAMAGE))
    job.obey_cancel()
    assert job.status == "FAILED"
    assert "hurtig.restore.damaged-checkpoint: previous" in job.warnings[-1]


def test_damage_of_what_a_running_subtask_reads_is_a_failure_like_others() -> None:
    job = Cluster(one_region(BOTH)).running()
    job.fail(error=DAMAGE)
    assert job.master.failures.restarts == 1
    assert restart(job) == [None, None]


def test_damage_in_what_enumerators_stored() -> None:
    job = Cluster(one_region({**BOTH, **KEEP_TWO})).running()
    for _ in range(2):
        job.time.advance(1000)
        job.acknowledge()
    job.fail()
    job.obey_cancel()
    job.io.errors = [DAMAGE]
    job.time.advance(100)
    assert restored(job) == [1, 1]
    assert "checkpoint 1 is used instead" in job.warnings[-1]


def test_only_the_damaged_part_goes_further_back() -> None:
    job = Cluster(two_regions({**BOTH, **KEEP_TWO})).running()
    for _ in range(2):
        job.time.advance(1000)
        job.acknowledge()
    job.master.fail(RuntimeError("all"))
    job.obey_cancel()
    job.time.advance(100)
    (tm, first), (other, second) = job.take(m.Deploy)
    job.say(tm, m.Failed(first.epoch, None, DAMAGE))
    job.say(other, m.Running(second.epoch, second.subtasks))
    job.obey_cancel()
    assert restored(job) == [1]
    assert job.status == "RUNNING"
    assert job.master.regions[1].status is RegionStatus.RUNNING
    job.fail(1)  # it goes on from what is known to be whole
    assert restart(job) == [1]


# -- warnings ---------------------------------------------------------------------------------


def test_warnings_that_come_again_are_counted() -> None:
    told: list[str] = []
    often = OftenTold(told.append)
    for number in range(1000):
        often.tell(f"checkpoint {number} failed")
    often.tell("another reason")
    assert told == [
        "checkpoint 0 failed",
        "checkpoint 9 failed\n(so far 10 times)",
        "checkpoint 99 failed\n(so far 100 times)",
        "checkpoint 999 failed\n(so far 1000 times)",
        "another reason",
    ]
