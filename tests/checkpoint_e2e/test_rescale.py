"""A job that stops with savepoints and goes on with another parallelism writes what it would have
written without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint_e2e.jobs import (
    Gate,
    advance,
    environment,
    everything,
    left_over,
    lines_of,
    stop,
)

COUNT = 3000


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an uninterrupted run writes."""
    folder = tmp_path_factory.mktemp("expected")
    env = environment(folder, execution__target="local")
    everything(env, COUNT, folder / "out")
    env.execute()
    lines = lines_of(folder / "out")
    assert len(lines) > 2 * COUNT
    return lines


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
@pytest.mark.parametrize("interval", [None, 10_000])
def test_one_three_two(
    tmp_path: Path, expected: list[str], interval: int | None, backend: str
) -> None:
    out = tmp_path / "out"
    path = None
    for run, parallelism in enumerate((1, 3, 2)):
        env = environment(tmp_path, parallelism, interval, state__backend__type=backend)
        if path is not None:
            env._configuration.set_string("execution.state-recovery.path", path)
        everything(env, COUNT, out, rules=run > 0)
        Gate.quick = 700 if run < 2 else COUNT
        client = env.execute_async()
        if run < 2:
            advance(client)
            path = stop(client)
            assert 0 < len(lines_of(out)) < len(expected)
        else:
            client.get_job_execution_result().result()
    assert lines_of(out) == expected
    assert left_over(out) == []


@pytest.mark.usefixtures("small_batches")
def test_the_difference_is_printed(tmp_path: Path, capsys: Any) -> None:
    env = environment(tmp_path)
    everything(env, COUNT, tmp_path / "out")
    Gate.quick = 700
    client = env.execute_async()
    advance(client)
    path = stop(client)
    env = environment(tmp_path, execution__state_recovery__path=path)
    everything(env, COUNT, tmp_path / "out")
    Gate.quick = COUNT
    env.execute()
    said = capsys.readouterr().err
    assert f"restoring savepoint 1 of job 'Flink Streaming Job' ({path}): " in said
    assert " 0 new, 0 dropped" in said
