"""Type information: what goes in, what comes out."""

import datetime
from decimal import Decimal

from pyflink.common import Row, RowKind, Types

from .case import case
from .helpers import DOUBLE, INT, LONG, STR


def through(env, data, type_info):
    """The collection and the same after a typed map."""
    source = env.from_collection(data, type_info=type_info)
    return source.map(lambda value: value, output_type=type_info)


@case()
def case_type_boolean(env):
    return through(env, [True, False], Types.BOOLEAN())


@case()
def case_type_byte_and_short_bounds(env):
    return through(env, [(-128, -32768), (127, 32767)], Types.TUPLE([Types.BYTE(), Types.SHORT()]))


@case()
def case_type_int_bounds(env):
    return through(env, [-(2**31), 2**31 - 1, 0], INT)


@case()
def case_type_float_is_single_precision(env):
    return through(
        env, [(0.1, 0.1), (1e30, 1e30), (-3.3e-38, 1.0)], Types.TUPLE([Types.FLOAT(), DOUBLE])
    )


@case()
def case_type_double_specials(env):
    return through(env, [float("nan"), float("-inf"), 5e-324, -0.0], DOUBLE)


@case()
def case_type_strings_of_every_plane(env):
    return through(env, ["", "\u00e9\u0301", "\U0001f600", "a\x00b", "\u6f22"], STR)


@case(
    deviation="PyFlink hands a Python int over as a Java Long and fails",
    ours=[str(2**62), str(-(2**62))],
)
def case_type_big_int(env):
    return through(env, [2**62, -(2**62)], Types.BIG_INT())


@case(
    deviation="PyFlink hands a Python int over as a Java Long and fails",
    ours=[str(2**64), str(-(2**80))],
)
def case_type_big_int_over_64_bits(env):
    return through(env, [2**64, -(2**80)], Types.BIG_INT())


@case()
def case_type_big_dec(env):
    return through(env, [Decimal("1.50"), Decimal("-1000"), Decimal("0.000")], Types.BIG_DEC())


@case()
def case_type_dates(env):
    return through(env, [datetime.date(1970, 1, 1), datetime.date(2024, 2, 29)], Types.SQL_DATE())


@case(
    deviation="PyFlink counts days in the Julian calendar before 1582",
    ours=["datetime.date(1, 1, 1)"],
)
def case_type_date_of_year_one(env):
    return through(env, [datetime.date(1, 1, 1)], Types.SQL_DATE())


@case()
def case_type_times(env):
    return through(env, [datetime.time(0, 0), datetime.time(23, 59, 59)], Types.SQL_TIME())


@case(
    deviation="PyFlink cannot read a collected SQL_TIMESTAMP",
    ours=["datetime.datetime(2024, 5, 17, 12, 30, 15, 250000)"],
)
def case_type_timestamps(env):
    return through(env, [datetime.datetime(2024, 5, 17, 12, 30, 15, 250000)], Types.SQL_TIMESTAMP())


@case(
    deviation="PyFlink's from_collection does not pickle for it",
    ours=["{'any': [1, (2, 3)]}", "'text'", "1.5"],
)
def case_type_pickled_bytes(env):
    return through(env, [{"any": [1, (2, 3)]}, "text", 1.5], Types.PICKLED_BYTE_ARRAY())


@case()
def case_type_primitive_array_of_doubles(env):
    return through(env, [[1.5, 2.5], []], Types.PRIMITIVE_ARRAY(DOUBLE))


@case(deviation="bytes stay bytes; PyFlink gives a list of signed integers", ours=["b'\\x01\\x7f'"])
def case_type_primitive_array_of_bytes(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: b"\x01\x7f", output_type=Types.PRIMITIVE_ARRAY(Types.BYTE())
    )


@case()
def case_type_basic_array(env):
    return through(env, [["a", "b"], []], Types.BASIC_ARRAY(STR))


@case()
def case_type_object_array_of_rows(env):
    row = Types.ROW([INT, STR])
    return env.from_collection([2], type_info=INT).map(
        lambda n: [Row(n, "x"), Row(n + 1, "y")], output_type=Types.OBJECT_ARRAY(row)
    )


@case()
def case_type_map(env):
    return through(env, [{"a": 1, "b": 2}, {}], Types.MAP(STR, INT))


@case()
def case_type_nested_map_in_row(env):
    kind = Types.ROW_NAMED(["id", "tags"], [INT, Types.MAP(STR, Types.BASIC_ARRAY(STR))])
    return through(env, [Row(1, {"k": ["u", "v"]})], kind)


@case()
def case_type_tuple_in_tuple(env):
    kind = Types.TUPLE([STR, Types.TUPLE([INT, Types.TUPLE([DOUBLE])])])
    return through(env, [("k", (1, (2.5,)))], kind)


