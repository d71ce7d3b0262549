"""Values as Flink prints them."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.common.rendering import render_double, render_value
from hurtig.common.types import Row, RowKind


# What java.lang.Double.toString gives.
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (-0.00012, "-1.2E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.5, "1.23456785E7"),
        (-123456789012.0, "-1.23456789012E11"),
        (1e22, "1.0E22"),
        (1.5e-300, "1.5E-300"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_doubles(value, text):
    assert render_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_keep_their_value(value):
    text = render_double(value)
    assert math.copysign(1, float(text)) == math.copysign(1, value)
    assert float(text) == value
    assert "e" not in text
    assert "." in text


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (1, "1"),
        (True, "true"),
        (None, "null"),
        (("a", 1, None), "(a,1,null)"),
        (Point(1, 2), "(1,2)"),
        ([1, "a", [False]], "[1, a, [false]]"),
        ({"a": 1, "b": None}, "{a=1, b=null}"),
        (Row(1, Row(a="x")), "+I[1, +I[x]]"),
        (Row.of_kind(RowKind.DELETE, 1.0), "-D[1.0]"),
        (b"\x01\xff", "[1, -1]"),
    ],
)
def test_values(value, text):
    assert render_value(value) == text
