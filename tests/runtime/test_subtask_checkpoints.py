"""A task's part in checkpoints: what it sends, stores and does when the news comes."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.checkpoint.handles import SubtaskId
from hurtig.messages import (
    CancelBarrier,
    CheckpointBarrier,
    EndOfData,
    EndOfInput,
    RowBatch,
    Watermark,
    WatermarkStatus,
)
from hurtig.operators.contract import OperatorContext, OperatorMetrics, StreamOperator
from hurtig.operators.processing_time import ManualProcessingTime
from hurtig.runtime.channel import LocalChannel
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.in_flight import InFlight
from hurtig.runtime.inbox import Inbox, InputGate
from hurtig.runtime.outbox import ChannelOutput
from hurtig.runtime.partitioning import ForwardRouter
from hurtig.runtime.stream_task import StreamTask
from hurtig.runtime.subtask_checkpoints import SubtaskCheckpoints
from hurtig.state.descriptors import ListStateDescriptor
from hurtig.state.operator_state import DefaultOperatorStateBackend

SUBTASK = SubtaskId(1, 0)


class Seen(StreamOperator):
    """Keeps what it has seen in its state, writes down what it is told, passes records on."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.committing_for = 0

    def setup(self, context: OperatorContext) -> None:
        self.context = context
        self.output = context.output
        self.kept = context.operator_state.get_list_state(ListStateDescriptor("seen"))

    def process_batch(self, batch: RowBatch, input_index: int = 0) -> None:
        self.kept.add_all(batch.values)
        self.output.emit(batch)

    def process_watermark(self, timestamp: int, input_index: int = 0) -> None:
        self.output.emit_watermark(timestamp)

    def process_status(self, status: WatermarkStatus, input_index: int = 0) -> None:
        pass

    def prepare_snapshot(self, checkpoint_id: int, savepoint: bool = False) -> None:
        self.output.emit(RowBatch([f"before {checkpoint_id}"]))

    def notify_checkpoint_complete(self, checkpoint_id: int) -> None:
        self.log.append(("complete", checkpoint_id))

    def notify_checkpoint_aborted(self, checkpoint_id: int) -> None:
        self.log.append(("aborted", checkpoint_id))

    @property
    def committing(self) -> bool:
        self.committing_for -= 1
        return self.committing_for >= 0

    def suspend(self, suspended: bool) -> None:
        self.log.append("suspended" if suspended else "goes on")

    def end_input(self, input_index: int = 0) -> None:
        self.log.append("end of input")

    def finish(self) -> None:
        self.log.append("finish")
        self.kept.add("finished")

    def close(self) -> None:
        self.log.append("close")


class Fixture:
    """A task with ``channels`` inputs and one output; also its responder."""

    def __init__(
        self, channels: int = 2, exactly_once: bool = True, wait_at_end: bool = True
    ) -> None:
        self.time = ManualProcessingTime(1000)
        self.inputs = [LocalChannel() for _ in range(channels)]
        self.out = LocalChannel()
        ids = [ChannelId("source", 0, n, 0, channels) for n in range(channels)]
        output = ChannelOutput(
            [self.out], ForwardRouter(), 100, self.time.now, [ChannelId("task", 0, 0, 0)]
        )
        self.operator = Seen()
        context: Any = OperatorContext(
            name="Seen",
            uid="seen",
            output=output,
            runtime_context=None,  # type: ignore[arg-type]
            processing_time=self.time,
            mailbox=None,  # type: ignore[arg-type]
            keyed_state=lambda: None,  # type: ignore[arg-type,return-value]
            operator_state=DefaultOperatorStateBackend(),
            timer_service=None,  # type: ignore[arg-type]
        )
        self.operator.setup(context)
        self.task = StreamTask(
            "task",
            [self.operator],
            [output],
            Inbox([InputGate(0, list(self.inputs), ids)]),
            OperatorMetrics(),
        )
        self.task.checkpointing = SubtaskCheckpoints(
            self.task, SUBTASK, self, self.time, 128, exactly_once, wait_at_end
        )
        self.taken: dict[int, list[Any]] = {}
        self.in_flight: dict[int, list[Any]] = {}
        self.alignment: dict[int, int] = {}
        self.declines: list[Any] = []
        self.was_drained = 0

    def snapshot_taken(
        self,
        subtask: SubtaskId,
        barrier: CheckpointBarrier,
        snapshots: dict[str, Any],
        in_flight: bytes | None,
        alignment_ms: int,
        sync_ms: int,
    ) -> None:
        assert subtask == SUBTASK
        id_ = barrier.checkpoint_id
        assert id_ not in self.taken
        restored = DefaultOperatorStateBackend()
        restored.restore(snapshots["seen"].operator_state)
        self.taken[id_] = restored.get_list_state(ListStateDescriptor("seen")).get()
        self.alignment[id_] = alignment_ms
        if in_flight is not None:
            flight = InFlight.from_bytes(in_flight)
            self.in_flight[id_] = [
                (c.sender, m.values if isinstance(m, RowBatch) else m)
                for c, messages in flight.received.items()
                for m in messages
            ]

    def declined(self, subtask: SubtaskId, checkpoint_id: int, reason: str) -> None:
        self.declines.append((checkpoint_id, reason))

    def drained(self, subtask: SubtaskId) -> None:
        self.was_drained += 1

    def send(self, channel: int, *messages: Any) -> Fixture:
        for message in messages:
            self.inputs[channel].send(message)
        return self

    def run(self) -> list[Any]:
        """What the task sends until nothing is left to do."""
        while self.task.step():
            pass
        return self.sent()

    def end_channels(self) -> None:
        """The senders finish."""
        for channel in self.inputs:
            channel.send(EndOfInput())
        while self.task.step():
            pass

    def sent(self) -> list[Any]:
        messages = []
        while (message := self.out.receive()) is not None:
            messages.append(message.values if isinstance(message, RowBatch) else message)
        return messages

    @property
    def seen(self) -> list[Any]:
        return self.operator.kept.get()


