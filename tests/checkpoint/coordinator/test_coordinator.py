"""Each rule of the checkpoint coordinator."""

from __future__ import annotations

from typing import Any

import pytest
from tests.checkpoint.fakes import ALL, A, B, C, World, state_of

from hurtig.checkpoint.settings import CheckpointSettings

SECOND = CheckpointSettings(interval=1000)


def outcome() -> tuple[list[Any], Any]:
    """A list, and a callback that puts what it gets there: id or error text."""
    got: list[Any] = []
    return got, lambda done, error: got.append(done.checkpoint_id if done else str(error))


# -- one checkpoint ---------------------------------------------------------------------------


def test_the_steps_of_a_checkpoint() -> None:
    world = World(SECOND)
    world.main.advance(1000)
    assert world.events == []  # its folder comes first
    assert len(world.io.waiting) == 1
    world.io.finish()
    assert world.storage.folders == {"mem://chk-1"}
    assert world.events == [("enumerators", 1), ("trigger", 1)]
    assert world.triggered[1] == [A, B]
    barrier = world.barriers[1]
    assert (barrier.timestamp, barrier.location) == (1_001_000, "mem://chk-1")
    assert (barrier.unaligned, barrier.is_savepoint, barrier.stop) == (False, False, False)
    world.acknowledge(1, A, B)
    assert world.io.waiting == []
    world.acknowledge(1, C)
    assert world.storage.metadata == []
    assert world.store.checkpoints == []
    world.io.finish()
    assert world.storage.metadata == [1]
    assert world.store.latest() is not None
    assert world.events[2:] == [("complete", 1)]


def test_what_is_stored() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.main.advance(30)
    world.coordinator.acknowledge(A, 1, state_of("src", b"aa"))
    world.coordinator.acknowledge(B, 1, state_of("m", b"b", **{"f.sst": "mem://shared/f"}))
    flying = state_of("none")._replace(
        operators={}, in_flight=state_of("x").operators["x"].snapshot
    )
    world.coordinator.acknowledge(C, 1, flying)
    world.io.finish()
    done = world.store.latest()
    assert done is not None
    assert (done.job_id, done.job_name, done.checkpoint_id) == ("job", "Job", 1)
    assert (done.timestamp, done.completed_at, done.location) == (
        1_001_000,
        1_001_030,
        "mem://chk-1",
    )
    assert list(done.operators) == ["src", "m", "sink"]
    source, mapped, sink = done.operators.values()
    assert (source.name, source.parallelism, source.max_parallelism) == ("Source", 2, 128)
    assert (sink.name, sink.parallelism, sink.max_parallelism) == ("Sink", 1, 64)
    assert source.subtasks[0].snapshot.inline == b"aa"
    assert list(source.subtasks) == [0]
    assert mapped.subtasks[1].files["f.sst"].path == "mem://shared/f"
    assert source.coordinator is not None
    assert source.coordinator.inline == b"splits"
    assert sink.coordinator is None
    assert sink.subtasks == {}
    assert list(done.in_flight) == ["sink"]
    assert done.in_flight["sink"][0].inline == b"x"


def test_a_folder_that_cannot_be_created_fails_it_before_anything_was_sent() -> None:
    world = World(SECOND._replace(tolerable_failures=1))
    world.main.advance(1000)
    world.io.finish(error=OSError("disk full"))
    assert world.events == []
    assert "could not be stored: OSError: disk full" in world.messages[0]
    world.advance(1000)
    assert world.of("trigger") == [2]


def test_metadata_that_cannot_be_written_aborts() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.acknowledge(1)
    world.io.finish(error=OSError("disk full"))
    world.io.finish_all()
    assert world.of("complete") == []
    assert world.of("aborted") == [1]
    assert world.store.checkpoints == []
    assert world.storage.folders == set()
    assert "checkpoint 1: checkpoint 1 failed: could not be stored" in str(world.failures[0])