@case()
def case_type_row_by_name_index_and_attribute(env):
    kind = Types.ROW_NAMED(["id", "name"], [INT, STR])
    return through(env, [Row(1, "a"), Row(2, None)], kind).map(
        lambda r: (r["id"], r.name, r[1], len(r))
    )


@case()
def case_type_row_made_by_name(env):
    kind = Types.ROW_NAMED(["id", "name"], [INT, STR])
    return env.from_collection([1], type_info=INT).map(
        lambda n: Row(name="x", id=n), output_type=kind
    )


@case()
def case_type_row_in_row(env):
    inner = Types.ROW_NAMED(["lat", "lon"], [DOUBLE, DOUBLE])
    kind = Types.ROW_NAMED(["id", "at"], [INT, inner])
    return through(env, [Row(1, Row(0.5, -0.5))], kind).map(lambda r: r.at.lat - r.at.lon)


@case()
def case_type_row_kinds(env):
    kind = Types.ROW([INT])
    rows = [Row.of_kind(k, i) for i, k in enumerate(RowKind)]
    return through(env, rows, kind).map(lambda r: (r[0], r.get_row_kind().name))


@case(deviation="a tuple, list or dict becomes the declared ROW", ours=["+IRow(f0=1, f1='x')"])
def case_type_tuple_returned_for_row(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: (n, "x"), output_type=Types.ROW([INT, STR])
    )


@case()
def case_type_row_returned_for_tuple(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: Row(n, "x"), output_type=Types.TUPLE([INT, STR])
    )


@case(takes="thread")
def case_type_list_returned_for_tuple(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: [n, "x"], output_type=Types.TUPLE([INT, STR])
    )


@case()
def case_type_int_in_double_field_of_map(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: (n, "x"), output_type=Types.TUPLE([DOUBLE, STR])
    )


@case(
    deviation="from_collection converts to the declared type instead of making it null",
    ours=["(1.0, 'x')"],
)
def case_type_int_in_double_field_of_collection(env):
    return env.from_collection([(1, "x")], type_info=Types.TUPLE([DOUBLE, STR]))


@case()
def case_type_str_for_int_fails(env):
    return env.from_collection(["1"], type_info=STR).map(lambda s: s, output_type=INT)


@case()
def case_type_none_for_string_in_row(env):
    kind = Types.ROW([STR, INT])
    return env.from_collection([1], type_info=INT).map(lambda n: Row(None, None), output_type=kind)


@case(takes="thread")
def case_type_too_many_fields(env):
    return env.from_collection([1], type_info=INT).map(
        lambda n: (n, 2, 3), output_type=Types.TUPLE([INT, INT])
    )


@case()
def case_type_of_streams(env):
    kinds = [
        Types.INT(),
        Types.TUPLE([STR, LONG]),
        Types.ROW_NAMED(["a"], [INT]),
        Types.MAP(STR, DOUBLE),
        Types.PRIMITIVE_ARRAY(INT),
        Types.PICKLED_BYTE_ARRAY(),
    ]
    return [str(env.from_collection([], type_info=kind).get_type()) for kind in kinds]


@case()
def case_row_values(env):
    row = Row(a=1, b="x")
    plain = Row(1, "x")
    plain.set_field_names(["a", "b"])
    person = Row("name", "age")
    return [
        row.as_dict(),
        row.a,
        row["b"],
        plain.as_dict(),
        list(plain),
        len(row),
        "a" in row,
        repr(Row(1, None, "x")),
        repr(row),
        str(Row.of_kind(RowKind.DELETE, 1)),
        repr(person("Ann", 3)),
        Row(1, 2) == Row(1, 2),
        Row(1, 2) == Row.of_kind(RowKind.DELETE, 1, 2),
        Row(Row(1), as_dict=1) if False else Row(x=Row(y=1)).as_dict(recursive=True),
    ]


@case()
def case_type_float_inside_functions(env):
    kind = Types.TUPLE([Types.FLOAT(), Types.FLOAT()])
    return through(env, [(0.1, 3.3), (1e30, -2.5)], kind).map(lambda v: (*v, v[0] + v[1]))


@case()
def case_type_float_collected_from_containers(env):
    kind = Types.ROW_NAMED(["n", "m"], [Types.FLOAT(), Types.MAP(STR, Types.FLOAT())])
    return env.from_collection([1], type_info=INT).map(
        lambda n: Row(0.1, {"x": 3.3}), output_type=kind
    )


@case()
def case_type_float_array(env):
    kind = Types.PRIMITIVE_ARRAY(Types.FLOAT())
    return env.from_collection([1], type_info=INT).map(lambda n: [0.1, 2.5], output_type=kind)