def rows(*values: Any) -> RowBatch:
    return RowBatch(list(values))


def barrier(id_: int = 1, **options: Any) -> CheckpointBarrier:
    return CheckpointBarrier(id_, 1000, **options)


def names(messages: list[Any]) -> list[Any]:
    return [m if isinstance(m, list) else type(m).__name__ for m in messages]


# -- aligned --------------------------------------------------------------------------------------


def test_what_an_operator_emits_before_a_snapshot_comes_before_the_barrier() -> None:
    f = Fixture(1).send(0, rows(1), barrier(), rows(2))
    assert names(f.run()) == [[1, "before 1"], "CheckpointBarrier", [2]]
    assert f.taken == {1: [1]}


def test_a_blocked_channel_is_not_read() -> None:
    f = Fixture(2).send(0, barrier(), rows("after")).send(1, rows("before"))
    f.run()
    assert f.seen == ["before"]
    f.time.advance_to(1500)
    f.send(1, barrier())
    f.run()
    assert f.taken == {1: ["before"]}
    assert f.seen == ["before", "after"]
    assert f.alignment == {1: 500}


def test_the_jobmaster_ends_an_alignment() -> None:
    f = Fixture(2).send(0, barrier(), rows("after"))
    f.run()
    f.task.notify_checkpoint_aborted(1)
    assert names(f.run()) == ["CancelBarrier", ["after"]]
    assert f.operator.log == [("aborted", 1)]
    assert f.declines == []
    f.send(1, barrier())
    assert f.run() == [], "its other barrier comes too late"


def test_a_cancelled_alignment_is_told_on() -> None:
    f = Fixture(2).send(0, barrier(), rows("after")).send(1, CancelBarrier(1))
    assert names(f.run()) == ["CancelBarrier", ["after"]]
    assert f.taken == {}


def test_a_newer_checkpoint_is_a_reason_to_decline() -> None:
    f = Fixture(2).send(0, barrier(1), barrier(2)).send(1, barrier(2))
    assert names(f.run()) == ["CancelBarrier", ["before 2"], "CheckpointBarrier"]
    assert [id_ for id_, _ in f.declines] == [1]
    assert list(f.taken) == [2]


def test_at_least_once_reads_on() -> None:
    f = Fixture(2, exactly_once=False).send(0, barrier(), rows("after")).send(1, rows("before"))
    f.run()
    f.send(1, barrier())
    f.run()
    assert sorted(f.taken[1]) == ["after", "before"]


def test_state_that_cannot_be_written_declines_and_names_it() -> None:
    f = Fixture(1).send(0, rows(lambda: 0), barrier(), rows(2))
    sent = f.run()
    assert "CheckpointBarrier" in names(sent)
    ((id_, reason),) = f.declines
    assert id_ == 1
    assert "Seen" in reason
    assert "'seen'" in reason
    assert not f.task.finished


