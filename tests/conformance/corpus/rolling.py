"""key_by and the aggregations that answer with every element."""

from pyflink.common import Row, Types
from pyflink.datastream import KeySelector, ReduceFunction

from .case import case
from .helpers import INT, KEYED, LONG, STR, first

SALES = [("x", 4), ("y", 2), ("x", 1), ("y", 9), ("x", 4), ("z", 0), ("y", 2)]
THREE = [("x", 4, "p"), ("x", 1, "q"), ("y", 7, "r"), ("x", 1, "s"), ("x", 4, "t"), ("y", 8, "u")]


def sales(env):
    return env.from_collection(SALES, type_info=KEYED).key_by(first, STR)


def three(env):
    kind = Types.TUPLE([STR, INT, STR])
    return env.from_collection(THREE, type_info=kind).key_by(first, STR)


@case(spread=True)
def case_rolling_sum(env):
    return sales(env).sum(1)


@case(spread=True)
def case_rolling_min_keeps_other_fields(env):
    return three(env).min(1)


@case(spread=True)
def case_rolling_max_keeps_other_fields(env):
    return three(env).max(1)


@case(spread=True)
def case_rolling_min_by_takes_the_element(env):
    return three(env).min_by(1)


@case(spread=True)
def case_rolling_max_by_takes_the_element(env):
    return three(env).max_by(1)


@case(spread=True)
def case_rolling_max_of_strings(env):
    return three(env).max(2)


@case(spread=True)
def case_rolling_reduce_first_element_unchanged(env):
    return sales(env).reduce(lambda a, b: (a[0], a[1] * 10 + b[1]))


@case(spread=True)
def case_rolling_reduce_class(env):
    class Longest(ReduceFunction):
        def reduce(self, value1, value2):
            return value1 if len(value1) >= len(value2) else value2

    words = ["aa", "b", "abc", "bcd", "a", "b"]
    return env.from_collection(words, type_info=STR).key_by(lambda w: w[0]).reduce(Longest())


@case(spread=True)
def case_rolling_sum_of_named_rows(env):
    kind = Types.ROW_NAMED(["k", "n"], [STR, INT])
    rows = [Row("a", 1), Row("b", 2), Row("a", 3)]
    return env.from_collection(rows, type_info=kind).key_by(lambda r: r.k, STR).sum("n")


@case(spread=True)
def case_rolling_default_position(env):
    numbers = env.from_collection([(5, 1), (3, 1), (7, 2)], type_info=Types.TUPLE([INT, INT]))
    return numbers.key_by(lambda v: v[1], INT).max()


@case(spread=True)
def case_key_by_selector_class(env):
    class Parity(KeySelector):
        def get_key(self, value):
            return value % 2

    return (
        env.from_collection([1, 2, 3, 4], type_info=INT)
        .key_by(Parity(), INT)
        .reduce(lambda a, b: a + b)
    )


@case(spread=True)
def case_key_by_tuple_key(env):
    kind = Types.TUPLE([STR, INT, LONG])
    data = [("a", 1, 10), ("a", 2, 20), ("a", 1, 30), ("b", 1, 40)]
    return (
        env.from_collection(data, type_info=kind)
        .key_by(lambda v: (v[0], v[1]), Types.TUPLE([STR, INT]))
        .sum(2)
    )


@case(spread=True)
def case_key_by_row_key(env):
    data = [("a", 1, 10), ("a", 1, 30), ("b", 1, 40)]
    return (
        env.from_collection(data)
        .key_by(lambda v: Row(v[0], v[1]), Types.ROW([STR, INT]))
        .reduce(lambda a, b: (*a[:2], a[2] + b[2]))
    )


@case(spread=True)
def case_key_by_none_and_empty(env):
    data = [(None, 1), ("", 2), (None, 3), ("", 4)]
    return env.from_collection(data).key_by(first).reduce(lambda a, b: (a[0], a[1] + b[1]))


@case(spread=True, takes="thread")
def case_key_by_number_kinds_without_a_type(env):
    data = [(2, 1), (2.0, 10), (2, 100), (2.0, 1000)]
    return env.from_collection(data).key_by(first).reduce(lambda a, b: (a[0], a[1] + b[1]))


@case(deviation="keys have to be hashable; PyFlink compares their pickled bytes", ours="error")
def case_key_by_mutable_key(env):
    data = [([1, 2], 1), ([1, 2], 2), ([3], 3)]
    return env.from_collection(data).key_by(first).reduce(lambda a, b: (a[0], a[1] + b[1]))


@case(deviation="keys have to be hashable; PyFlink compares their pickled bytes", ours="error")
def case_key_by_dict_key(env):
    data = [("a", 1), ("a", 2), ("b", 5)]
    return (
        env.from_collection(data)
        .key_by(lambda v: {"k": v[0]})
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )


@case(spread=True)
def case_key_by_twice_uses_the_last(env):
    return sales(env).key_by(lambda v: v[1] % 2, LONG).reduce(lambda a, b: ("-", a[1] + b[1]))


@case(spread=True)
def case_rolling_after_rolling(env):
    return sales(env).sum(1).key_by(first, STR).max(1)


@case(spread=True)
def case_keyed_map_filter_flat_map(env):
    return {
        "map": sales(env).map(lambda v: v[1]),
        "filter": sales(env).filter(lambda v: v[1] > 3),
        "flat_map": sales(env).flat_map(lambda v: v[0] * v[1]),
    }
