"""Helpers that run whole programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hurtig.datastream import OutputTag, ProcessFunction, StreamExecutionEnvironment
from hurtig.testing import collect, collect_all, run_job, run_script

ODD = OutputTag("odd")


class Split(ProcessFunction):
    def process_element(self, value, ctx):
        yield (ODD, value) if value % 2 else value


@pytest.fixture
def env():
    return StreamExecutionEnvironment.get_execution_environment()


def test_collect(env):
    assert collect(env.from_collection([1, 2, 3]).map(lambda x: x * 2)) == [2, 4, 6]


def test_collect_up_to_a_limit(env):
    assert collect(env.from_sequence(1, 10**9), limit=3) == [1, 2, 3]


def test_collect_several_streams_of_one_job(env):
    evens = env.from_sequence(1, 4).process(Split())
    got = collect_all(evens=evens, odds=evens.get_side_output(ODD))
    assert got == {"evens": [2, 4], "odds": [1, 3]}


def test_collect_nothing():
    with pytest.raises(ValueError, match="needs streams"):
        collect_all()


def test_run_job(env, capsys):
    stream = env.from_collection(["a"])
    stream.print()
    assert run_job(env).get_net_runtime() >= 0
    assert capsys.readouterr().out == "a\n"
    stream.print()
    run_job(stream)
    assert capsys.readouterr().out == "a\n"


def test_run_script(tmp_path: Path):
    script = tmp_path / "job.py"
    script.write_text(
        "import os, sys\n"
        "from pyflink.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([env.get_parallelism(), *sys.argv[1:], os.environ['X'], os.getcwd()])"
        ".print()\n"
        "env.execute()\n"
        "sys.exit(3)\n"
    )
    done = run_script(script, "argument", options=("-p", "2"), cwd=tmp_path, env={"X": "from here"})
    assert done.returncode == 3
    assert {line.split("> ")[-1] for line in done.stdout.splitlines()} == {
        "2", "argument", "from here", str(tmp_path)
    }  # fmt: skip
