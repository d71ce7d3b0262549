"""What happens to records that a function cannot handle."""

from __future__ import annotations

import pytest

from hurtig.common.errors import UserFunctionError
from hurtig.datastream import KeyedProcessFunction, ProcessFunction
from hurtig.testing import collect, collect_all


class Inverse(ProcessFunction):
    def process_element(self, value, ctx):
        yield 12 // value


class KeyedInverse(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield ctx.get_current_key(), 12 // value


OPERATORS = {
    "map": lambda s: s.map(lambda x: 12 // x),
    "flat_map": lambda s: s.flat_map(lambda x: [12 // x]),
    "process": lambda s: s.process(Inverse()),
}


@pytest.fixture
def numbers(env):
    return env.from_collection([1, 0, 2, 0, 3])


@pytest.mark.parametrize("operator", OPERATORS)
def test_fail_is_the_default(numbers, operator):
    with pytest.raises(UserFunctionError, match="ZeroDivisionError") as caught:
        collect(OPERATORS[operator](numbers))
    assert "record    0" in str(caught.value)


@pytest.mark.parametrize("operator", OPERATORS)
def test_skip(numbers, operator, capsys):
    assert collect(OPERATORS[operator](numbers).on_error("skip")) == [12, 6, 4]
    warnings = [line for line in capsys.readouterr().err.splitlines() if "WARN" in line]
    assert len(warnings) == 1
    assert "a record is set aside (error policy 'skip'; later ones are only counted)" in warnings[0]


@pytest.mark.parametrize("operator", OPERATORS)
def test_dead_letters(numbers, operator):
    stream = OPERATORS[operator](numbers).on_error("dead-letter").name("inverse").uid("u")
    got = collect_all(results=stream, dead=stream.get_dead_letters())
    assert got["results"] == [12, 6, 4]
    assert [letter.record for letter in got["dead"]] == [0, 0]
    letter = got["dead"][0]
    assert letter.operator == "inverse"
    assert letter.reason.startswith("ZeroDivisionError:")


def test_filters(numbers):
    stream = numbers.filter(lambda x: 12 // x > 4).on_error("dead-letter")
    got = collect_all(results=stream, dead=stream.get_dead_letters())
    assert got["results"] == [1, 2]
    assert len(got["dead"]) == 2


def test_only_the_operator_with_the_policy(numbers):
    stream = numbers.map(lambda x: x).on_error("skip").map(lambda x: 12 // x)
    with pytest.raises(UserFunctionError):
        collect(stream)


def test_in_the_middle_of_a_chain(numbers):
    stream = numbers.map(lambda x: x + 0).map(lambda x: 12 // x).on_error("skip")
    assert collect(stream.map(lambda x: x + 1).filter(lambda x: x > 5)) == [13, 7]


def test_keyed(numbers):
    stream = numbers.key_by(lambda v: v % 2).process(KeyedInverse()).on_error("dead-letter")
    got = collect_all(results=stream, dead=stream.get_dead_letters())
    assert got["results"] == [(1, 12), (0, 6), (1, 4)]
    assert len(got["dead"]) == 2


def test_what_a_generator_yielded_before_it_failed_stays(env):
    class Half(ProcessFunction):
        def process_element(self, value, ctx):
            yield value
            yield 1 // value

    assert collect(env.from_collection([1, 0, 5]).process(Half()).on_error("skip")) == [
        1,
        1,
        0,
        5,
        0,
    ]


def test_a_reduce_keeps_its_state(env):
    """The failed record changes nothing, those behind it go on."""
    stream = env.from_collection([1, 2, "x", 3]).key_by(lambda v: 0)
    assert collect(stream.reduce(lambda a, b: a + b).on_error("skip")) == [1, 3, 6]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_dead_letters_of_all_subtasks(env, parallelism):
    env.set_parallelism(parallelism)
    stream = env.from_sequence(-5, 5).map(lambda x: 1 // (x % 3)).on_error("dead-letter")
    got = collect_all(results=stream, dead=stream.get_dead_letters())
    assert len(got["results"]) == 8
    assert sorted(letter.record for letter in got["dead"]) == [-3, 0, 3]


def test_unknown_policies(numbers):
    with pytest.raises(ValueError, match="unknown error policy 'ignore'"):
        numbers.map(str).on_error("ignore")
