"""Wrong programs: what the user reads says what is wrong, and where.

Each program runs with ``hurtig run`` in a process of its own, as users run it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hurtig.testing import run_script

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

HEAD = """\
import threading
from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.datastream import *
from pyflink.datastream.functions import *
from pyflink.datastream.state import *
from pyflink.datastream.window import *

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([3, 2, 1, 0])
"""
FIRST_LINE = HEAD.count("\n") + 1


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(body: str, *options: str, head: str = HEAD) -> Any:
        script = tmp_path / "job.py"
        script.write_text(head + body)
        return run_script(script, options=options, cwd=tmp_path)

    return run


def check(done: subprocess.CompletedProcess[str], *texts: str) -> str:
    """The program failed, its error has the texts and no frame of the engine."""
    err = done.stderr
    assert done.returncode == 1, err
    assert "site-packages" not in err
    assert "/hurtig/" not in err
    for text in texts:
        assert text in err, err
    return err


# -- a user's function fails ------------------------------------------------------------------


def test_a_failing_function(run: Run) -> None:
    body = """\
def inverse(x):
    return helper(x)

def helper(x):
    return 6 // x

numbers.map(inverse).name("divide").uid("d-1").print()
env.execute()
"""
    done = run(body)
    err = check(done, "Traceback", "ZeroDivisionError", "operator  divide", "record    0")
    assert re.search(r"\[uid [0-9a-f]{32}\]", err)
    frames = re.findall(r'File ".*job\.py", line (\d+), in (\w+)', err)
    assert frames == [(str(FIRST_LINE + 1), "inverse"), (str(FIRST_LINE + 4), "helper")]
    assert "    return 6 // x" in err
    assert done.stdout == "2\n3\n6\n"


def test_a_lambda(run: Run) -> None:
    err = check(run("numbers.map(lambda x: 6 // x).print()\nenv.execute()\n"), "ZeroDivisionError")
    assert re.findall(r"line (\d+), in <lambda>", err) == [str(FIRST_LINE)]
    assert "numbers.map(lambda x: 6 // x)" in err


@pytest.mark.parametrize(
    "operator",
    [
        "filter(lambda x: 6 // x)",
        "flat_map(lambda x: [6 // x])",
        "key_by(lambda x: 6 // x).reduce(lambda a, b: a)",
        "key_by(lambda x: 1).reduce(lambda a, b: a // b)",
        "key_by(lambda x: 1).process(Fails())",
        "key_by(lambda x: 1).count_window(4).reduce(lambda a, b: a // b)",
        "window_all(CountTumblingWindowAssigner.of(4)).apply(FailsWindow())",
        "partition_custom(lambda k, n: 6 // k * 0, lambda x: x).map(lambda x: x)",
        "connect(numbers).process(FailsTwo())",
        "assign_timestamps_and_watermarks(strategy)",
    ],
)
def test_every_kind_of_function(run: Run, operator: str) -> None:
    body = f"""\
