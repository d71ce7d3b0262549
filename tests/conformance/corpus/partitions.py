"""Partitioning between operators."""

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import MapFunction, Partitioner
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from .case import case
from .helpers import INT, KEYED, LONG, STR, first


class Where(MapFunction):
    """The value with the index of its subtask and the number of them."""

    def open(self, runtime_context):
        self.at = (
            runtime_context.get_index_of_this_subtask(),
            runtime_context.get_number_of_parallel_subtasks(),
        )

    def map(self, value):
        return value, *self.at


class Count(Where):
    """How many subtasks there are."""

    def map(self, value):
        return value, self.at[1]


def six(env):
    return env.from_collection(list(range(6)), type_info=INT)


@case(ordered=False, parallelism=2)
def case_partition_rebalance_spreads_evenly(env):
    return (
        six(env)
        .rebalance()
        .map(Where())
        .map(lambda v: (v[1], 1))
        .key_by(first)
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )


@case(ordered=False, parallelism=2)
def case_partition_rescale(env):
    return six(env).rescale().map(Count())


@case(ordered=False, parallelism=2)
def case_partition_shuffle_loses_nothing(env):
    return six(env).shuffle().map(lambda n: n * 2, output_type=INT)


@case(ordered=False, parallelism=2)
def case_partition_broadcast_copies(env):
    return six(env).broadcast().map(Where())


@case(ordered=False, parallelism=2)
def case_partition_forward(env):
    return six(env).forward().map(Count()).set_parallelism(1)


@case(
    ordered=False,
    parallelism=2,
    deviation="partition_custom never works under PyFlink's execute_and_collect",
    ours=["(0, 0, 2)", "(1, 1, 2)", "(2, 0, 2)", "(3, 1, 2)", "(4, 0, 2)", "(5, 1, 2)"],
)
def case_partition_custom_function(env):
    return six(env).partition_custom(lambda key, n: key % n, lambda v: v).map(Where())


@case(
    ordered=False,
    parallelism=2,
    deviation="partition_custom never works under PyFlink's execute_and_collect",
    ours=["(0, 1, 2)", "(1, 1, 2)", "(2, 1, 2)", "(3, 1, 2)", "(4, 1, 2)", "(5, 1, 2)"],
)
def case_partition_custom_class(env):
    class Last(Partitioner):
        def partition(self, key, num_partitions):
            return num_partitions - 1

    return six(env).partition_custom(Last(), lambda v: v).map(Where())


@case(ordered=False, parallelism=2)
def case_partition_keyed_sum_keeps_order(env):
    data = [(f"k{n % 3}", n) for n in range(12)]
    return env.from_collection(data, type_info=KEYED).key_by(first, STR).sum(1)


@case(ordered=False, parallelism=2)
def case_partition_number_sequence(env):
    numbers = env.from_source(
        NumberSequenceSource(1, 9), WatermarkStrategy.no_watermarks(), "numbers", LONG
    )
    return numbers.map(lambda n: n * n, LONG)


@case(ordered=False, parallelism=2)
def case_partition_parallelism_per_operator(env):
    return (
        six(env)
        .map(Count())
        .set_parallelism(1)
        .map(lambda v: v, output_type=Types.PICKLED_BYTE_ARRAY())
        .set_parallelism(2)
    )


@case(ordered=False, parallelism=2)
def case_partition_union_of_parallel_parts(env):
    evens = six(env).filter(lambda n: n % 2 == 0)
    odds = six(env).filter(lambda n: n % 2 == 1)
    return evens.union(odds).rebalance().map(lambda n: n + 0, output_type=INT)


@case(ordered=False, parallelism=3)
def case_partition_three_subtasks(env):
    return six(env).rebalance().map(Count())


@case(ordered=False, parallelism=2)
def case_partition_max_parallelism(env):
    class Max(MapFunction):
        def open(self, runtime_context):
            self.max = runtime_context.get_max_number_of_parallel_subtasks()

        def map(self, value):
            return self.max

    env.set_max_parallelism(16)
    return env.from_collection([1]).map(Max())
