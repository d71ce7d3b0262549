"""What a slow function has done reaches the next task before its next call."""

from __future__ import annotations

import time

from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.functions import MapFunction

CALLS: list[str] = []


class Slow(MapFunction):
    def map(self, value):
        time.sleep(0.02)
        CALLS.append(f"slow {value}")
        return value


class Next(MapFunction):
    def map(self, value):
        CALLS.append(f"next {value}")
        return value


def test_results_of_slow_calls_do_not_wait_for_each_other():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.disable_operator_chaining()
    numbers = env.from_collection([1, 2, 3, 4]).map(Slow()).map(Next())
    assert list(numbers.execute_and_collect()) == [1, 2, 3, 4]
    # The first slices may hold two records, as long as the function is not known to be slow.
    assert CALLS.index("next 3") < CALLS.index("slow 4")
