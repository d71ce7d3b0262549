"""Job graphs for the tests of the JobMaster."""

from __future__ import annotations

from typing import Any

from hurtig.datastream import StreamExecutionEnvironment
from hurtig.graph.job_graph import JobGraph


def environment(settings: dict[str, str] | None = None, parallelism: int = 2) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    for key, value in (settings or {}).items():
        env._configuration.set_string(key, value)
    return env


def one_region(settings: dict[str, str] | None = None, parallelism: int = 2) -> JobGraph:
    """A source, and a keyed operator behind it: two vertices."""
    env = environment(settings, parallelism)
    numbers = env.from_sequence(0, 9).uid("numbers")
    numbers.key_by(lambda n: n).map(lambda n: n).uid("map").print().uid("print")
    return env._job_graph("job")


def two_regions(settings: dict[str, str] | None = None, parallelism: int = 1) -> JobGraph:
    """Two parts that exchange nothing."""
    env = environment(settings, parallelism)
    for name in ("a", "b"):
        env.from_sequence(0, 9).uid(name).print().uid(f"print {name}")
    return env._job_graph("job")


def sources(graph: JobGraph) -> list[str]:
    """The ids of the sources, as JobMaster and TaskManagers name them."""
    return [n.uid for v in graph.vertices for n in v.nodes if n.source is not None]
