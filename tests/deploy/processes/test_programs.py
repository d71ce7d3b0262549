"""Whole programs in worker processes: what they ship, print and survive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

HEAD = """
from hurtig.common import Configuration
from hurtig.datastream import StreamExecutionEnvironment

def environment(**more):
    settings = Configuration()
    settings.set_string("execution.target", "processes")
    settings.set_string("hurtig.task-managers", "2")
    for key, value in more.items():
        settings.set_string(key.replace("__", "-").replace("_", "."), value)
    env = StreamExecutionEnvironment.get_execution_environment(settings)
    env.set_parallelism(2)
    return env
"""

CLASSES = """
import enum
from dataclasses import dataclass
from typing import NamedTuple

@dataclass(frozen=True)
class Key:
    name: str

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class Point(NamedTuple):
    x: int
    y: int

class Event:
    class Inner:
        def __init__(self, n):
            self.n = n

    def __init__(self, key, n):
        self.key, self.inner = key, Event.Inner(n)
        self.colour, self.point = Colour(n % 2 + 1), Point(n, n)

def to_event(n):
    return Event(Key("ab"[n % 2]), n)

def add(a, b):
    assert type(a) is type(b) is Event, (type(a), type(b))
    assert type(a.inner) is Event.Inner and a.colour in Colour and type(b.point) is Point
    return Event(a.key, a.inner.n + b.inner.n)

def show(event):
    assert isinstance(event.key, Key)
    return (event.key.name, event.inner.n)