class Fails(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield 6 // value

class FailsTwo(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield 6 // value

    def process_element2(self, value, ctx):
        yield 6 // value

class FailsWindow(AllWindowFunction):
    def apply(self, window, inputs):
        yield 6 // min(inputs)

from pyflink.common.watermark_strategy import TimestampAssigner
class Assigner(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 6 // value

strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigner())
numbers.{operator}.print()
env.execute()
"""
    err = check(run(body), "ZeroDivisionError", "operator  ", "record    ")
    assert re.search(r'File ".*job\.py", line \d+, in ', err)


def test_long_records_are_cut(run: Run) -> None:
    body = """\
env.from_collection([list(range(100_000)) + ["x" * 100_000]]).map(lambda x: x.missing).print()
env.execute()
"""
    err = check(run(body), "AttributeError", "record    [0, 1, 2")
    assert len(err) < 2000


def test_open_and_close(run: Run) -> None:
    body = """\
class Opens(MapFunction):
    def open(self, runtime_context):
        raise OSError("service is down")
    def map(self, value):
        return value
numbers.map(Opens()).name("opens").print()
env.execute()
"""
    err = check(run(body), "OSError: service is down", "operator  opens", "in open")
    assert "record" not in err


def test_the_cause_is_shown(run: Run) -> None:
    body = """\
def parse(x):
    try:
        return {}[x]
    except KeyError as e:
        raise ValueError(f"no entry for {x}") from e
numbers.map(parse).print()
env.execute()
"""
    check(run(body), "KeyError: 3", "direct cause", "ValueError: no entry for 3")


def test_the_subtask_is_named(run: Run) -> None:
    body = "numbers.rebalance().map(lambda x: 6 // x).set_parallelism(2).print()\nenv.execute()\n"
    err = check(run(body), "ZeroDivisionError")
    assert re.search(r"operator  Map.* \([12]/2\)", err)


@pytest.mark.parametrize(
    "end", ["env.execute()", "env.execute_async().get_job_execution_result().result()"]
)
def test_ways_to_run(run: Run, end: str) -> None:
    check(
        run(f"numbers.map(lambda x: 6 // x).print()\n{end}\n"), "ZeroDivisionError", "record    0"
    )


def test_collecting(run: Run) -> None:
    body = "list(numbers.map(lambda x: 6 // x).execute_and_collect())\n"
    check(run(body), "ZeroDivisionError", "record    0")


def test_verbose_shows_the_engine(run: Run) -> None:
    done = run("numbers.map(lambda x: 6 // x).print()\nenv.execute()\n", "-v")
    assert done.returncode == 1
    assert "/hurtig/" in done.stderr


# -- a wrong program --------------------------------------------------------------------------

WRONG = {
    "no source": ("env.execute()\n", ["No operators defined in streaming topology"]),
    "no sink": (
        ("env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([1])\nenv.execute()\n"),
        ["No operators defined in streaming topology", "nothing reads it"],
    ),
    "an unkeyed timer": (
        """\
class Timer(ProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(1)
        yield value
numbers.process(Timer()).name("timers").print()
env.execute()
""",
        ["only supported on a keyed stream", "key_by", "Timer.process_element", "job.py"],
    ),
    "unkeyed state": (
        """\
class State(MapFunction):
    def open(self, runtime_context):
        runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))
    def map(self, value):
        return value
numbers.map(State()).name("stateful").print()
env.execute()
""",
        ["'count'", "key_by", "operator  stateful"],
    ),
    "a key selector that raises": (
        'numbers.key_by(lambda x: x["id"]).reduce(max).name("reduced").print()\nenv.execute()\n',
        ["TypeError", "key selector of reduced", "record    3", "in <lambda>"],
    ),
    "a field that the record does not have": (
        "numbers.map(lambda x: (x,)).key_by(lambda x: 0).sum(2).print()\nenv.execute()\n",
        ["ValueError: sum(2): the record has no field 2", "record    (2,)"],
    ),
    "an unhashable key": (
        'numbers.key_by(lambda x: [x]).reduce(max).name("reduced").print()\nenv.execute()\n',
        ["cannot be hashed", "tuple", "reduced", "record    3"],
    ),
    "an unhashable key in several subtasks": (
        ("env.set_parallelism(2)\n"
        'numbers.key_by(lambda x: [x]).reduce(max).name("reduced").print()\nenv.execute()\n'),
        ["cannot be hashed", "tuple", "reduced", "record    "],
    ),
    "an unhashable key from several subtasks": (
        ("numbers.rebalance().map(lambda x: x).set_parallelism(2)"
        '.key_by(lambda x: [x]).reduce(max).name("reduced").print()\nenv.execute()\n'),
        ["cannot be hashed", "tuple", "reduced", "record    "],
    ),
    "a type that is not the value's": (
        'numbers.map(lambda x: "text", Types.INT()).name("typed").print()\nenv.execute()\n',
        ["operator  typed", "'text'", "INT"],
    ),
    "a collection of another type": (
        'env.from_collection([1, "two"], Types.INT())\n',
        ["'two'", "element 1", "job.py"],
    ),
    "one uid twice": (
        'numbers.map(str).name("a").uid("u").map(str).name("b").uid("u").print()\nenv.execute()\n',
        ["two operators have the uid 'u': 'a' and 'b'", "env.execute()"],
    ),
    "a lambda that cannot be pickled": (
        ("lock = threading.Lock()\n"
        'numbers.map(lambda x: (lock, x)).name("locked").print()\nenv.execute()\n'),
        ["operator 'locked' cannot be shipped", "lock", "open()"],
    ),
    "forward between different parallelism": (
        "numbers.forward().map(str).set_parallelism(2).print()\nenv.execute()\n",
        ["forward() needs the same parallelism on both sides", "rebalance()"],
    ),
    "a function of another kind": (
        ("class F(FilterFunction):\n    def filter(self, value):\n        return True\n"
        "numbers.map(F())\n"),
        ["MapFunction", "another kind of function", "numbers.map(F())"],
    ),
    "not a function": ("numbers.map(5)\n", ["MapFunction or a callable", "5", "numbers.map(5)"]),
    "not a key selector": ("numbers.key_by(0)\n", ["lambda x: x[0]", "numbers.key_by(0)"]),
    "not a window": (
        "numbers.key_by(lambda x: x).window(5).reduce(max)\n", ["takes a WindowAssigner, got 5"],
    ),
    "not a trigger": (
        "numbers.key_by(lambda x: x).window(GlobalWindows.create()).trigger(5).reduce(max)\n",
        ["takes a Trigger, got 5"],
    ),
    "event time without timestamps": (
        ("numbers.window_all(TumblingEventTimeWindows.of(Time.seconds(1))).reduce(max).print()\n"
        "env.execute()\n"),
        ["timestamp", "assign_timestamps_and_watermarks"],
    ),
    "batch of what never ends": (
        ("import itertools\nenv.set_runtime_mode(RuntimeExecutionMode.BATCH)\n"
        "env.from_iterable(itertools.count, bounded=False).print()\nenv.execute()\n"),
        ["BATCH mode needs sources that end"],
    ),
    "a timer at no whole number": (
        """\
class Timer(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(1.5)
        yield value
numbers.key_by(lambda x: x).process(Timer()).print()
env.execute()
""",
        ["must be an int of epoch milliseconds, got 1.5", "record    3"],
    ),
    "a result that is not iterable": (
        "numbers.flat_map(lambda x: x).print()\nenv.execute()\n", ["int", "record    3"],
    ),
    "an unknown target": (
        ('env.get_config()\nfrom pyflink.common import Configuration\n'
        'env.configure(Configuration().set_string("execution.target", "yarn"))\n'
        "numbers.print()\nenv.execute()\n"),
        ["unknown execution.target 'yarn'", "local"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_programs(run: Run, name: str) -> None:
    body, texts = WRONG[name]
    done = run(body)
    err = check(done, *texts)
    assert "AssertionError" not in err


def test_build_errors_name_the_line(run: Run) -> None:
    err = check(run("x = 1\nnumbers.key_by(lambda x: x).rebalance()\n"), "Cannot override")
    assert f"job.py:{FIRST_LINE + 1}" in err or f"line {FIRST_LINE + 1}" in err


def test_unknown_settings_are_warned_about(run: Run) -> None:
    done = run("numbers.print()\nenv.execute()\n", "-D", "pipeline.objekt-reuse=true")
    assert done.returncode == 0
    assert "pipeline.objekt-reuse" in done.stderr
    assert "pipeline.object-reuse" in done.stderr


# -- malformed input --------------------------------------------------------------------------

CSV = """\
from hurtig.datastream.connectors.file_system import FileSource
from hurtig.datastream.formats.csv import CsvReaderFormat, CsvSchema
from hurtig.common import Types
schema = CsvSchema.builder().add_string_column("name").add_number_column("n").build()
source = FileSource.for_record_stream_format(CsvReaderFormat.for_schema(schema), "in.csv").build()
stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "csv"){policy}
stream.map(lambda row: row.n).print()
{more}
env.execute()
"""


@pytest.fixture
def broken_file(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("a,1\nb,two\nc,3\n")
    return path


def test_a_malformed_line_fails_the_job(run: Run, broken_file: Path) -> None:
    check(run(CSV.format(policy="", more="")), "in.csv", "line 2", "b,two")


def test_malformed_lines_are_skipped(run: Run, broken_file: Path) -> None:
    done = run(CSV.format(policy='.on_error("skip")', more=""))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "3"]


def test_malformed_lines_as_dead_letters(run: Run, broken_file: Path) -> None:
    more = "stream.get_dead_letters().map(lambda d: f'{d.location}|{d.record}').print('dead')"
    done = run(CSV.format(policy='.on_error("dead-letter")', more=more))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if "dead" not in line] == ["1", "3"]
    (dead,) = [line for line in lines if "dead" in line]
    assert "in.csv" in dead
    assert "line 2" in dead
    assert "b,two" in dead
