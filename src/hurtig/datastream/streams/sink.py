"""The end of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.common.error_policy import check_error_policy
from hurtig.datastream.streams.settings import OperatorSettings

if TYPE_CHECKING:
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment
    from hurtig.graph.transformation import OperatorTransformation


class DataStreamSink(OperatorSettings):
    """A sink of the program, for its settings. Mirrors PyFlink's ``DataStreamSink``."""

    def __init__(
        self, env: StreamExecutionEnvironment, transformation: OperatorTransformation
    ) -> None:
        self._env = env
        self._transformation = transformation

    def on_error(self, policy: str) -> DataStreamSink:
        """``fail`` (default), ``skip`` or ``dead-letter`` for records that cannot be written."""
        self._transformation.error_policy = check_error_policy(policy)
        return self
