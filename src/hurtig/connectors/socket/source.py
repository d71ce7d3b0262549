"""Lines of text from a TCP server (``env.socket_text_stream``)."""

from __future__ import annotations

from typing import Any, NamedTuple

from hurtig.common.errors import ProgramError
from hurtig.common.typeinfo import Types
from hurtig.connectors.source import (
    Boundedness,
    ReadStatus,
    Source,
    SourceBatch,
    SourceContext,
    SourceReader,
)

__all__ = ["SocketSplit", "SocketTextStream"]


class SocketSplit(NamedTuple):
    """The connection; ``restored`` once it was part of a checkpoint."""

    address: str
    restored: bool = False


class SocketTextStream(Source):
    """Connects to ``host:port`` and gives what stands between delimiters, as STRING.

    Text is UTF-8, invalid bytes become U+FFFD; a carriage return before a newline is dropped.
    When the connection is lost or cannot be made, up to ``max_retry`` new attempts follow half a
    second apart (-1: for ever); they are counted anew once text has come. After that the stream
    ends. Unbounded, one subtask, at most once. Mirrors Flink's ``SocketTextStreamFunction``.
    """

    boundedness = Boundedness.CONTINUOUS_UNBOUNDED
    produced_type = Types.STRING()

    def __init__(self, host: str, port: int, delimiter: str = "\n", max_retry: int = 0) -> None:
        if not delimiter:
            raise ProgramError("the delimiter of a socket stream must not be empty")
        if not 0 < port < 65536:
            raise ProgramError(f"a port is between 1 and 65535, got {port!r}")
        if max_retry < -1:
            raise ProgramError(f"max_retry is a number of attempts or -1, got {max_retry!r}")
        self.host = host
        self.port = port
        self.delimiter = delimiter
        self.max_retry = max_retry

    def splits(self) -> list[Any]:
        return [SocketSplit(f"{self.host}:{self.port}")]

    def create_reader(self, context: SourceContext) -> SourceReader:
        return SocketReader(self, context)


class SocketReader(SourceReader):
    def __init__(self, source: SocketTextStream, context: SourceContext) -> None:
        from hurtig.connectors.socket.connection import SocketThread

        self._thread = SocketThread(
            source.host, source.port, source.delimiter, source.max_retry, context.wakeup
        )
        self._warn = context.warn
        self._splits: list[SocketSplit] = []

    def add_splits(self, splits: list[Any]) -> None:
        for split in splits:
            if split.restored:
                self._warn(
                    f"connects to {split.address} again after a failure: lines that were sent "
                    "meanwhile, and those read since the checkpoint, are lost. A socket cannot be "
                    "read again: use a source that can, such as Kafka or files"
                )
        self._splits += splits
        self._thread.start()

    def poll(self, max_records: int) -> SourceBatch | ReadStatus:
        if not self._splits:
            return ReadStatus.NEED_SPLIT
        buffer = self._thread.buffer
        values = buffer.take(max_records)
        if values:
            return SourceBatch(self._splits[0].address, values)
        if not buffer.exhausted:
            return ReadStatus.NOTHING_AVAILABLE
        if buffer.error is not None:
            raise buffer.error
        return SourceBatch(self._splits.pop().address, [], split_finished=True)

    def snapshot_state(self, checkpoint_id: int) -> list[Any]:
        return [split._replace(restored=True) for split in self._splits]

    def close(self) -> None:
        self._thread.close()