def test_an_error_of_the_operator_is_no_decline() -> None:
    f = Fixture(1).send(0, barrier())

    def fail(checkpoint_id: int, savepoint: bool = False) -> None:
        raise ValueError("no")

    f.operator.prepare_snapshot = fail  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="no"):
        f.run()


# -- unaligned ------------------------------------------------------------------------------------


def test_records_that_wait_belong_to_the_checkpoint() -> None:
    f = Fixture(2).send(0, rows("a"), Watermark(7)).send(1, rows("b"))
    f.inputs[0].overtake(barrier(unaligned=True))
    f.inputs[1].overtake(barrier(unaligned=True))
    sent = f.run()
    assert names(sent)[:1] == ["CheckpointBarrier"], "it is before all that waited"
    assert f.taken == {1: []}
    assert sorted(f.in_flight[1], key=str) == [(0, Watermark(7)), (0, ["a"]), (1, ["b"])]
    assert sorted(f.seen) == ["a", "b"], "they are processed all the same"


def test_records_of_a_channel_whose_barrier_comes_later_belong_to_it() -> None:
    f = Fixture(2).send(1, rows("b"))
    f.inputs[0].overtake(barrier(unaligned=True))
    f.run()
    assert f.taken == {}, "it waits for the second barrier"
    f.send(1, rows("c"), barrier(unaligned=True), rows("after"))
    f.send(0, rows("not this"))
    f.run()
    assert f.taken == {1: []}
    assert f.in_flight == {1: [(1, ["b"]), (1, ["c"])]}


def test_a_batch_in_hand_belongs_to_it() -> None:
    f = Fixture(2).send(0, rows(1, 2, 3))
    f.task.limit.limit = 1
    f.task.step()
    assert f.seen == [1]
    f.inputs[1].overtake(barrier(unaligned=True))
    f.inputs[0].overtake(barrier(unaligned=True))
    f.task.step()
    assert f.taken == {1: [1]}
    assert f.in_flight == {1: [(0, [2, 3])]}


def test_a_barrier_passes_also_where_readers_ask_for_a_pause() -> None:
    f = Fixture(1).send(0, rows("waits"))
    f.out.send(rows(*range(1 << 15)))
    assert f.task.blocked
    f.inputs[0].overtake(barrier(unaligned=True))
    f.task.step()
    assert f.taken == {1: []}
    assert isinstance(f.out.receive(), CheckpointBarrier)


def test_records_that_cannot_be_written_decline_it() -> None:
    f = Fixture(1).send(0, rows(lambda: 0))
    f.inputs[0].overtake(barrier(unaligned=True))
    f.run()
    assert f.taken == {}
    ((id_, reason),) = f.declines
    assert id_ == 1
    assert "on their way from 'source'" in reason


def test_an_aborted_one_is_forgotten() -> None:
    f = Fixture(2)
    f.inputs[0].overtake(barrier(unaligned=True))
    f.run()
    f.task.notify_checkpoint_aborted(1)
    f.send(1, rows("b"), barrier(unaligned=True))
    f.run()
    assert (f.taken, f.in_flight, f.declines) == ({}, {}, [])


def test_alignment_ends_at_its_limit() -> None:
    f = Fixture(2).send(0, barrier(alignment_timeout=50), rows("after")).send(1, rows("b"))
    f.run()
    assert f.seen == ["b"]
    f.time.advance_to(1050)
    sent = f.run()
    assert [m.unaligned for m in sent if isinstance(m, CheckpointBarrier)] == [True]
    f.send(1, rows("c"), barrier(alignment_timeout=50))
    f.run()
    assert f.taken == {1: ["b"]}
    assert f.in_flight == {1: [(1, ["c"])]}


def test_a_barrier_that_waits_in_its_channel_is_brought_forward_at_the_limit() -> None:
    f = Fixture(2)
    f.send(0, rows("a"), barrier(alignment_timeout=50), rows("after")).send(1, rows("b"))
    f.send(1, barrier(alignment_timeout=50))
    f.out.send(rows(*range(1 << 15)))  # a pause: nothing is read
    f.task.step()
    f.time.advance_to(1050)
    assert f.taken == {1: []}
    assert sorted(f.in_flight[1]) == [(0, ["a"]), (1, ["b"])]


# -- ends -----------------------------------------------------------------------------------------