def test_a_store_that_fails_aborts() -> None:
    world = World(SECOND)
    world.store.error = OSError("no")
    world.advance(1000)
    world.complete(1)
    assert world.of("complete") == []
    assert world.of("aborted") == [1]
    assert world.storage.folders == set()


def test_an_enumerator_that_fails_aborts_without_a_barrier() -> None:
    world = World(SECOND)
    world.enumerator_error = RuntimeError("boom")
    world.advance(1000)
    assert world.events == []
    assert world.storage.folders == set()
    assert "RuntimeError: boom" in str(world.failures[0])


# -- when -------------------------------------------------------------------------------------


def test_the_interval_runs_from_trigger_to_trigger() -> None:
    world = World(SECOND)
    world.advance(999)
    assert world.of("trigger") == []
    world.advance(1)
    world.main.advance(400)
    world.complete(1)
    world.advance(599)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 2]


def test_one_that_takes_longer_than_the_interval_is_followed_at_once() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.advance(2500)
    assert world.of("trigger") == [1]
    world.complete(1)
    assert world.of("trigger") == [1, 2]


def test_the_pause_counts_from_the_end() -> None:
    world = World(SECOND._replace(min_pause=800))
    world.advance(1000)
    world.advance(500)
    world.complete(1)
    world.advance(799)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 2]


def test_the_pause_counts_from_a_failed_one_as_well() -> None:
    world = World(SECOND._replace(min_pause=5000, tolerable_failures=5))
    world.advance(1000)
    world.coordinator.decline(A, 1, "no")
    world.advance(4999)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 2]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_than_max_concurrent(limit: int) -> None:
    world = World(SECOND._replace(max_concurrent=limit))
    world.advance(10_000)
    assert world.of("trigger") == list(range(1, limit + 1))
    assert world.coordinator.pending == list(range(1, limit + 1))


def test_no_periodic_ones_without_an_interval() -> None:
    world = World(CheckpointSettings())
    world.advance(10**9)
    assert world.of("trigger") == []
    got, callback = outcome()
    world.coordinator.trigger_checkpoint(callback)
    world.io.finish_all()
    world.complete(1)
    assert got == [1]


def test_none_before_start_and_none_after_stop() -> None:
    world = World(SECOND, start=False)
    world.advance(5000)
    assert world.storage.folders == set()
    world.coordinator.start()
    world.advance(1000)
    world.coordinator.start()  # no effect
    world.coordinator.stop()
    world.advance(5000)
    assert world.of("trigger") == [1]
    assert world.of("aborted") == [1]
    assert world.storage.folders == set()
    assert world.main.next_timer() is None
    assert world.messages == []


def test_after_a_restart_the_interval_starts_anew_and_ids_go_on() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.coordinator.stop()
    world.advance(700)
    world.coordinator.start()
    world.advance(999)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 2]


def test_ids_start_above_what_was_restored() -> None:
    world = World(SECOND)
    world.ids.above(41)
    world.ids.above(7)
    world.advance(1000)
    assert world.of("trigger") == [42]


def test_nothing_is_tried_while_subtasks_are_deployed() -> None:
    world = World(SECOND)
    world.all_running = False
    world.advance(3500)
    assert world.ids() == 1  # no id was used
    assert world.messages == []
    world.all_running = True
    world.advance(500)
    assert world.of("trigger") == [2]


def test_a_job_that_stops_running_while_the_folder_is_created() -> None:
    world = World(SECOND)
    world.main.advance(1000)
    world.all_running = False
    world.io.finish_all()
    assert world.events == []
    assert world.failures == []
    assert world.storage.folders == set()


# -- requests ---------------------------------------------------------------------------------


def test_a_checkpoint_by_hand_waits_for_a_place_but_not_for_the_pause() -> None:
    world = World(SECOND._replace(min_pause=60_000))
    world.advance(1000)
    got, callback = outcome()
    world.coordinator.trigger_checkpoint(callback)
    world.coordinator.trigger_checkpoint(callback)
    world.io.finish_all()
    assert world.of("trigger") == [1]
    world.complete(1)
    assert world.of("trigger") == [1, 2]
    assert got == []
    world.complete(2)
    assert got == [2, 2]  # one for both


