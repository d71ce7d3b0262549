"""Runs whole programs in tests: in this process, or with ``hurtig run`` in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from hurtig.graph.executor import TARGET_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from hurtig.common.job_execution_result import JobExecutionResult
    from hurtig.datastream.data_stream import DataStream
    from hurtig.datastream.stream_execution_environment import StreamExecutionEnvironment


def run_job(
    env: StreamExecutionEnvironment | DataStream, job_name: str = "test"
) -> JobExecutionResult:
    """Runs what was built in an environment (or in that of a stream) to its end."""
    environment = env if hasattr(env, "execute") else env.get_execution_environment()
    _run_here(environment)
    result: JobExecutionResult = environment.execute(job_name)
    return result


def collect(stream: DataStream, limit: int | None = None) -> list[Any]:
    """Runs the job and gives the stream's records, at most ``limit``: then the job is cancelled."""
    _run_here(stream.get_execution_environment())
    records = stream.execute_and_collect("test", limit)
    if isinstance(records, list):
        return records
    with records:
        return list(records)


def collect_all(**streams: DataStream) -> dict[str, list[Any]]:
    """Runs one job and gives the records of several of its streams, under their names."""
    from hurtig.datastream.streams.collect import add_collect_sink

    if not streams:
        raise ValueError("collect_all() needs streams: collect_all(main=stream, late=side)")
    buffers = {
        name: add_collect_sink(stream, f"Collect {name}", bounded=False)
        for name, stream in streams.items()
    }
    run_job(next(iter(streams.values())))
    return {name: list(buffer) for name, buffer in buffers.items()}


def _run_here(env: Any) -> None:
    """Tests look at what functions did: no worker processes, where the program asks for none."""
    if not env._configuration.contains_key(TARGET_KEY):
        env._configuration.set_string(TARGET_KEY, "local")


def run_script(
    path: str | Path,
    *arguments: str,
    options: tuple[str, ...] = (),
    timeout_seconds: float = 60,
    cwd: str | Path | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a program with ``hurtig run`` in a process of its own.

    ``options`` go to ``hurtig run``, ``arguments`` to the program; ``env`` is added to this
    process's variables. The result has ``returncode``, ``stdout`` and ``stderr``. Raises
    ``subprocess.TimeoutExpired``.
    """
    return subprocess.run(
        [sys.executable, "-m", "hurtig", "run", *options, str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        cwd=cwd,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        check=False,
    )
