"""``hurtig info``."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

PROGRAM = """
    import sys
    from pyflink.datastream import StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment()
    numbers = env.from_collection([1, 2, 3]).map(lambda x: open("ran", "w"))
    numbers.key_by(lambda x: x % 2).reduce(lambda a, b: a + b).print()
    try:
        env.execute("plan me")
    except Exception:
        pass
    open("went on", "w")
"""


@pytest.fixture
def info(run_python, tmp_path):
    def run(*options: str, program: str = PROGRAM):
        (tmp_path / "job.py").write_text(dedent(program))
        return run_python("-m", "hurtig", "info", *options, "job.py")

    return run


def test_json_as_flinks_visualizer_reads_it(info, tmp_path):
    done = info("--json", "-p", "2")
    assert done.returncode == 0, done.stderr
    nodes = json.loads(done.stdout)["nodes"]
    assert [n["pact"] for n in nodes] == ["Data Source", "Operator", "Operator", "Data Sink"]
    assert [n["parallelism"] for n in nodes] == [1, 2, 2, 2]
    by_id = {n["id"]: n for n in nodes}
    [edge] = nodes[2]["predecessors"]
    assert edge["ship_strategy"] == "HASH"
    assert by_id[edge["id"]] is nodes[1]
    assert "predecessors" not in nodes[0]
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "went on").exists()


def test_tree(info):
    lines = info("-p", "2").stdout.splitlines()
    start = lines.index("plan me (streaming)")
    text = "\n".join(lines[start:])
    assert "<- HASH  from task 1, Map" in text
    assert "  Map  [uid " in text
    assert lines[0].startswith("----")


def test_a_program_that_executes_nothing(info):
    done = info(program="print(1)")
    assert done.returncode == 1
    assert "without calling execute()" in done.stderr


def test_a_program_that_is_wrong(info):
    done = info(program="1 // 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_which_program(run_python):
    done = run_python("-m", "hurtig", "info")
    assert done.returncode == 2
    assert "hurtig info job.py" in done.stderr
