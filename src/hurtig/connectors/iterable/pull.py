"""Reads an iterator that may block, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from itertools import islice
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import ProgramError, shorten
from hurtig.connectors.handoff import HandoffBuffer

if TYPE_CHECKING:
    import asyncio

__all__ = ["READY_MADE", "Pull", "as_sequence"]

JOIN_SECONDS = 0.5

READY_MADE = (list, tuple, range, set, frozenset, dict, deque)
"""Types whose iteration never blocks."""


def as_sequence(thing: Any) -> Sequence[Any]:
    """Something ready-made as what can be cut into slices."""
    return thing if isinstance(thing, list | tuple | range) else list(thing)


class Pull:
    """One iteration in a helper thread; the task takes from ``buffer``.

    An iterator that blocks when the source is closed keeps its thread until its next record; the
    thread never holds up the end of the process.
    """

    def __init__(self, iterate: Callable[[], Any], wakeup: Callable[[], None]) -> None:
        self.buffer = HandoffBuffer(wakeup)
        self._iterate = iterate
        self._thread: threading.Thread | None = None
        self._cancel: Callable[[], Any] | None = None

    def start(self, name: str, skip: int = 0) -> None:
        """Start to read, without the first ``skip`` records."""
        self._thread = threading.Thread(target=self._run, args=(skip,), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the iteration."""
        self.buffer.close()
        if self._cancel is not None:
            try:
                self._cancel()
            except RuntimeError:  # its loop has ended meanwhile
                pass
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    # -- in the thread ------------------------------------------------------------------------

    def _run(self, skip: int) -> None:
        error: BaseException | None = None
        try:
            thing = self._iterate()
            if type(thing) in READY_MADE:
                self.buffer.give(as_sequence(thing))
            elif isinstance(thing, Iterable):
                self._read(thing, skip)
            else:
                self._run_loop(thing, skip)
        except BaseException as e:
            error = e
        self.buffer.end(error)

    def _read(self, thing: Iterable[Any], skip: int) -> None:
        iterator = iter(thing)
        try:
            self.buffer.put_all(islice(iterator, skip, None) if skip else iterator)
        finally:
            if isinstance(iterator, GeneratorType):
                iterator.close()  # its own clean-up runs here, not at some later collection

    def _run_loop(self, thing: Any, skip: int) -> None:
        import asyncio

        try:
            asyncio.run(self._read_async(thing, skip))
        except asyncio.CancelledError:
            if not self.buffer.closed:
                raise

    async def _read_async(self, thing: Any, skip: int) -> None:
        import asyncio

        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        space = asyncio.Event()
        if self.buffer.closed:
            return
        if isinstance(thing, Awaitable):
            thing = await thing
        if isinstance(thing, Iterable):
            self._read(thing, skip)  # the loop has nothing else to do
            return
        if not isinstance(thing, AsyncIterable):
            raise ProgramError(
                "the function of an iterable source must give an iterable or an async iterable, "
                f"but gave {shorten(thing)}"
            )
        self.buffer.signal_space = lambda: _signal(loop, space)
        iterator = aiter(thing)
        try:
            await self._put_all(iterator, skip, space)
        finally:
            if hasattr(iterator, "aclose"):
                await iterator.aclose()

    async def _put_all(self, iterator: AsyncIterator[Any], skip: int, space: asyncio.Event) -> None:
        buffer = self.buffer
        put = buffer.put
        async for item in iterator:
            if buffer.closed:
                return
            if skip:
                skip -= 1
            elif not put(item):
                space.clear()
                while buffer.stall():
                    await space.wait()
                    space.clear()


def _signal(loop: asyncio.AbstractEventLoop, space: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(space.set)
    except RuntimeError:  # the loop has ended, nobody waits
        pass
