"""What PyFlink 2.3.0 printed: (type, values, lines), each value on its own line."""

from __future__ import annotations

import datetime
from decimal import Decimal

from hurtig.common.time import Instant
from hurtig.common.typeinfo import Types
from hurtig.common.types import Row, RowKind

T = Types
DAY = datetime.date(2024, 1, 2)
NOON = datetime.datetime(2024, 1, 2, 3, 4, 5)
NAN, INF = float("nan"), float("inf")

RECORDED = {
    "untyped": (
        None,
        [
            ("a", 1), [1, None, True], {"k": 1.0, "x": [True]}, True, 1.0, 1e10, "s",
            Decimal("1.10"), DAY, NOON, Row(1, "a"), Row(a=1, b="x"),
            Row.of_kind(RowKind.DELETE, 1, None), {1}, frozenset([2]), (None, True, 1.5, ("x",)),
            datetime.timedelta(seconds=5), 1 + 2j, None,
        ],
        [
            "('a', 1)", "[1, None, True]", "{'k': 1.0, 'x': [True]}", "True", "1.0",
            "10000000000.0", "s", "1.10", "2024-01-02", "2024-01-02 03:04:05", "<Row(1, 'a')>",
            "Row(a=1, b='x')", "<Row(1, None)>", "{1}", "frozenset({2})",
            "(None, True, 1.5, ('x',))", "0:00:05", "(1+2j)", "None",
        ],
    ),
    "string": (T.STRING(), ["a", "", "x y"], ["a", "", "x y"]),
    "boolean": (T.BOOLEAN(), [True, False], ["true", "false"]),
    "byte": (T.BYTE(), [1, -128], ["1", "-128"]),
    "int": (T.INT(), [1, -2], ["1", "-2"]),
    "long": (T.LONG(), [1, -(2**63)], ["1", "-9223372036854775808"]),
    "big int": (T.BIG_INT(), [10**30], ["1000000000000000000000000000000"]),
    "big dec": (
        T.BIG_DEC(),
        list(map(Decimal, ["1.10", "1E+10", "-0.0000001", "0E-8", "1E-7", "123"])),
        ["1.10", "1E+10", "-1E-7", "0E-8", "1E-7", "123"],
    ),
    "double": (
        T.DOUBLE(),
        [
            1.0, 1e10, 1e7, 9999999.0, 1e-3, 0.00099, 1e-5, 123456789.125, 1e300, -0.0, NAN, INF,
            -INF, 2.0**53, 0.1 + 0.2, 1e16, 1e22, 0.002, 1.7976931348623157e308,
            12345678.0, 100.0,
        ],
        [
            "1.0", "1.0E10", "1.0E7", "9999999.0", "0.001", "9.9E-4", "1.0E-5", "1.23456789125E8",
            "1.0E300", "-0.0", "NaN", "Infinity", "-Infinity", "9.007199254740992E15",
            "0.30000000000000004", "1.0E16", "1.0E22", "0.002",
            "1.7976931348623157E308", "1.2345678E7", "100.0",
        ],
    ),
    "float": (
        T.FLOAT(),
        [1.0, 0.1, 1e10, 3.4028235e38, 16777216.0, 1e-5, 0.3],
        ["1.0", "0.1", "1.0E10", "3.4028235E38", "1.6777216E7", "1.0E-5", "0.3"],
    ),
    "tuple": (T.TUPLE([T.STRING(), T.INT()]), [("a", 1), ("", -1)], ["(a,1)", "(,-1)"]),
    "nested tuple": (
        T.TUPLE([T.TUPLE([T.DOUBLE(), T.BOOLEAN()]), T.LIST(T.INT())]),
        [((1e10, True), [1, 2])],
        ["((1.0E10,true),[1, 2])"],
    ),
    "tuple of a row": (
        T.TUPLE([T.ROW([T.INT(), T.STRING(), T.BOOLEAN()]), T.MAP(T.STRING(), T.DOUBLE()),
                 T.FLOAT()]),
        [(Row(1, "a", True), {"k": 1.0}, 0.1)],
        ["(+I[1, a, true],{k=1.0},0.1)"],
    ),
    "tuple of times": (
        T.TUPLE([T.SQL_DATE(), T.SQL_TIME(), T.SQL_TIMESTAMP(), T.INSTANT(), T.BIG_DEC(),
                 T.BOOLEAN()]),
        [(DAY, NOON.time(), NOON, Instant(1, 0), Decimal("1.10"), False)],
        ["(2024-01-02,03:04:05,2024-01-02 03:04:05.0,1970-01-01T00:00:01Z,1.10,false)"],
    ),
    "tuple of arrays": (
        T.TUPLE([T.PRIMITIVE_ARRAY(T.INT()), T.BASIC_ARRAY(T.STRING())]),
        [([1, 2], ["a"])],
        ["([1, 2],[a])"],
    ),
    "row": (
        T.ROW([T.INT(), T.STRING()]),
        [
            Row(1, "a"), Row(None, None), Row.of_kind(RowKind.UPDATE_BEFORE, 1, "b"),
            Row.of_kind(RowKind.DELETE, 1, "b"),
        ],
        ["+I[1,a]", "+I[None,None]", "-U[1,b]", "-D[1,b]"],
    ),
    "named row": (
        T.ROW_NAMED(["a", "b"], [T.INT(), T.STRING()]),
        [Row(1, "a"), Row(a=2, b=None)],
        ["+I[1,a]", "+I[2,None]"],
    ),
    "row of many": (
        T.ROW([T.DOUBLE(), T.BOOLEAN(), T.LIST(T.STRING()), T.MAP(T.STRING(), T.DOUBLE()),
               T.BIG_DEC(), T.SQL_DATE(), T.SQL_TIMESTAMP()]),
        [Row(1e10, True, ["a", "b"], {"k": 1.5}, Decimal("1.10"), DAY,
             NOON.replace(microsecond=678000))],
        ["+I[10000000000.0,True,['a', 'b'],{'k': 1.5},1.10,2024-01-02,2024-01-02 03:04:05.678000]"],
    ),
    "row of rows": (
        T.ROW([T.ROW([T.INT(), T.STRING()]), T.FLOAT(), T.TUPLE([T.INT(), T.STRING()])]),
        [Row(Row(1, "a"), 0.1, (1, "x"))],
        ["+I[<Row(1, 'a')>,0.1,(1, 'x')]"],
    ),
    "row of times": (
        T.ROW([T.SQL_DATE(), T.SQL_TIME(), T.INSTANT()]),
        [Row(DAY, NOON.time(), Instant(1, 0))],
        ["+I[2024-01-02,03:04:05,Instant<1, 0>]"],
    ),
    "row of named rows": (
        T.ROW_NAMED(["x", "y"], [T.ROW_NAMED(["a"], [T.INT()]), T.STRING()]),
        [Row(x=Row(a=1), y="q")],
        ["+I[Row(a=1),q]"],
    ),
    "row of arrays": (
        T.ROW([T.PRIMITIVE_ARRAY(T.INT()), T.OBJECT_ARRAY(T.STRING()),
               T.PRIMITIVE_ARRAY(T.BYTE()), T.BASIC_ARRAY(T.LONG()),
               T.PRIMITIVE_ARRAY(T.DOUBLE())]),
        [Row([1, 2], ["a", "b"], b"\x01\xff", [1, 2], [1e10])],
        ["+I[[1, 2],['a', 'b'],b'\\x01\\xff',[1, 2],[10000000000.0]]"],
    ),
    "list": (T.LIST(T.STRING()), [["a", "b"], []], ["[a, b]", "[]"]),
    "list of doubles": (T.LIST(T.DOUBLE()), [[1e10, 1.0]], ["[1.0E10, 1.0]"]),
    "list of rows": (
        T.LIST(T.ROW([T.INT(), T.STRING(), T.DOUBLE()])),
        [[Row(1, "a", 1e10), Row(None, None, None)]],
        ["[+I[1, a, 1.0E10], +I[null, null, null]]"],
    ),
    "map": (T.MAP(T.STRING(), T.INT()), [{"a": 1}, {}], ["{a=1}", "{}"]),
    "map of doubles": (T.MAP(T.STRING(), T.DOUBLE()), [{"k": 1e10}], ["{k=1.0E10}"]),
    "date": (T.SQL_DATE(), [DAY], ["2024-01-02"]),
    "time": (T.SQL_TIME(), [datetime.time(1, 2, 3)], ["01:02:03"]),
    "timestamp": (
        T.SQL_TIMESTAMP(),
        [NOON, NOON.replace(microsecond=678000), NOON.replace(microsecond=100000)],
        ["2024-01-02 03:04:05.0", "2024-01-02 03:04:05.678", "2024-01-02 03:04:05.1"],
    ),
    "instant": (
        T.INSTANT(),
        [Instant(1, 0), Instant(1, 123456000), Instant(1, 120000000), Instant(-1, 0)],
        ["1970-01-01T00:00:01Z", "1970-01-01T00:00:01.123456Z", "1970-01-01T00:00:01.120Z",
         "1969-12-31T23:59:59Z"],
    ),
}  # fmt: skip

PREFIXES = {
    (None, 1): "x",
    ("id", 1): "id> x",
    (None, 2): "2> x",
    ("id", 2): "id:2> x",
    ("", 2): "2> x",
    ("", 1): "x",
}
"""(identifier, parallelism) -> what the last subtask prints for ``x``."""
