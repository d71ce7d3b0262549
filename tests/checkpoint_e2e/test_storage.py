"""What goes wrong with the storage of checkpoints, and what users are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.checkpoint_e2e.jobs import RESTARTS, Gate, environment, lines_of, with_settings
from tests.checkpoint_e2e.test_savepoints import COUNT, EXPECTED, Count, counting

from hurtig.common.errors import HurtigError

ONCE: list[Path] = []
"""Checkpoints of this folder are damaged by the first function that comes by."""


class Damaging(Count):
    """Damages the newest checkpoint and fails, once."""

    def process_element(self, value: int, ctx: Any) -> Any:
        if ONCE and len(metadata := list(ONCE[0].glob("*/chk-*/_metadata"))) > 1:
            ONCE.clear()
            newest = max(metadata, key=lambda f: int(f.parent.name[4:]))
            for file in newest.parent.iterdir():
                if file != newest:
                    file.write_bytes(file.read_bytes()[:-5])
            raise RuntimeError("after the damage")
        return super().process_element(value, ctx)


def damaged_job(tmp_path: Path, **settings: str) -> Any:
    env = with_settings(
        environment(
            tmp_path,
            1,
            15,
            execution__checkpointing__num_retained="3",
            execution__checkpointing__data_inline_threshold="0 kb",
            **settings,
        ),
        RESTARTS,
    )
    counting(env, tmp_path / "out", function=Damaging())
    Gate.quick = 0
    ONCE[:] = [tmp_path / "checkpoints"]
    return env


def test_sinks_that_commit_refuse_an_older_checkpoint(tmp_path: Path, capsys: Any) -> None:
    env = damaged_job(tmp_path)
    with pytest.raises(HurtigError, match=r"/chk-\d+/"):
        env.execute()
    said = capsys.readouterr().err
    assert "is damaged" in said
    assert "hurtig.restore.damaged-checkpoint: previous" in said
    assert list((tmp_path / "checkpoints").glob("*/chk-*/_metadata"))  # nothing is deleted


def test_an_older_checkpoint_where_the_user_wants_it(tmp_path: Path, capsys: Any) -> None:
    env = damaged_job(tmp_path, hurtig__restore__damaged_checkpoint="previous")
    env.execute()
    assert "is used instead" in capsys.readouterr().err
    assert set(lines_of(tmp_path / "out")) == set(EXPECTED)


def test_state_that_is_too_large_for_the_job_manager(tmp_path: Path, capsys: Any) -> None:
    env = with_settings(environment(tmp_path, 1, 20), RESTARTS)
    env._configuration.remove_config("execution.checkpointing.dir")
    env._configuration.set_string("restart-strategy.type", "none")
    env._configuration.set_string("hurtig.checkpointing.jobmanager.max-state-size", "20")
    counting(env, tmp_path / "out")
    Gate.quick = 0
    with pytest.raises(HurtigError, match=r"set execution\.checkpointing\.dir"):
        env.execute()
    assert "checkpoint 1 failed" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "checkpoints").write_text("a file is in the way")
    env = environment(
        tmp_path, 1, 20, execution__checkpointing__tolerable_failed_checkpoints="1000"
    )
    counting(env, tmp_path / "out")
    Gate.quick = COUNT // 2
    client = env.execute_async()
    with pytest.raises(HurtigError, match="checkpoints"):
        client._control.trigger_checkpoint().result()
    client.cancel().result()
    said = capsys.readouterr().err
    assert said.count("could not be stored") in (1, 2)  # not one line each
