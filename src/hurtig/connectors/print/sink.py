"""``stream.print()``: a line for each record on standard output or standard error."""

from __future__ import annotations

import sys

from hurtig.common.typeinfo import TypeInformation
from hurtig.connectors.print.rendering import Render, line_renderer
from hurtig.connectors.sink import Sink, SinkContext, SinkWriter
from hurtig.connectors.user_code import user_function_error
from hurtig.messages import RowBatch


class PrintSink(Sink):
    """Prints ``value``, or ``identifier> value``; with several subtasks ``identifier:2> value``.

    ``type_info`` is the stream's declared type, by which values look as in Flink.
    """

    def __init__(
        self,
        identifier: str | None = None,
        to_stderr: bool = False,
        type_info: TypeInformation | None = None,
    ) -> None:
        self.identifier, self.to_stderr, self.type_info = identifier, to_stderr, type_info

    def create_writer(self, context: SinkContext) -> SinkWriter:
        subtask = str(context.subtask_index + 1) if context.parallelism > 1 else ""
        prefix = ":".join(filter(None, (self.identifier, subtask)))
        render = line_renderer(self.type_info)
        return PrintWriter(prefix and prefix + "> ", self.to_stderr, render, context)


class PrintWriter(SinkWriter):
    def __init__(self, prefix: str, err: bool, render: Render, context: SinkContext) -> None:
        self._prefix, self._err, self._render, self._context = prefix, err, render, context

    def write_batch(self, batch: RowBatch) -> None:
        texts: list[str] = []
        try:
            texts.extend(map(self._render, batch.values))  # keeps what came before an error
        except Exception as e:
            raise user_function_error(self._context, e, batch.values[len(texts)], True) from None
        stream = sys.stderr if self._err else sys.stdout
        stream.write(self._prefix + f"\n{self._prefix}".join(texts) + "\n")
        stream.flush()
