"""The same in worker processes: functions share nothing with the test but files."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint_e2e.jobs import (
    RESTARTS,
    environment,
    everything,
    lines_of,
    stop,
    with_settings,
)

COUNT = 3000


def pace(folder: Path) -> Callable[[int], int]:
    """Slow from a third of the records on, until there is a file ``quick``; fails where a record
    has a file ``bomb-N``, which it removes."""
    quick, bombs = str(folder / "quick"), str(folder)

    def pass_on(value: int) -> int:
        if value % 10 == 0:
            bomb = f"{bombs}/bomb-{value}"
            if os.path.exists(bomb):
                os.remove(bomb)
                raise RuntimeError(f"bomb {value}")
            if value % (COUNT // 3) > 300 and not os.path.exists(quick):
                time.sleep(0.02)
        return value

    return pass_on


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("expected")
    env = environment(folder, execution__target="local")
    everything(env, COUNT, folder / "out")
    env.execute()
    return lines_of(folder / "out")


def job(tmp_path: Path, parallelism: int, interval: int | None, **more: str) -> Any:
    env = environment(tmp_path, parallelism, interval, execution__target="processes", **more)
    env._configuration.set_string("hurtig.task-managers", "3")
    return with_settings(env, RESTARTS)


def wait_for(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("unaligned", ["false", "true"])
def test_functions_that_fail(
    tmp_path: Path, expected: list[str], unaligned: str, capfd: Any
) -> None:
    for number in (500, 1700, 2990):
        (tmp_path / f"bomb-{number}").touch()
    env = job(tmp_path, 3, 30, execution__checkpointing__unaligned__enabled=unaligned)
    everything(env, COUNT, tmp_path / "out", bombs=pace(tmp_path))
    env.execute()
    assert lines_of(tmp_path / "out") == expected
    assert capfd.readouterr().err.count("failed; restart ") == 3


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_a_worker_that_is_killed(tmp_path: Path, expected: list[str], backend: str) -> None:
    env = job(tmp_path, 3, 30, state__backend__type=backend)
    everything(env, COUNT, tmp_path / "out", bombs=pace(tmp_path))
    client = env.execute_async()
    control = client._control
    wait_for(lambda: control.checkpoint_statistics()["counts"]["completed"] >= 2)
    os.kill(control.task_managers()[1]["pid"], signal.SIGKILL)
    wait_for(lambda: control.master.failures.restarts)
    (tmp_path / "quick").touch()
    client.get_job_execution_result().result()
    assert lines_of(tmp_path / "out") == expected
    assert control.metrics()["restarts"] == 1


def test_stop_and_go_on_with_another_parallelism(tmp_path: Path, expected: list[str]) -> None:
    path = ""
    for run, parallelism in enumerate((3, 2)):
        more = {"execution__state_recovery__path": path} if path else {}
        env = job(tmp_path, parallelism, 50, **more)
        everything(env, COUNT, tmp_path / "out", rules=run > 0, bombs=pace(tmp_path))
        client = env.execute_async()
        if run == 0:
            control = client._control
            wait_for(lambda: control.checkpoint_statistics()["counts"]["completed"])  # noqa: B023
            path = stop(client)
            assert 0 < len(lines_of(tmp_path / "out")) < len(expected)
            (tmp_path / "quick").touch()
        else:
            client.get_job_execution_result().result()
    assert lines_of(tmp_path / "out") == expected