def test_the_end_waits_for_a_checkpoint() -> None:
    f = Fixture(2).send(0, EndOfData()).send(1, rows("b"), EndOfData())
    assert names(f.run()) == [["b"], "EndOfData"]
    assert (f.task.drained, f.was_drained, f.task.finished) == (True, 1, False)
    f.send(0, barrier()).send(1, barrier())
    f.run()
    assert f.taken == {1: ["b", "finished"]}
    f.task.notify_checkpoint_complete(1)
    assert not f.task.finished, "a barrier may be on its way"
    f.end_channels()
    assert names(f.sent()) == ["EndOfInput"]
    assert f.task.finished
    assert f.operator.log == ["end of input", "finish", ("complete", 1), "close"]


def test_a_checkpoint_from_before_the_end_is_not_enough() -> None:
    f = Fixture(1).send(0, barrier(1), EndOfData(), barrier(2), EndOfInput())
    f.run()
    f.task.notify_checkpoint_complete(1)
    assert not f.task.finished
    f.task.notify_checkpoint_complete(2)
    assert f.task.finished


def test_senders_that_finish_first_change_nothing() -> None:
    f = Fixture(2).send(0, EndOfData(), EndOfInput()).send(1, rows("b"), EndOfData(), barrier())
    f.run()
    assert f.taken == {1: ["b", "finished"]}
    f.send(1, EndOfInput())
    f.run()
    assert not f.task.finished
    f.task.notify_checkpoint_complete(1)
    assert f.task.finished


def test_a_task_whose_senders_are_gone_is_triggered_itself() -> None:
    f = Fixture(2).send(0, EndOfData(), EndOfInput()).send(1, EndOfData())
    f.run()
    f.task.trigger_checkpoint(barrier())
    assert f.taken == {}, "one of them may still send something"
    f.send(1, EndOfInput())
    f.run()
    assert f.taken == {1: ["finished"]}


def test_without_checkpoints_the_end_is_the_end() -> None:
    f = Fixture(1, wait_at_end=False).send(0, rows(1), EndOfInput())
    assert names(f.run()) == [[1], "EndOfInput"]
    assert f.task.finished


def test_the_end_waits_for_commits() -> None:
    f = Fixture(1).send(0, EndOfData(), barrier(), EndOfInput())
    f.run()
    f.operator.committing_for = 2
    f.task.notify_checkpoint_complete(1)
    assert not f.task.finished
    assert names(f.sent()) == []
    f.task.step()
    f.task.step()
    assert f.task.finished


def test_a_savepoint_stops_without_finishing() -> None:
    f = Fixture(1).send(0, rows(1), barrier(is_savepoint=True, stop=True), EndOfInput())
    f.run()
    assert f.taken == {1: [1]}
    f.task.notify_checkpoint_complete(1)
    assert f.task.finished
    assert f.operator.log == ["suspended", ("complete", 1), "close"]
    assert names(f.sent()) == ["EndOfInput"]


def test_a_failed_savepoint_lets_the_job_go_on() -> None:
    f = Fixture(1).send(0, barrier(is_savepoint=True, stop=True))
    f.run()
    f.task.notify_checkpoint_aborted(1)
    assert not f.task.stopping
    f.send(0, rows(2), EndOfData(), barrier(2))
    f.run()
    assert f.taken[2] == [2, "finished"]
    assert f.operator.log == ["suspended", ("aborted", 1), "goes on", "end of input", "finish"]


def test_draining_needs_no_regular_checkpoints() -> None:
    f = Fixture(1, wait_at_end=False)
    f.send(0, EndOfData(), barrier(is_savepoint=True, stop=True, drain=True))
    f.run()
    assert f.taken == {1: ["finished"]}
    f.end_channels()
    assert not f.task.finished
    f.task.notify_checkpoint_complete(1)
    assert f.task.finished


def test_a_drained_job_ends_also_when_its_savepoint_fails() -> None:
    f = Fixture(1, wait_at_end=False)
    f.send(0, EndOfData(), barrier(is_savepoint=True, stop=True, drain=True))
    f.run()
    f.task.notify_checkpoint_aborted(1)
    f.end_channels()
    assert f.task.finished


def test_news_for_a_finished_task_is_dropped() -> None:
    f = Fixture(1, wait_at_end=False).send(0, EndOfInput())
    f.run()
    f.task.notify_checkpoint_complete(3)
    f.task.notify_checkpoint_aborted(4)
    f.task.trigger_checkpoint(barrier(5))
    assert f.operator.log == ["end of input", "finish", "close"]
    assert f.taken == {}
