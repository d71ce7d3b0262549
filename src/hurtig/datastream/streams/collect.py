"""``execute_and_collect``: a stream's records in the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError, ProgramError
from hurtig.datastream.streams import build

if TYPE_CHECKING:
    from hurtig.common.job_client import JobClient
    from hurtig.connectors.collection.sink import CollectBuffer
    from hurtig.datastream.streams.base import DataStream


class CloseableIterator:
    """The records of a running job. Mirrors PyFlink's ``CloseableIterator``.

    Reading drives the job where it runs in this process, so a job goes no faster than its reader.
    Use it in a ``with`` block, or read it to its end, or ``close`` it.
    """

    def __init__(self, client: JobClient, buffer: CollectBuffer) -> None:
        self._client = client
        self._buffer = buffer
        self._closed = False
        self._error: HurtigError | None = None

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        while not self._buffer:
            if self._error is not None:
                error, self._error = self._error, None
                raise error.with_traceback(None) from None
            if self._closed:
                raise StopIteration
            if not self._drive() and not self._buffer and self._error is None:
                self.close()
                raise StopIteration
        return self._buffer.popleft()

    def _drive(self) -> bool:
        """A step of the job; an error waits until the records before it have been read."""
        try:
            return self._client._control.drive()
        except HurtigError as error:
            self._closed = True
            self._error = error
            return False

    def next(self) -> Any:
        """The next record; ``StopIteration`` at the end."""
        return self.__next__()

    def close(self) -> None:
        """End the job where it still runs."""
        if not self._closed:
            self._closed = True
            self._client.cancel()

    def __del__(self) -> None:
        """An iterator that is dropped half read ends its job."""
        try:
            self.close()
        except Exception:  # the job's own error has nobody to go to any more
            pass

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()


def add_collect_sink(stream: DataStream, name: str, bounded: bool = True) -> CollectBuffer:
    """A sink that collects ``stream`` in this process; its buffer lives as long as its reader."""
    from hurtig.connectors.collection.sink import CollectSink

    sink = CollectSink(bounded)
    build.add_sink(stream, sink, name).set_parallelism(1)
    return sink.buffer


def collect(
    stream: DataStream, job_name: str | None, limit: int | None
) -> CloseableIterator | list[Any]:
    """``DataStream.execute_and_collect``."""
    if limit is not None and limit <= 0:
        raise ProgramError(f"Limit must be greater than 0, got {limit}")
    env = stream.get_execution_environment()
    buffer = add_collect_sink(stream, "Data stream collect sink")
    iterator = CloseableIterator(env._start(job_name or "DataStream Collect"), buffer)
    if limit is None:
        return iterator
    with iterator:
        return [record for _, record in zip(range(limit), iterator, strict=False)]
