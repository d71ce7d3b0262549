from __future__ import annotations

import threading
from collections import namedtuple
from typing import NamedTuple

import pytest

from hurtig.messages import RowBatch
from hurtig.operators.contract import OperatorMetrics
from hurtig.operators.output import Output
from hurtig.runtime.isolation import copier, unchangeable
from hurtig.runtime.outbox import OperatorOutput


class Named(NamedTuple):
    name: str
    number: int


class TupleWithAttributes(tuple):
    pass


class Number(int):
    pass


Loose = namedtuple("Loose", "a b")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1, "a", 2.5, None, True, b"x", 1j],
        [(1, "a"), (2, "b")],
        [1, (1, ("a", (None,))), ()],
        [Named("a", 1), ("b", 2)],
        [Loose(1, Named("a", 2))],
    ],
)
def test_scalars_and_tuples_of_them_cannot_change(values: list[object]) -> None:
    assert unchangeable(values)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        ([],),
        (1, ("a", {1})),
        Named("a", [1]),  # type: ignore[arg-type]
        TupleWithAttributes((1, 2)),
        (TupleWithAttributes(),),
        Number(1),
        bytearray(b"x"),
    ],
)
def test_anything_else_may_change(value: object) -> None:
    assert not unchangeable([1, (2, "a"), value])


def test_copies_are_of_the_moment_of_the_call() -> None:
    values = [{"n": 1}]
    copy = copier(values)
    values[0]["n"] = 2
    first, second = copy(), copy()
    assert first == second == [{"n": 1}]
    assert first[0] is not second[0]


def test_what_cannot_be_pickled_is_copied_too() -> None:
    values = [{"n": [1], "f": lambda: 1}]
    copy = copier(values)
    values[0]["n"].append(2)  # type: ignore[attr-defined]
    assert copy()[0]["n"] == [1]


def test_what_cannot_be_copied_at_all_raises() -> None:
    with pytest.raises(TypeError, match="lock"):
        copier([threading.Lock()])


class Spoiler(Output):
    """Keeps what it got, then changes the records."""

    def __init__(self, journal: list[tuple[str, list[object]]], name: str) -> None:
        self.journal, self.name = journal, name

    def emit(self, batch: RowBatch) -> None:
        self.journal.append((self.name, [repr(v) for v in batch.values]))
        for value in batch.values:
            if isinstance(value, list):
                value.append(self.name)

    def emit_side(self, tag_id, batch):
        raise AssertionError

    def emit_watermark(self, timestamp):
        raise AssertionError

    def emit_status(self, status):
        raise AssertionError


@pytest.mark.parametrize("side", [False, True])
def test_no_reader_sees_what_another_does_and_the_first_is_first(side: bool) -> None:
    journal: list[tuple[str, list[object]]] = []
    readers: list[Output] = [Spoiler(journal, name) for name in "abc"]
    output = OperatorOutput(
        OperatorMetrics(),
        [] if side else readers,
        {"tag": readers} if side else {},
        None,
        object_reuse=False,
    )
    emit = (lambda b: output.emit_side("tag", b)) if side else output.emit
    emit(RowBatch([[1], (2,)]))
    assert journal == [(name, ["[1]", "(2,)"]) for name in "abc"]


def test_object_reuse_shares_the_records() -> None:
    journal: list[tuple[str, list[object]]] = []
    readers: list[Output] = [Spoiler(journal, name) for name in "ab"]
    OperatorOutput(OperatorMetrics(), readers, {}, None, object_reuse=True).emit(RowBatch([[1]]))
    assert journal == [("a", ["[1]"]), ("b", ["[1, 'a']"])]
