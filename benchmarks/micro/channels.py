"""Cost and latency of channels between processes.

``python benchmarks/micro/channels.py`` prints the CPU time of each side for a batch, by kind and
number of records, and the round trip of a lone record between two processes while both slots have
other work to do.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

from hurtig.common.typeinfo import Types
from hurtig.messages import EndOfInput, RowBatch
from hurtig.runtime.channel import Channel
from hurtig.runtime.channel_id import ChannelId
from hurtig.runtime.network.network import Network, SocketChannels
from hurtig.runtime.network.slot import NetworkSlot

THERE, BACK = ChannelId("a", 0, 0, 0), ChannelId("b", 0, 0, 0)
TUPLE = Types.TUPLE([Types.STRING(), Types.LONG(), Types.DOUBLE()])


def records(count: int) -> list[Any]:
    """Tuples of a text, a number and a float."""
    return [(f"key{i % 50}", i, i * 0.5) for i in range(count)]


def batch_of(count: int) -> RowBatch:
    """With timestamps and keys, as behind ``key_by``."""
    values = records(count)
    times = [1_700_000_000_000 + 3 * i for i in range(count)]
    return RowBatch(values, times, [v[0] for v in values])


class Side:
    """A process with a slot; ``number`` 0 is the parent."""

    def __init__(self, folder: str, number: int, type_info: Any) -> None:
        self.network = Network(f"tm-{number}", f"unix:{folder}/{number}", "job", "token")
        self.slot = NetworkSlot(self.network)
        addresses = {f"tm-{n}": f"unix:{folder}/{n}" for n in (0, 1)}
        self.channels = SocketChannels(self.network, 1, addresses, lambda id_: type_info)
        self.network._attempts[1] = self.channels


def in_two_processes(
    type_info: Any, parent: Callable[[Side], Any], child: Callable[[Side], Any]
) -> tuple[Any, Any]:
    """Results of both sides."""
    with tempfile.TemporaryDirectory() as folder:
        reader, writer = os.pipe()
        here = Side(folder, 0, type_info)
        pid = os.fork()
        if pid == 0:
            there = Side(folder, 1, type_info)
            os.write(writer, b"!")
            os.write(writer, repr(child(there)).encode())
            os._exit(0)
        os.close(writer)
        os.read(reader, 1)
        mine = parent(here)
        theirs = eval(os.read(reader, 1 << 16))
        os.waitpid(pid, 0)
        os.close(reader)
        here.network.close()
        return mine, theirs


def cost(count: int, type_info: Any, batches: int) -> tuple[float, float]:
    """CPU seconds of sender and receiver for a batch."""
    batch = batch_of(count)

    def send(side: Side) -> float:
        channel = side.channels.sender(THERE, "tm-1")
        started = time.process_time()
        for _ in range(batches):
            while channel.full:
                side.network.poll(1)
            channel.send(batch)
        channel.send(EndOfInput())
        side.channels.close()
        while side.network.unsent:
            side.network.poll(1)
        return time.process_time() - started

    def receive(side: Side) -> float:
        channel = side.channels.receiver(THERE, "tm-0")
        started = time.process_time()
        while not isinstance(message := channel.receive(), EndOfInput):
            if message is None:
                side.network.poll(1)
        return time.process_time() - started

    sender, receiver = in_two_processes(type_info, send, receive)
    return sender / batches, receiver / batches


class Busy:
    """A task that always has something to do, ``seconds`` a step."""

    finished = False

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def step(self) -> bool:
        if not self._seconds:
            return False
        end = time.perf_counter() + self._seconds
        while time.perf_counter() < end:
            pass
        return True


class Echo:
    """Sends back what comes, until the end."""

    def __init__(self, side: Side) -> None:
        self._in: Channel = side.channels.receiver(THERE, "tm-0")
        self._out: Channel = side.channels.sender(BACK, "tm-0")
        self.finished = False

    def step(self) -> bool:
        message = self._in.receive()
        if message is None:
            return False
        self._out.send(message)
        self.finished = isinstance(message, EndOfInput)
        return True


class Ask:
    """Sends a record every few milliseconds and notes when it is back."""

    def __init__(self, side: Side, count: int) -> None:
        self._out: Channel = side.channels.sender(THERE, "tm-1")
        self._in: Channel = side.channels.receiver(BACK, "tm-1")
        self._left = count
        self._waiting = False
        self._next = 0.0
        self.times: list[float] = []
        self.finished = False

    def step(self) -> bool:
        now = time.perf_counter()
        message = self._in.receive()
        if isinstance(message, RowBatch):
            self.times.append(now - message.values[0])
            self._waiting = False
            self._next = now + 0.002
        elif message is not None:
            self.finished = True
        elif not self._waiting and now >= self._next:
            self._waiting = True
            self._left -= 1
            self._out.send(RowBatch([now]) if self._left >= 0 else EndOfInput())
        else:
            return False
        return True


def latency(busy_seconds: float, count: int) -> list[float]:
    """Round trips in seconds."""

    def run(side: Side, task: Any) -> Any:
        side.slot.add(task)
        if busy_seconds:
            side.slot.add(Busy(busy_seconds))
        while not task.finished:
            if not side.slot.step():
                side.network.poll(0.001)
        side.channels.close()
        while side.network.unsent:
            side.network.poll(1)
        return getattr(task, "times", None)

    times, _ = in_two_processes(
        None,
        lambda side: run(side, Ask(side, count)),
        lambda side: run(side, Echo(side)),
    )
    return sorted(times)


def main() -> None:
    """Print both tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("CPU of a batch with timestamps and keys, us: sender / receiver, median of", rounds)
    for name, type_info in (("pickle", None), ("typed", TUPLE)):
        for count, batches in ((1, 5000), (100, 2000), (1000, 500)):
            found = [cost(count, type_info, batches) for _ in range(rounds)]
            sender, receiver = (median(side) * 1e6 for side in zip(*found, strict=True))
            print(f"  {name:6} {count:5} records   {sender:6.1f} / {receiver:6.1f}")
    print("round trip of a lone record, ms: median / p99 / max")
    for busy in (0.0, 0.001, 0.005):
        times = latency(busy, 500)
        p99 = quantiles(times, n=100)[-1]
        what = f"both slots busy, {busy * 1000:g} ms a step" if busy else "idle slots"
        print(
            f"  {what:30} {median(times) * 1000:7.3f} / {p99 * 1000:7.3f} / {times[-1] * 1000:7.3f}"
        )


if __name__ == "__main__":
    main()
