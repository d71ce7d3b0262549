"""Builds graphs without running them."""

from __future__ import annotations

import pytest

from hurtig.datastream import StreamExecutionEnvironment


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def stream_graph(env):
    return lambda: env._stream_graph("test")


@pytest.fixture
def job_graph(env):
    return lambda: env._job_graph("test")


@pytest.fixture
def chains(job_graph):
    """The names of the chained operators of each vertex."""
    return lambda: [[node.name for node in vertex.nodes] for vertex in job_graph().vertices]
