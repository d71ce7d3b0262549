"""What functions learn about where they run."""

from __future__ import annotations

import pytest

from hurtig.common import Types
from hurtig.common.errors import UserFunctionError
from hurtig.datastream import KeyedProcessFunction, MapFunction
from hurtig.datastream.state import ValueStateDescriptor
from hurtig.testing import collect


class Tell(MapFunction):
    def open(self, runtime_context):
        self.context = runtime_context

    def map(self, value):
        context = self.context
        return (
            context.get_task_name(),
            context.get_task_name_with_subtasks(),
            context.get_number_of_parallel_subtasks(),
            context.get_max_number_of_parallel_subtasks(),
            context.get_index_of_this_subtask(),
            context.get_attempt_number(),
        )


def test_position(env):
    stream = env.from_collection([1, 2]).rebalance().map(Tell()).name("tell")
    stream.set_parallelism(2).set_max_parallelism(16)
    assert sorted(collect(stream)) == [
        ("tell", "tell (1/2)", 2, 16, 0, 0), ("tell", "tell (2/2)", 2, 16, 1, 0)
    ]  # fmt: skip


def test_global_job_parameters(env):
    class Parameter(MapFunction):
        def open(self, runtime_context):
            self.name = runtime_context.get_job_parameter("name", "none")
            self.other = runtime_context.get_job_parameter("other", "none")

        def map(self, value):
            return self.name, self.other

    env.get_config().set_global_job_parameters({"name": "given"})
    assert collect(env.from_collection([1]).map(Parameter())) == [("given", "none")]


def test_metrics(env):
    class Metered(MapFunction):
        def open(self, runtime_context):
            group = runtime_context.get_metrics_group().add_group("mine")
            self.counter = group.counter("count")
            self.meter = group.meter("rate")
            self.distribution = group.distribution("sizes")
            group.gauge("last", lambda: self.last)
            self.last = None

        def map(self, value):
            self.counter.inc()
            self.meter.mark_event()
            self.distribution.update(value)
            self.last = value
            return value

    env.from_collection([1, 2, 5]).map(Metered()).name("metered").print()
    client = env.execute_async()
    client.get_job_execution_result().result()
    metrics = client._control.task_manager.metrics()
    assert metrics["metered.0.mine.count"] == 3
    assert metrics["metered.0.mine.last"] == 5
    assert metrics["metered.0.mine.rate"]["count"] == 3


def test_counts_of_operators(env):
    from hurtig.client import running

    seen = []

    class Look(MapFunction):
        def close(self):
            seen_of().append([job.metrics() for job in running.jobs()])

        def map(self, value):
            return value

    global _seen
    _seen = seen
    env.from_sequence(1, 5).filter(lambda x: x > 2).map(Look()).print()
    env.execute()
    ((metrics,),) = seen
    assert (metrics["records_in"], metrics["records_out"], metrics["late"]) == (5, 3, 0)


_seen: list = []


def seen_of():
    return _seen


def test_keyed_state_needs_a_key(env):
    class Stateful(MapFunction):
        def open(self, runtime_context):
            runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

        def map(self, value):
            return value

    with pytest.raises(UserFunctionError, match=r"'count' was asked for in 'counting'.*key_by"):
        collect(env.from_collection([1]).map(Stateful()).name("counting"))


def test_state_outside_of_a_record(env):
    class TooEarly(KeyedProcessFunction):
        def open(self, runtime_context):
            runtime_context.get_state(ValueStateDescriptor("count", Types.INT())).value()

        def process_element(self, value, ctx):
            return [value]

    with pytest.raises(UserFunctionError, match="outside of the handling of a record"):
        collect(env.from_collection([1]).key_by(lambda v: v).process(TooEarly()))


def test_open_and_close_of_every_subtask(env):
    class Logged(MapFunction):
        def open(self, runtime_context):
            self.index = runtime_context.get_index_of_this_subtask()
            seen_of().append(("open", self.index))

        def map(self, value):
            return value

        def close(self):
            seen_of().append(("close", self.index))

    global _seen
    _seen = []
    collect(env.from_sequence(1, 9).map(Logged()).set_parallelism(3))
    assert sorted(_seen) == [(what, i) for what in ("close", "open") for i in range(3)]