"""

JOB = """
env = environment()
numbers = env.from_collection(list(range(200)))
numbers.rebalance().map(to_event).key_by(lambda e: e.key).reduce(add).map(show).print()
env.execute("events")
"""

LAST = {"a": 9900, "b": 10000}


def run(
    folder: Path, program: str, *arguments: str, name: str = "job.py", seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(textwrap.dedent(program))
    return subprocess.run(
        [sys.executable, *arguments, str(folder / name)],
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=folder,
    )


def last_sums(output: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in output.splitlines():
        found = re.fullmatch(r"[12]> \('(\w)', (\d+)\)", line)
        assert found, line
        sums[found[1]] = max(sums.get(found[1], 0), int(found[2]))
    return sums


def test_classes_of_a_script_travel_between_workers(tmp_path: Path) -> None:
    result = run(tmp_path, HEAD + CLASSES + JOB)
    assert result.stderr == ""
    assert last_sums(result.stdout) == LAST


def test_classes_inside_of_a_function(tmp_path: Path) -> None:
    body = textwrap.indent(CLASSES.replace("import enum", "global enum\nimport enum") + JOB, "    ")
    result = run(tmp_path, HEAD + "def main():" + body + "\nmain()")
    assert result.stderr == ""
    assert last_sums(result.stdout) == LAST


def test_a_collection_of_instances(tmp_path: Path) -> None:
    job = JOB.replace("list(range(200))", "[to_event(n) for n in range(200)]")
    job = job.replace("map(to_event)", "map(lambda e: e)")
    result = run(tmp_path, HEAD + CLASSES + job)
    assert result.stderr == ""
    assert last_sums(result.stdout) == LAST


def test_cells_of_a_notebook(tmp_path: Path) -> None:
    notebook = f"""
    import sys, types
    cells = [{HEAD!r}, {CLASSES!r}, {JOB!r}]
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    for number, cell in enumerate(cells):
        exec(compile(cell, f"<ipython-input-{{number}}>", "exec"), vars(main))
    """
    result = run(tmp_path, notebook)
    assert result.stderr == ""
    assert last_sums(result.stdout) == LAST


def test_a_package_run_as_a_module(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text(HEAD + "\nFACTOR = 1\n")
    (package / "__main__.py").write_text(
        "from .helper import FACTOR, environment\n"
        + CLASSES.replace("return Event(Key", "return Event(Key", 1)
        + JOB.replace("list(range(200))", "[n * FACTOR for n in range(200)]")
    )
    result = subprocess.run(
        [sys.executable, "-m", "hurtig", "run", "-pyfs", "lib", "-pym", "my_package"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert result.stderr == ""
    assert last_sums(result.stdout) == LAST


def test_a_pyflink_program(tmp_path: Path) -> None:
    (tmp_path / "my_functions.py").write_text(
        "from pyflink.datastream.functions import MapFunction\n"
        "class Double(MapFunction):\n"
        "    def map(self, value):\n"
        "        return value * 2\n"
    )
    program = """
    from pyflink.common import Types
    from pyflink.datastream import StreamExecutionEnvironment
    from my_functions import Double

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    env.from_collection([1, 2, 3], Types.INT()).map(Double(), Types.INT()).print()
    env.execute()
    """
    result = run(tmp_path, program, "-m", "hurtig", "run", "-Dexecution.target=processes")
    assert result.stderr == ""
    assert sorted(line[3:] for line in result.stdout.splitlines()) == ["2", "4", "6"]


def test_output_goes_where_the_program_redirects_it(tmp_path: Path) -> None:
    program = """
    import contextlib, io
    env = environment()
    env.from_collection(list(range(50))).map(lambda n: n + 1).print()
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        env.execute()
    print(len(text.getvalue().splitlines()), "lines caught")
    """
    result = run(tmp_path, HEAD + textwrap.dedent(program))
    assert (result.stdout, result.stderr) == ("50 lines caught\n", "")


def test_lines_of_workers_do_not_mix_in_a_pipe(tmp_path: Path) -> None:
    program = """
    env = environment()
    env.from_sequence(0, 399).map(lambda n: f"{n} " + "ab"[n % 2] * 30_000).print()
    env.execute()
    """
    result = run(tmp_path, HEAD + textwrap.dedent(program))
    lines = result.stdout.splitlines()
    assert len(lines) == 400
    assert all(re.fullmatch(r"[12]> \d+ (a{30000}|b{30000})", line) for line in lines)


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    program = """
    env = environment()
    env.from_sequence(0, 10**9).map(lambda n: n).print()
    env.execute()
    """
    (tmp_path / "job.py").write_text(HEAD + textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, "-m", "hurtig", "run", str(tmp_path / "job.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().strip()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(20)


def test_prints_of_functions_appear_at_once(tmp_path: Path) -> None:
    program = """
    import time
    def slow(n):
        print("begin", n)
        time.sleep(2)
        return n
    env = environment()
    env.from_collection([1]).map(slow).print()
    env.execute()
    """
    (tmp_path / "job.py").write_text(HEAD + textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "job.py")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begin 1\n"
    seen = time.monotonic()
    assert process.stdout.readline().endswith("> 1\n")
    assert time.monotonic() - seen > 1
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_failing_function_shows_its_own_traceback(tmp_path: Path) -> None:
    program = """
    def divide(n):
        return 1 // (n - 3)
    env = environment()
    env.from_collection(list(range(10))).rebalance().map(divide).print()
    env.execute()
    """
    result = run(tmp_path, HEAD + textwrap.dedent(program), "-m", "hurtig", "run")
    assert result.returncode == 1
    assert "return 1 // (n - 3)" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert re.search(r"record +3", result.stderr)
    assert "site-packages" not in result.stderr
    assert "src/hurtig" not in result.stderr


def test_an_error_class_of_the_program(tmp_path: Path) -> None:
    program = """
    class OutOfTune(Exception):
        def __init__(self, note, *, by):
            super().__init__(f"{note} by {by}")
    def listen(n):
        raise OutOfTune("A", by=3)
    env = environment()
    env.from_collection([1]).map(listen).print()
    env.execute()
    """
    result = run(tmp_path, HEAD + textwrap.dedent(program), "-m", "hurtig", "run")
    assert result.returncode == 1
    assert "OutOfTune: A by 3" in result.stderr


def test_values_that_do_not_pickle_are_named(tmp_path: Path) -> None:
    program = """
    env = environment()
    env.from_collection(list(range(10))).map(lambda n: (n, (i for i in []))).rebalance().print()
    env.execute()
    """
    result = run(tmp_path, HEAD + textwrap.dedent(program), "-m", "hurtig", "run")
    assert result.returncode == 1
    assert "a record cannot be sent to another process: (" in result.stderr


@pytest.mark.parametrize("in_function", [False, True])
def test_results_come_back_to_the_program(tmp_path: Path, in_function: bool) -> None:
    program = """
    env = environment()
    stream = env.from_collection(list(range(1000))).map(to_event)
    with stream.key_by(lambda e: e.key).reduce(add).execute_and_collect() as results:
        events = list(results)
    assert all(type(event) is Event and type(event.key) is Key for event in events)
    print(len(events), max(event.inner.n for event in events))
    """
    body = CLASSES + textwrap.dedent(program)
    if in_function:
        body = body.replace("import enum", "global enum\nimport enum")
        body = "def main():" + textwrap.indent(body, "    ") + "\nmain()"
    result = run(tmp_path, HEAD + body)
    assert (result.stdout, result.stderr) == ("1000 250000\n", "")


KILLED = """
import os, signal, sys
flag = os.path.join(os.getcwd(), "flag")
def risky(n):
    if n == 500 and not os.path.exists(flag):
        open(flag, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return ("ab"[n % 2], n)
"""


def test_a_killed_worker_fails_the_job(tmp_path: Path) -> None:
    program = """
    env = environment()
    env.from_sequence(0, 999).map(risky).print()
    env.execute()
    """
    result = run(tmp_path, HEAD + KILLED + textwrap.dedent(program), "-m", "hurtig", "run")
    assert result.returncode == 1
    assert re.search(r"tm-[12] was lost: its process was killed by SIGKILL", result.stderr)


def test_a_job_restarts_behind_a_killed_worker(tmp_path: Path) -> None:
    program = """
    env = environment(
        restart__strategy_type="fixed-delay", restart__strategy_fixed__delay_delay="50 ms"
    )
    stream = env.from_sequence(0, 999).map(risky).key_by(lambda e: e[0])
    stream.reduce(lambda a, b: (a[0], a[1] + b[1])).print()
    env.execute()
    """
    result = run(tmp_path, HEAD + KILLED + textwrap.dedent(program))
    assert result.returncode == 0
    assert os.path.exists(tmp_path / "flag")
    assert "was lost: its process was killed by SIGKILL" in result.stderr
    lines = [line for line in result.stdout.splitlines() if line]
    assert {line[3:] for line in lines} >= {"('a', 249500)", "('b', 250000)"}


@pytest.mark.parametrize("unaligned", ["false", "true"])
def test_exactly_once_with_a_killed_worker(tmp_path: Path, unaligned: str) -> None:
    program = f"""
    import time
    env = environment(
        restart__strategy_type="fixed-delay", restart__strategy_fixed__delay_delay="50 ms",
        execution_checkpointing_unaligned_enabled="{unaligned}",
    )
    env.enable_checkpointing(50)

    def slow_and_risky(n):
        if n % 50 == 0:
            time.sleep(0.02)
        return risky(n)

    stream = env.from_sequence(0, 1999).map(slow_and_risky).key_by(lambda e: e[0])
    with stream.reduce(lambda a, b: (a[0], a[1] + b[1])).execute_and_collect() as results:
        sums = list(results)
    print(len(sums), max(v for k, v in sums if k == "a"))
    """
    result = run(tmp_path, HEAD + KILLED.replace("500", "800") + textwrap.dedent(program))
    assert os.path.exists(tmp_path / "flag")
    assert result.stdout == "2000 999000\n", result.stderr


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(tmp_path: Path, times: int) -> None:
    import signal

    program = """
    import time
    env = environment()
    env.from_sequence(0, 10**9).map(lambda n: time.sleep(0.01) or n).print()
    env.execute()
    """
    (tmp_path / "job.py").write_text(HEAD + textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, "-m", "hurtig", "run", str(tmp_path / "job.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