def test_by_hand_while_the_job_does_not_run() -> None:
    world = World(SECOND, start=False)
    got, callback = outcome()
    world.coordinator.trigger_checkpoint(callback)
    world.coordinator.trigger_savepoint(None, callback)
    assert [text.split(":")[0] for text in got] == [
        "a checkpoint cannot be taken",
        "a savepoint cannot be taken",
    ]


def test_those_that_wait_are_told_of_a_failover() -> None:
    world = World(SECOND)
    world.advance(1000)
    got, callback = outcome()
    world.coordinator.trigger_checkpoint(callback)
    world.coordinator.stop(detail="task lost")
    assert got == ["the checkpoint failed: the job stopped or restarts: task lost"]


# -- savepoints -------------------------------------------------------------------------------


def test_a_savepoint_does_not_wait() -> None:
    world = World(SECOND._replace(unaligned=True, min_pause=60_000))
    world.advance(1000)
    assert world.barriers[1].unaligned
    got, callback = outcome()
    world.coordinator.trigger_savepoint("mem://mine", callback)
    world.io.finish_all()
    barrier = world.barriers[2]
    assert (barrier.is_savepoint, barrier.unaligned, barrier.stop) == (True, False, False)
    assert barrier.location == "mem://mine/savepoint-1"
    world.complete(2)
    assert got == [2]
    assert world.storage.metadata == [2]


def test_a_savepoint_belongs_to_the_user() -> None:
    """Jobs do not go on from it, sinks do not commit with it, and older checkpoints stay."""
    world = World(SECOND)
    world.advance(1000)
    world.coordinator.trigger_savepoint(None)
    world.io.finish_all()
    world.complete(2)
    assert world.store.checkpoints == []
    assert world.of("complete") == []
    assert world.coordinator.pending == [1]


def test_a_newer_checkpoint_does_not_replace_a_savepoint_under_way() -> None:
    world = World(SECOND._replace(max_concurrent=2))
    got, callback = outcome()
    world.coordinator.trigger_savepoint(None, callback)
    world.advance(1000)
    world.complete(2)
    assert world.coordinator.pending == [1]
    world.complete(1)
    assert got == [1]


def test_without_periodic_checkpoints_sinks_commit_with_a_savepoint() -> None:
    world = World(CheckpointSettings())
    world.coordinator.trigger_savepoint(None)
    world.io.finish_all()
    world.complete(1)
    assert world.of("complete") == [1]
    assert world.store.checkpoints == []


def test_a_failed_savepoint_is_deleted_and_does_not_fail_the_job() -> None:
    world = World(CheckpointSettings())
    got, callback = outcome()
    world.coordinator.trigger_savepoint(None, callback)
    world.io.finish_all()
    world.coordinator.decline(C, 1, "disk full")
    world.io.finish_all()
    assert got == ["savepoint 1 failed: was declined: by Sink (1/1): disk full"]
    assert world.failures == []
    assert world.storage.folders == set()


def test_stop_with_savepoint() -> None:
    world = World(SECOND)
    world.advance(1000)
    got, callback = outcome()
    world.coordinator.trigger_savepoint(None, callback, stop=True)
    world.coordinator.trigger_checkpoint(callback)
    assert "the job stops with a savepoint" in got.pop()
    world.io.finish_all()
    assert world.barriers[2].stop
    world.complete(2)
    assert got == [2]
    assert world.events[-2:] == [("complete", 2), ("aborted", 1)]
    assert [c.checkpoint_id for c in world.store.checkpoints] == [2]
    world.advance(100_000)
    assert world.of("trigger") == [1, 2]


def test_a_failed_stop_goes_on() -> None:
    world = World(SECOND)
    got, callback = outcome()
    world.coordinator.trigger_savepoint(None, callback, stop=True)
    world.advance(5000)
    world.coordinator.decline(A, 1, "no")
    assert "was declined" in got[0]
    world.advance(1000)
    assert world.of("trigger") == [1, 2]


