"""Hypothesis strategies: a type, and values of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hurtig.common import Instant, Row, RowKind, Types
from hurtig.common.typeinfo import TypeInformation
from hurtig.common.types import new_row

Case = tuple[TypeInformation, st.SearchStrategy[Any]]
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


def _ints(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


BASIC: list[Case] = [
    (Types.STRING(), TEXT),
    (Types.BYTE(), _ints(8)),
    (Types.SHORT(), _ints(16)),
    (Types.INT(), _ints(32)),
    (Types.LONG(), _ints(64)),
    (Types.BOOLEAN(), st.booleans()),
    (Types.DOUBLE(), st.floats(allow_nan=False)),
    (Types.BIG_INT(), st.integers()),
    (Types.BIG_DEC(), st.decimals(allow_nan=False)),
    (Types.INSTANT(), st.builds(Instant, _ints(64), st.integers(0, 10**9 - 1))),
    (Types.SQL_DATE(), st.dates()),
    (Types.SQL_TIME(), st.times().map(lambda v: v.replace(fold=0))),
    (Types.SQL_TIMESTAMP(), st.datetimes().map(lambda v: v.replace(fold=0))),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), st.binary(max_size=8)),
    (Types.CHAR(), st.characters(exclude_categories=("Cs",))),
]
HASHABLE = [case for case in BASIC if case[0] not in (Types.BIG_DEC(),)]


def _tuple(cases: list[Case]) -> Case:
    return Types.TUPLE([t for t, _ in cases]), st.tuples(*[values for _, values in cases])


def _row(cases: list[Case]) -> Case:
    names = tuple(f"c{i}" for i in range(len(cases)))
    fields = st.tuples(*[st.none() | values for _, values in cases])
    rows: st.SearchStrategy[Row] = st.builds(
        lambda values, kind: new_row(names, list(values), kind), fields, st.sampled_from(RowKind)
    )
    return Types.ROW_NAMED(list(names), [t for t, _ in cases]), rows


def _list(case: Case) -> Case:
    return Types.LIST(case[0]), st.lists(st.none() | case[1], max_size=3)


def _map(key: Case, value: Case) -> Case:
    return (
        Types.MAP(key[0], value[0]),
        st.dictionaries(key[1], st.none() | value[1], max_size=3),
    )


CASES: st.SearchStrategy[Case] = st.recursive(
    st.sampled_from(BASIC),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(_tuple),
        st.lists(inner, max_size=3).map(_row),
        inner.map(_list),
        st.builds(_map, st.sampled_from(HASHABLE), inner),
    ),
    max_leaves=6,
)
"""A type beside a strategy for its values (never None at the top)."""


@st.composite
def typed_batches(draw: st.DrawFn) -> tuple[TypeInformation, list[Any]]:
    """A type and a list of values of it."""
    type_info, values = draw(CASES)
    return type_info, draw(st.lists(values, max_size=5))
