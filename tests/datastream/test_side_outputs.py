"""Side outputs."""

from __future__ import annotations

import pytest

from hurtig.common import Types
from hurtig.common.errors import ProgramError, UserFunctionError
from hurtig.datastream import CoProcessFunction, KeyedProcessFunction, OutputTag, ProcessFunction
from hurtig.testing import collect, collect_all

ODD = OutputTag("odd", Types.LONG())
TEXT = OutputTag("text")


class Sort(ProcessFunction):
    def process_element(self, value, ctx):
        if value % 2:
            yield ODD, value
        yield value
        yield TEXT, str(value)


@pytest.mark.parametrize("parallelism", [1, 3])
def test_several_side_outputs(env, parallelism):
    env.set_parallelism(parallelism)
    main = env.from_sequence(1, 6).process(Sort())
    got = collect_all(
        main=main.map(lambda x: x),
        odd=main.get_side_output(ODD).map(lambda x: -x),
        text=main.get_side_output(TEXT),
    )
    assert {name: sorted(values) for name, values in got.items()} == {
        "main": [1, 2, 3, 4, 5, 6],
        "odd": [-5, -3, -1],
        "text": list("123456"),
    }


def test_nobody_needs_to_read_them(env):
    assert collect(env.from_sequence(1, 3).process(Sort())) == [1, 2, 3]


def test_only_the_side_output(env):
    assert collect(env.from_sequence(1, 3).process(Sort()).get_side_output(ODD)) == [1, 3]


def test_an_unknown_tag_is_empty(env):
    assert collect(env.from_sequence(1, 3).process(Sort()).get_side_output(OutputTag("x"))) == []


def test_the_same_side_output_twice(env):
    main = env.from_sequence(1, 3).process(Sort())
    got = collect_all(a=main.get_side_output(ODD), b=main.get_side_output(ODD))
    assert got == {"a": [1, 3], "b": [1, 3]}


def test_from_timers_with_timestamps(env, timed):
    class AtTimer(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 5)
            return []

        def on_timer(self, timestamp, ctx):
            yield TEXT, f"{ctx.get_current_key()} at {timestamp}"

    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    main = timed(env, [("a", 1), ("b", 2)]).key_by(lambda v: v[0]).process(AtTimer())
    assert collect(main.get_side_output(TEXT).process(Stamp())) == [("a at 6", 6), ("b at 7", 7)]


def test_from_two_inputs(env):
    class Apart(CoProcessFunction):
        def process_element1(self, value, ctx):
            yield ODD, value

        def process_element2(self, value, ctx):
            yield value

    both = env.from_collection([1]).connect(env.from_collection([2])).process(Apart())
    assert collect_all(main=both, odd=both.get_side_output(ODD)) == {"main": [2], "odd": [1]}


def test_keyed_side_output(env):
    main = env.from_sequence(1, 6).process(Sort())
    odd = main.get_side_output(ODD).key_by(lambda x: 0).reduce(lambda a, b: a + b)
    assert collect(odd) == [1, 4, 9]


def test_a_tuple_that_begins_with_a_tag_must_be_a_pair(env):
    class Three(ProcessFunction):
        def process_element(self, value, ctx):
            yield ODD, value, "too much"

    with pytest.raises(UserFunctionError, match=r"takes a pair \(OutputTag, value\)"):
        collect(env.from_collection([1]).process(Three()))


@pytest.mark.parametrize("tag", ["", None])
def test_tags_have_a_name(tag):
    with pytest.raises(ValueError, match="must not be None or an empty string"):
        OutputTag(tag)


NAMED = Types.ROW_NAMED(["n", "text"], [Types.LONG(), Types.STRING()])


class Send(ProcessFunction):
    def __init__(self, tag, *values):
        self.tag, self.values = tag, values

    def process_element(self, value, ctx):
        for sent in self.values:
            yield self.tag, sent


@pytest.mark.parametrize("parallelism", [1, 2])
def test_values_get_the_type_of_the_tag(env, parallelism):
    tag = OutputTag("rows", NAMED)
    sent = env.from_collection([1]).process(Send(tag, (7, "x"))).set_parallelism(parallelism)
    assert collect(sent.get_side_output(tag).map(lambda row: (row.n, row.text))) == [(7, "x")]


def test_a_value_that_does_not_fit_the_tag(env):
    sent = env.from_collection([1]).process(Send(ODD, "text")).name("send")
    with pytest.raises(UserFunctionError, match=r"(?s)'text' \(str\) is not an int.*send"):
        collect(sent.get_side_output(ODD))


def test_a_value_that_does_not_fit_the_tag_is_set_aside(env):
    sent = env.from_collection([1]).process(Send(ODD, "text", 3)).on_error("dead-letter")
    got = collect_all(
        odd=sent.get_side_output(ODD), bad=sent.get_dead_letters().map(lambda letter: letter.record)
    )
    assert got == {"odd": [3], "bad": ["text"]}


def test_one_tag_has_one_type(env):
    sent = env.from_collection([1]).process(Send(ODD, 1)).name("send")
    sent.get_side_output(ODD).print()
    sent.get_side_output(OutputTag("odd", Types.STRING())).print()
    with pytest.raises(ProgramError, match="side output 'odd' of 'send' is read as Long and as St"):
        env.execute()
