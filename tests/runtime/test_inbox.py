"""The inbox reads its channels in turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hurtig.messages import RowBatch
from hurtig.runtime.channel import LocalChannel
from hurtig.runtime.inbox import Inbox, InputGate


def inbox_of(*channels_of_gates: int) -> Inbox:
    return Inbox(
        [InputGate(i, [LocalChannel() for _ in range(n)]) for i, n in enumerate(channels_of_gates)]
    )


def read(inbox: Inbox) -> list[object]:
    received = []
    while (message := inbox.receive()) is not None:
        received.append(message[2].values[0])
    return received


def test_round_robin():
    inbox = inbox_of(2, 1)
    channels = [c for gate in inbox.gates for c in gate.channels]
    for name, channel in zip("abc", channels, strict=True):
        for number in range(3):
            channel.send(RowBatch([f"{name}{number}"]))
    assert read(inbox) == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_busy_channel_does_not_starve_another():
    inbox = inbox_of(2)
    busy, quiet = inbox.gates[0].channels
    for number in range(10):
        busy.send(RowBatch([number]))
    assert inbox.receive()[2].values == [0]
    quiet.send(RowBatch(["quiet"]))
    assert inbox.receive()[2].values == ["quiet"]


def test_tells_gate_and_channel():
    inbox = inbox_of(1, 3)
    inbox.gates[1].channels[2].send(RowBatch([1]))
    gate, number, _ = inbox.receive()
    assert (gate.input_index, number) == (1, 2)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60))
def test_everything_once_and_in_order(script):
    """Sending and receiving interleaved at will."""
    inbox = inbox_of(2, 2)
    channels = [c for gate in inbox.gates for c in gate.channels]
    sent: list[tuple[int, int]] = []
    received: list[tuple[int, int]] = []
    for number, (channel, receive) in enumerate(script):
        channels[channel].send(RowBatch([(channel, number)]))
        sent.append((channel, number))
        if receive:
            received.append(inbox.receive()[2].values[0])
    received += read(inbox)
    for channel in range(4):
        assert [m for m in received if m[0] == channel] == [m for m in sent if m[0] == channel]
    assert len(received) == len(sent)


def test_ended_when_all_channels_have():
    inbox = inbox_of(2, 1)
    inbox.gates[0].open_channels -= 2
    assert not inbox.ended
    inbox.gates[1].open_channels -= 1
    assert inbox.ended