def test_a_failure_while_stopping_goes_on_after_the_restart() -> None:
    world = World(SECOND)
    world.coordinator.trigger_savepoint(None, stop=True)
    world.io.finish_all()
    world.complete(1)
    world.coordinator.stop()
    world.coordinator.start()
    world.advance(1000)
    assert world.of("trigger") == [1, 2]


# -- subtasks that end ------------------------------------------------------------------------


def test_a_finished_subtask_counts_as_acknowledged() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.acknowledge(1, A, C)
    world.finish(B)
    world.io.finish_all()
    assert world.of("complete") == [1]
    assert list(world.store.checkpoints[0].operators["src"].subtasks) == [0]
    world.advance(1000)
    assert world.triggered[2] == [A]
    world.complete(2)
    assert world.of("complete") == [1, 2]


def test_no_checkpoints_after_a_part_has_finished_where_that_is_unwanted() -> None:
    world = World(SECOND._replace(after_tasks_finish=False))
    world.finish(A)
    world.advance(5000)
    assert world.of("trigger") == []
    world.coordinator.all_drained()
    world.io.finish_all()
    assert world.of("trigger") == [1]


def test_nothing_once_all_have_finished() -> None:
    world = World(SECOND)
    for subtask in ALL:
        world.finish(subtask)
    world.advance(5000)
    assert world.ids() == 1


def test_a_drained_job_gets_its_last_checkpoint_at_once() -> None:
    world = World(CheckpointSettings(interval=3_600_000, min_pause=60_000))
    world.coordinator.all_drained()
    world.coordinator.all_drained()
    world.io.finish_all()
    world.coordinator.all_drained()
    assert world.of("trigger") == [1]
    world.complete(1)
    world.finish(A)
    world.coordinator.all_drained()
    world.io.finish_all()
    assert world.of("trigger") == [1]


def test_a_checkpoint_sent_before_the_end_is_not_the_last() -> None:
    world = World(SECOND._replace(interval=3_600_000))
    world.coordinator.trigger_checkpoint()
    world.io.finish_all()
    world.coordinator.all_drained()
    assert world.of("trigger") == [1]
    world.complete(1)
    assert world.of("trigger") == [1, 2]


def test_a_failed_last_checkpoint_is_taken_again_soon() -> None:
    world = World(CheckpointSettings(interval=3_600_000, tolerable_failures=9))
    world.coordinator.all_drained()
    world.io.finish_all()
    world.coordinator.decline(A, 1, "no")
    world.advance(999)
    assert world.of("trigger") == [1]
    world.main.advance(1)
    world.io.finish(error=OSError("disk full"))
    world.advance(999)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 3]


def test_after_a_failover_nothing_is_drained_any_more() -> None:
    world = World(CheckpointSettings(interval=3_600_000))
    world.coordinator.all_drained()
    world.io.finish_all()
    world.coordinator.stop()
    world.coordinator.start()
    world.advance(10_000)
    assert world.of("trigger") == [1]
    world.coordinator.all_drained()
    world.io.finish_all()
    assert world.of("trigger") == [1, 2]


# -- failures ---------------------------------------------------------------------------------


def test_the_timeout_names_who_is_missing() -> None:
    world = World(SECOND._replace(timeout=500))
    world.advance(1000)
    world.acknowledge(1, A)
    world.advance(499)
    assert world.of("aborted") == []
    world.advance(1)
    assert world.of("aborted") == [1]
    text = str(world.failures[0])
    assert "after 500 ms" in text
    assert "2 of 3 subtasks had not answered: Source -> Map (2/2), Sink (1/1)" in text
    assert "execution.checkpointing.tolerable-failed-checkpoints allows 0" in text
    assert world.storage.folders == set()


