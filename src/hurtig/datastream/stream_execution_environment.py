"""``StreamExecutionEnvironment``: where every DataStream program begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.common import global_configuration
from hurtig.common.configuration import Configuration
from hurtig.common.errors import HurtigError, ProgramError
from hurtig.common.execution_config import ExecutionConfig
from hurtig.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from hurtig.datastream.checkpoint_config import CheckpointConfig
from hurtig.datastream.environment_settings import EnvironmentSettings
from hurtig.datastream.environment_sources import EnvironmentSources
from hurtig.datastream.execution_mode import RuntimeExecutionMode
from hurtig.datastream.state_backend import StateBackend
from hurtig.datastream.time_characteristic import TimeCharacteristic
from hurtig.graph.transformation import OperatorTransformation, SourceTransformation

if TYPE_CHECKING:
    from hurtig.common.job_client import JobClient
    from hurtig.common.job_execution_result import JobExecutionResult
    from hurtig.connectors.collection.sink import CollectBuffer
    from hurtig.datastream.streams.cached import CachedDataStream
    from hurtig.graph.job_graph import JobGraph
    from hurtig.graph.stream_graph import StreamGraph

__all__ = [
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "StateBackend",
    "StreamExecutionEnvironment",
    "TimeCharacteristic",
]

_DEFAULT_NAME = "Flink Streaming Job"


class StreamExecutionEnvironment(EnvironmentSettings, EnvironmentSources):
    """Settings, sources and execution of a program.

    Mirrors ``pyflink.datastream.StreamExecutionEnvironment``.
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration.from_dict(dict(global_configuration.defaults()))
        if configuration is not None:
            self._configuration.add_all(configuration)
        self._take_over_older_keys()
        self._config = ExecutionConfig(self._configuration)
        self._checkpoint_config = CheckpointConfig(self._configuration)
        self._transformations: list[OperatorTransformation] = []
        self._sources: list[SourceTransformation] = []
        self._caches: list[CachedDataStream] = []

    @staticmethod
    def get_execution_environment(
        configuration: Configuration | None = None,
    ) -> StreamExecutionEnvironment:
        """The environment that the program runs in, with the defaults of the command line."""
        return StreamExecutionEnvironment(configuration)

    # -- execution ----------------------------------------------------------------------------

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Runs the program and waits for its end. Raises what made it fail."""
        client = self._start(job_name or self._default_name())
        try:
            result: JobExecutionResult = client.get_job_execution_result().result()
        except HurtigError as error:
            # The error says all; the engine's frames would only hide it.
            raise error.with_traceback(None) from None
        return result

    def execute_async(self, job_name: str = _DEFAULT_NAME) -> JobClient:
        """Starts the program and returns at once with a handle on it."""
        client = self._start(self._default_name() if job_name == _DEFAULT_NAME else job_name)
        client._control.start()
        return client

    def get_execution_plan(self) -> str:
        """The program's operators as JSON, as Flink's plan visualizer reads it."""
        from hurtig.graph.execution_plan import execution_plan

        return execution_plan(self._stream_graph(_DEFAULT_NAME))

    def close(self) -> None:
        """Nothing to release: an environment holds no resources."""
        self._transformations.clear()

    # -- for the stream classes ---------------------------------------------------------------

    def _add(self, transformation: OperatorTransformation) -> None:
        """Make an operator part of the next job."""
        limit = self.get_max_parallelism()
        if limit > 0:
            transformation.max_parallelism = limit
        self._transformations.append(transformation)

    def _start(self, job_name: str) -> JobClient:
        """Build and start the job; what was built so far is used up by it."""
        from hurtig.graph.executor import executor_for

        recordings = [(c, kept) for c in self._caches if (kept := c._record()) is not None]
        graph = self._job_graph(job_name)
        self._transformations.clear()
        self._sources.clear()
        client = executor_for(graph).execute(graph)
        if recordings:
            client._control.when_finished(lambda: _keep_all(recordings))
        return client

    def _default_name(self) -> str:
        return self._configuration.get_string("pipeline.name", None) or _DEFAULT_NAME

    def _settings(self) -> dict[str, str]:
        from hurtig.common.options import check_values, warn_unknown_keys

        if self._configuration.key_set():
            check_values(self._configuration)
            warn_unknown_keys(self._configuration)
        return self._configuration.to_dict()

    def _stream_graph(self, job_name: str) -> StreamGraph:
        from hurtig.graph.stream_graph import build_stream_graph

        if not self._transformations and self._sources:
            raise ProgramError(
                "No operators defined in streaming topology. Cannot execute: the program has a "
                f"source ({self._sources[-1].name!r}) but nothing reads it; add a sink, such as "
                "print()"
            )
        graph = build_stream_graph(list(self._transformations), job_name, self._settings())
        if self._config.has_auto_generated_uids_enabled():
            return graph
        unnamed = [t.name for t in self._transformations if t.uid is None and t.uid_hash is None]
        if unnamed:
            raise ProgramError(
                f"auto generated uids are disabled and these operators have none: {unnamed}. Call "
                "uid() on each"
            )
        return graph

    def _job_graph(self, job_name: str) -> JobGraph:
        from hurtig.graph.job_graph import build_job_graph

        self._checkpoint_config.validate()
        graph = self._stream_graph(job_name)
        return build_job_graph(graph, self._is_batch(graph))

    def _is_batch(self, graph: StreamGraph) -> bool:
        from hurtig.connectors.source import Boundedness

        mode = str(self._configuration.get_string("execution.runtime-mode", "STREAMING")).upper()
        unbounded = [
            n.name
            for n in graph.nodes
            if n.source is not None and n.source.boundedness is not Boundedness.BOUNDED
        ]
        if mode == RuntimeExecutionMode.BATCH.name and unbounded:
            raise ProgramError(
                f"BATCH mode needs sources that end, but these do not: {unbounded}. Use STREAMING, "
                "or give the source a bound"
            )
        return mode == RuntimeExecutionMode.BATCH.name or (
            mode == RuntimeExecutionMode.AUTOMATIC.name and not unbounded
        )


def _keep_all(recordings: list[tuple[CachedDataStream, CollectBuffer]]) -> None:
    for cache, buffer in recordings:
        cache._keep(buffer)
