"""Sources of collections and collecting results."""

from pyflink.common import Row, Types, WatermarkStrategy
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from .case import case
from .helpers import INT, LONG, STR


@case()
def case_collect_untyped_values(env):
    return env.from_collection([1, "a", 2.5, (1, "t"), [1], {"k": 1}, True, b"b", {3}])


@case()
def case_collect_empty(env):
    return env.from_collection([], type_info=INT)


@case()
def case_collect_string_is_a_collection(env):
    return env.from_collection("abc")


@case()
def case_collect_tuple_of_lists(env):
    return env.from_collection([[1, 2], [3]])


@case()
def case_collect_limit(env):
    return list(env.from_collection([1, 2, 3], type_info=INT).execute_and_collect(limit=2))


@case()
def case_collect_limit_larger(env):
    return list(env.from_collection([1, 2], type_info=INT).execute_and_collect("name", 10))


@case()
def case_collect_with_statement(env):
    with env.from_collection([1, 2], type_info=INT).execute_and_collect() as results:
        return list(results)


@case()
def case_collect_next(env):
    with env.from_collection([1, 2], type_info=INT).execute_and_collect() as results:
        return [next(results), next(results)]


@case(
    deviation="None is a value like any other; PyFlink's iterator ends there",
    ours=["1", "None", "2"],
)
def case_collect_none(env):
    return env.from_collection([1, 0, 2]).map(lambda n: n or None)


@case(ordered=False, spread=True, bounded=True)
def case_source_number_sequence(env):
    return env.from_source(
        NumberSequenceSource(-2, 3), WatermarkStrategy.no_watermarks(), "numbers", LONG
    )


@case(ordered=False, spread=True)
def case_source_from_parallel_sequence(env):
    return (
        env.from_parallel_collection(list(range(4)), INT)
        if hasattr(env, "from_parallel_collection")
        else env.from_collection(list(range(4)), type_info=INT)
    )


@case()
def case_collect_rows(env):
    kind = Types.ROW_NAMED(["a", "b"], [INT, STR])
    return env.from_collection([Row(1, "x"), Row(a=2, b="y")], type_info=kind)


@case()
def case_collect_two_jobs_from_one_environment(env):
    numbers = env.from_collection([1, 2], type_info=INT)
    first = list(numbers.map(lambda n: n + 1).execute_and_collect())
    second = list(numbers.map(lambda n: n + 2).execute_and_collect())
    return [first, second]


@case()
def case_plan_has_names_and_parallelism(env):
    import json

    numbers = env.from_collection([1], type_info=INT)
    numbers.map(lambda n: n, output_type=INT).name("my map").uid("m").print()
    plan = json.loads(env.get_execution_plan())
    return [(n["type"].split(":")[0].strip(), n["parallelism"]) for n in plan["nodes"]][-2:]


@case()
def case_stream_attributes(env):
    stream = env.from_collection([1], type_info=INT).map(lambda n: n).name("m")
    return [stream.get_name(), str(stream.get_type()), env.get_parallelism()]