@pytest.mark.parametrize("tolerable", [0, 2])
def test_failures_in_a_row(tolerable: int) -> None:
    world = World(SECOND._replace(tolerable_failures=tolerable))
    for checkpoint_id in range(1, tolerable + 2):
        assert world.failures == []
        world.advance(1000)
        world.coordinator.decline(A, checkpoint_id, "no")
    assert len(world.failures) == 1


def test_a_success_starts_the_count_anew() -> None:
    world = World(SECOND._replace(tolerable_failures=1))
    for checkpoint_id in range(1, 9):
        world.advance(1000)
        if checkpoint_id % 2:
            world.coordinator.decline(A, checkpoint_id, "no")
        else:
            world.complete(checkpoint_id)
    assert world.failures == []


@pytest.mark.parametrize("reason", ["a subtask is closing", "a subtask is not ready"])
def test_reasons_that_do_not_count(reason: str) -> None:
    world = World(SECOND)
    world.advance(1000)
    world.coordinator.decline(A, 1, reason)
    assert world.of("aborted") == [1]
    assert world.failures == []
    assert world.messages == []


def test_a_savepoint_that_meets_the_end_of_a_subtask_is_tried_again() -> None:
    world = World(SECOND)
    answers: list[Any] = []
    world.coordinator.trigger_savepoint("mem://", lambda *answer: answers.append(answer), stop=True)
    world.io.finish_all()
    for checkpoint_id in (1, 2):
        world.coordinator.decline(A, checkpoint_id, "a subtask is closing")
        assert answers == []
        world.coordinator.trigger_checkpoint(lambda *answer: answers.append(answer))
        ((_, error),) = answers
        answers.clear()
        assert "the job stops with a savepoint" in str(error)
        world.io.finish_all()
    world.complete(3)
    ((completed, error),) = answers
    assert error is None
    assert completed.checkpoint_id == 3


def test_it_is_not_tried_for_ever() -> None:
    world = World(SECOND)
    answers: list[Any] = []
    world.coordinator.trigger_savepoint("mem://", lambda *answer: answers.append(answer))
    for checkpoint_id in range(1, 6):
        assert answers == []
        world.io.finish_all()
        world.coordinator.decline(A, checkpoint_id, "a subtask is not ready")
    ((completed, error),) = answers
    assert completed is None
    assert "a subtask is not ready" in str(error)


def test_a_newer_checkpoint_replaces_older_ones() -> None:
    world = World(SECOND._replace(max_concurrent=3))
    world.advance(3000)
    world.acknowledge(3)
    world.acknowledge(1)  # both are being written
    world.io.finish(0)
    assert world.of("complete") == [3]
    assert world.of("aborted") == [1, 2]
    assert world.failures == []
    world.io.finish_all()
    assert world.storage.folders == {"mem://chk-3"}
    assert [c.checkpoint_id for c in world.store.checkpoints] == [3]


def test_what_is_being_written_is_deleted_only_afterwards() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.acknowledge(1)
    world.coordinator.stop()
    assert len(world.io.waiting) == 1  # the metadata
    world.io.finish()
    assert world.storage.folders == {"mem://chk-1"}
    world.io.finish()
    assert world.storage.folders == set()
    assert world.of("complete") == []


def test_a_folder_that_comes_after_the_timeout_is_deleted() -> None:
    world = World(SECOND._replace(timeout=500, tolerable_failures=9))
    world.main.advance(1500)
    assert world.coordinator.pending == []
    world.main.advance(600)
    world.io.finish(1)
    assert world.of("trigger") == [2]
    world.io.finish(0)
    world.io.finish_all()
    assert world.storage.folders == {"mem://chk-2"}


# -- acknowledgements that nobody waits for ---------------------------------------------------


