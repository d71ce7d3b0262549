"""The documents' programs run as they stand, given the imports and streams that they leave out.

``programs/`` holds their texts; of 01 what concerns Kafka is left out, in 04 the import that was
broken over two lines is one line. The prelude stands before the text, the epilogue behind it
shows what the streams hold.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

PROGRAMS = Path(__file__).parent / "programs"

ENVIRONMENT = """
from pyflink.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
"""


@pytest.fixture
def run(run_python, tmp_path):
    """Runs a program between prelude and epilogue; gives the lines it printed."""

    def run_program(name: str, prelude: str, epilogue: str) -> list[str]:
        text = (PROGRAMS / name).read_text(encoding="utf-8")
        job = tmp_path / name
        job.write_text(dedent(prelude) + text + dedent(epilogue), encoding="utf-8")
        done = run_python("-m", "hurtig", "run", str(job))
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run_program


def test_01_datastream_basics(run):
    out = run(
        "01_datastream_basics.py",
        """
        import json
        from pyflink.common import WatermarkStrategy
        from hurtig.datastream.connectors import IterableSource
        kafka_source = IterableSource([
            '{"event_type": "view", "user_id": 1, "amount": 0}',
            '{"event_type": "purchase", "user_id": 2, "amount": 9.5}',
            '{"event_type": "purchase", "user_id": 1, "amount": 3}',
        ])
        """,
        """
        print(env.get_parallelism())
        print(sorted(result.execute_and_collect()))
        """,
    )
    assert out == ["4", "[(1, 3), (2, 9.5)]"]


def test_03_event_time_watermarks(run):
    out = run(
        "03_event_time_watermarks.py",
        ENVIRONMENT
        + dedent("""
        from hurtig.datastream.connectors import IterableSource
        kafka_source = IterableSource([{"event_time_ms": 7000}, {"event_time_ms": 1000}])
        """),
        """
        from pyflink.datastream import ProcessFunction

        class Stamp(ProcessFunction):
            def process_element(self, value, ctx):
                yield value["event_time_ms"], ctx.timestamp()

        print(list(stream_with_watermarks.process(Stamp()).execute_and_collect()))
        """,
    )
    assert out == ["[(7000, 7000), (1000, 1000)]"]


def test_04_windows(run):
    out = run(
        "04_windows.py",
        ENVIRONMENT
        + dedent("""
        from pyflink.common import Duration, WatermarkStrategy
        from pyflink.common.watermark_strategy import TimestampAssigner
        from pyflink.datastream import AggregateFunction, ProcessWindowFunction

        MINUTE = 60_000

        class Minute(TimestampAssigner):
            def extract_timestamp(self, value, record_timestamp):
                return value["minute"] * MINUTE

        def event(minute, user, product, session, total):
            return {"minute": minute, "user_id": user, "product_id": product,
                    "session_id": session, "count": 1, "total": total}

        class AverageAggregate(AggregateFunction):
            def create_accumulator(self):
                return 0, 0

            def add(self, value, accumulator):
                return accumulator[0] + value["total"], accumulator[1] + 1

            def get_result(self, accumulator):
                return accumulator[0] / accumulator[1]

            def merge(self, a, b):
                return a[0] + b[0], a[1] + b[1]

        class SessionAnalyzer(ProcessWindowFunction):
            def process(self, key, context, elements):
                window = context.window()
                yield key, window.start // MINUTE, window.end // MINUTE, len(list(elements))

        stream = env.from_collection([
            event(1, "u", "p", "s", 10), event(2, "u", "p", "s", 20), event(4, "v", "q", "t", 5),
            event(7, "u", "p", "s", 40), event(50, "u", "p", "s", 1),
        ]).assign_timestamps_and_watermarks(
            WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_minutes(1))
            .with_timestamp_assigner(Minute())
        )
        """),
        """
        totals = ((v["user_id"], v["count"], v["total"]) for v in tumbling.execute_and_collect())
        print(sorted(totals))
        print(sorted(sliding.execute_and_collect()))
        print(sorted(session.execute_and_collect()))
        """,
    )
    assert out == [
        str([("u", 1, 1), ("u", 1, 40), ("u", 2, 30), ("v", 1, 5)]),
        str(sorted([15.0, 70 / 3, 40.0, 5.0, 5.0, 1.0, 1.0])),
        str([("s", 1, 37, 3), ("s", 50, 80, 1), ("t", 4, 34, 1)]),
    ]


def test_05_state(run):
    out = run(
        "05_state.py",
        ENVIRONMENT
        + dedent("""
        from pyflink.common import Types

        def payment(user, amount, timestamp):
            return {"user_id": user, "amount": amount, "timestamp": timestamp}

        stream = env.from_collection([
            payment("a", 10.0, 1), payment("b", 500.0, 2), payment("a", 99.0, 3),
            payment("a", 991.5, 4), payment("b", 1.0, 5), payment("b", 10.5, 6),
        ])
        """),
        """
        for alert in alerts.execute_and_collect():
            print(alert)
        """,
    )
    assert out == [
        str({"user_id": "a", "alert": "POTENTIAL_FRAUD", "current": 991.5, "previous": 99.0}),
        str({"user_id": "b", "alert": "POTENTIAL_FRAUD", "current": 10.5, "previous": 1.0}),
    ]


def test_05b_state_backends(run):
    out = run(
        "05b_state_backends.py",
        ENVIRONMENT
        + "from pyflink.datastream.state_backend import HashMapStateBackend, RocksDBStateBackend\n",
        "print(list(env.from_collection([1]).key_by(lambda v: v).sum().execute_and_collect()))",
    )
    assert out == ["[1]"]


def test_06_checkpointing(run):
    out = run(
        "06_checkpointing.py",
        ENVIRONMENT
        + "from pyflink.datastream.checkpoint_config import ExternalizedCheckpointCleanup\n",
        """
        print(config.get_checkpoint_interval(), config.get_checkpoint_timeout())
        print(config.get_min_pause_between_checkpoints(), config.get_max_concurrent_checkpoints())
        print(config.get_checkpointing_mode().name)
        """,
    )
    assert out == ["60000 600000", "30000 1", "EXACTLY_ONCE"]


def test_05b_rocksdb_keeps_its_checkpoints_where_it_says(run):
    out = run(
        "05b_state_backends.py",
        ENVIRONMENT
        + "from pyflink.datastream.state_backend import HashMapStateBackend, RocksDBStateBackend\n",
        """
        import os
        env.set_state_backend(RocksDBStateBackend("file://" + os.getcwd() + "/checkpoints"))
        env.enable_checkpointing(3_600_000)
        sums = env.from_collection([1, 1, 2]).key_by(lambda v: v).sum()
        print(sorted(sums.execute_and_collect()))
        print(os.listdir("checkpoints"))
        """,
    )
    assert out == ["[1, 2, 2]", "[]"]  # the job has finished: nothing is kept


def test_06_checkpoints_outlive_a_cancelled_job(run):
    out = run(
        "06_checkpointing.py",
        ENVIRONMENT
        + "from pyflink.datastream.checkpoint_config import ExternalizedCheckpointCleanup\n",
        """
        import glob, os, time
        config.set_checkpoint_storage("file://" + os.getcwd() + "/checkpoints")
        config.set_checkpoint_interval(20)
        config.set_min_pause_between_checkpoints(0)
        env.from_sequence(0, 10**9).map(lambda n: time.sleep(0.001) or n).print_to_err()
        client = env.execute_async()
        # The third says that the second is complete, whatever becomes of the third.
        while not glob.glob("checkpoints/*/chk-[3-9]/_metadata"):
            time.sleep(0.005)
        client.cancel().result()
        (path,) = glob.glob("checkpoints/*/chk-*/_metadata")
        print(os.path.basename(path), client.get_job_status().result().name)
        """,
    )
    assert out == ["_metadata CANCELED"]