def test_late_state_is_deleted() -> None:
    world = World(SECOND._replace(tolerable_failures=9))
    world.advance(1000)
    world.coordinator.acknowledge(A, 1, state_of("src", f="mem://shared/1"))
    world.coordinator.decline(B, 1, "no")
    assert world.store.discarded == ["mem://shared/1"]
    world.io.finish_all()
    world.storage.folders.add("mem://chk-1")  # the subtask wrote late
    world.coordinator.acknowledge(C, 1, state_of("sink", f="mem://shared/2"))
    world.io.finish_all()
    assert world.storage.folders == set()
    assert world.store.discarded == ["mem://shared/1", "mem://shared/2"]
    assert len(world.messages) == 1  # late ones are no news for the user


def test_a_second_acknowledgement_changes_nothing() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.acknowledge(1, A)
    world.coordinator.acknowledge(A, 1, state_of("src", b"other", f="mem://f"))
    world.acknowledge(1, B, C)
    world.coordinator.acknowledge(C, 1, state_of("sink", b"other", f="mem://f"))
    assert world.store.discarded == []  # while it is being written they may be needed
    world.io.finish()
    assert world.store.checkpoints[0].operators["src"].subtasks[0].snapshot.inline == b"x"


def test_an_acknowledgement_after_the_end_still_counts() -> None:
    world = World(SECOND)
    world.advance(1000)
    world.finish(A)
    world.acknowledge(1, A, B, C)
    world.io.finish_all()
    assert list(world.store.checkpoints[0].operators["src"].subtasks) == [0, 1]


def test_of_a_checkpoint_that_never_was() -> None:
    world = World(SECOND)
    world.coordinator.acknowledge(A, 99, state_of("src", f="mem://f"))
    world.coordinator.decline(A, 99, "no")
    assert world.store.discarded == ["mem://f"]
    assert world.events == []


# -- unaligned --------------------------------------------------------------------------------


def test_unaligned_at_once_or_after_a_while() -> None:
    world = World(SECOND._replace(unaligned=True))
    world.advance(1000)
    assert (world.barriers[1].unaligned, world.barriers[1].alignment_timeout) == (True, -1)
    world.coordinator.reconfigure(SECOND._replace(unaligned=True, aligned_timeout=200))
    world.complete(1)
    world.advance(1000)
    assert (world.barriers[2].unaligned, world.barriers[2].alignment_timeout) == (False, 200)


# -- settings that change ---------------------------------------------------------------------


def test_another_interval_counts_from_the_last_trigger() -> None:
    world = World(SECOND._replace(interval=3_600_000))
    world.advance(5000)
    world.coordinator.reconfigure(SECOND._replace(interval=6000))
    world.advance(1000)
    assert world.of("trigger") == [1]
    world.complete(1)
    world.coordinator.reconfigure(SECOND._replace(interval=60_000))
    world.advance(59_999)
    assert world.of("trigger") == [1]
    world.advance(1)
    assert world.of("trigger") == [1, 2]


def test_checkpoints_switched_off_and_on() -> None:
    world = World(SECOND)
    world.coordinator.reconfigure(CheckpointSettings())
    world.advance(10_000)
    assert world.of("trigger") == []
    world.coordinator.reconfigure(SECOND)
    world.advance(999)
    assert world.of("trigger") == []
    world.advance(1)
    assert world.of("trigger") == [1]


def test_another_timeout_counts_for_what_is_under_way() -> None:
    world = World(SECOND._replace(tolerable_failures=9))
    world.advance(1000)
    world.advance(700)
    world.coordinator.reconfigure(SECOND._replace(timeout=800, tolerable_failures=9))
    world.advance(99)
    assert world.of("aborted") == []
    world.advance(1)
    assert world.of("aborted") == [1]


def test_a_shorter_pause_and_more_places_take_effect_at_once() -> None:
    world = World(SECOND._replace(min_pause=60_000))
    world.advance(1000)
    world.complete(1)
    world.advance(1000)
    world.coordinator.reconfigure(SECOND)
    world.io.finish_all()
    assert world.of("trigger") == [1, 2]
    world.advance(1000)
    world.coordinator.reconfigure(SECOND._replace(max_concurrent=2))
    world.io.finish_all()
    assert world.of("trigger") == [1, 2, 3]
