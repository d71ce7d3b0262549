"""From transformations to nodes and edges."""

from __future__ import annotations

import hashlib

import pytest

from hurtig.common.errors import ProgramError
from hurtig.datastream import OutputTag, StreamExecutionEnvironment


def uids(graph):
    return {node.name: node.uid for node in graph.nodes}


def pipeline(env, uid=None):
    stream = env.from_collection([1, 2]).map(lambda x: x).name("first")
    if uid:
        stream.uid(uid)
    return stream.key_by(lambda x: x).reduce(lambda a, b: a + b).name("second")


def graph_of(*parts):
    env = StreamExecutionEnvironment.get_execution_environment()
    for part in parts:
        part(env)
    return env._stream_graph("test")


def test_derived_uids_are_the_same_in_another_run():
    assert uids(graph_of(pipeline)) == uids(graph_of(pipeline))


def test_derived_uids_do_not_change_with_unrelated_parts():
    alone = uids(graph_of(pipeline))

    def other(env):
        env.from_sequence(1, 3).filter(lambda x: x).name("other").print()

    for graph in (graph_of(other, pipeline), graph_of(pipeline, other)):
        assert {name: uids(graph)[name] for name in alone} == alone


def test_derived_uids_do_not_change_with_settings():
    def settings(env):
        pipeline(env).set_parallelism(3).set_description("text").disable_chaining()

    assert uids(graph_of(settings)) == uids(graph_of(pipeline))


def test_derived_uids_differ_for_equal_operators():
    def twice(env):
        source = env.from_collection([1])
        source.map(lambda x: x)
        source.map(lambda x: x)

    graph = graph_of(twice)
    assert len({node.uid for node in graph.nodes}) == len(graph.nodes) == 3


def test_derived_uids_follow_what_is_upstream():
    def filtered(env):
        stream = env.from_collection([1, 2]).filter(bool).map(lambda x: x).name("first")
        stream.key_by(lambda x: x).reduce(lambda a, b: a + b).name("second")

    assert uids(graph_of(filtered))["second"] != uids(graph_of(pipeline))["second"]


def test_a_uid_of_the_program_is_hashed():
    graph = graph_of(lambda env: pipeline(env, "my uid"))
    assert uids(graph)["first"] == hashlib.md5(b"my uid").hexdigest()


def test_a_uid_shields_what_is_downstream_of_changes_upstream():
    def renamed(env):
        stream = env.from_sequence(1, 2).map(lambda x: x).name("other name").uid("my uid")
        stream.key_by(lambda x: x).reduce(lambda a, b: a + b).name("second")

    plain = uids(graph_of(lambda env: pipeline(env, "my uid")))
    assert uids(graph_of(renamed))["second"] == plain["second"]


def test_a_uid_hash_is_taken_as_it_is(env, stream_graph):
    env.from_collection([1]).map(str).set_uid_hash("AB" * 16)
    assert stream_graph().nodes[1].uid == "ab" * 16


def test_two_operators_with_one_uid(env, stream_graph):
    env.from_collection([1]).map(str).name("one").uid("same").map(len).name("two").uid("same")
    with pytest.raises(ProgramError, match="two operators have the uid 'same': 'one' and 'two'"):
        stream_graph()


def test_forward_needs_equal_parallelism(env, stream_graph):
    env.set_parallelism(2)
    env.from_sequence(1, 9).name("left").forward().map(str).name("right").set_parallelism(3)
    with pytest.raises(ProgramError, match=r"'.*left' has 2, 'right' has 3"):
        stream_graph()


def test_default_distribution(env, stream_graph):
    env.set_parallelism(2)
    env.from_sequence(1, 9).map(str).map(str).set_parallelism(3)
    graph = stream_graph()
    assert [e.partitioner.name for n in graph.nodes for e in n.in_edges] == [
        "FORWARD",
        "REBALANCE",
    ]


@pytest.mark.parametrize(
    ("distribute", "name"),
    [
        (lambda s: s.rebalance(), "REBALANCE"),
        (lambda s: s.rescale(), "RESCALE"),
        (lambda s: s.shuffle(), "SHUFFLE"),
        (lambda s: s.forward(), "FORWARD"),
        (lambda s: s.global_(), "GLOBAL"),
        (lambda s: s.broadcast(), "BROADCAST"),
        (lambda s: s.partition_custom(lambda k, n: 0, lambda v: v), "CUSTOM"),
    ],
)
def test_distributions(env, stream_graph, distribute, name):
    distribute(env.from_sequence(1, 9)).map(str)
    (edge,) = stream_graph().nodes[1].in_edges
    assert edge.partitioner.name == name


def test_the_last_distribution_wins(env, stream_graph):
    env.from_sequence(1, 9).rebalance().shuffle().map(str)
    assert [e.partitioner.name for e in stream_graph().nodes[1].in_edges] == ["SHUFFLE"]


def test_union_and_side_outputs_are_edges(env, stream_graph):
    tag = OutputTag("late")
    left = env.from_collection([1]).map(str).name("left")
    right = env.from_collection([2]).map(str).name("right")
    left.get_side_output(tag).union(right).map(len).name("both")
    graph = stream_graph()
    both = next(n for n in graph.nodes if n.name == "both")
    assert [(e.source.name, e.tag_id) for e in both.in_edges] == [("left", "late"), ("right", None)]


def test_two_inputs(env, stream_graph):
    from hurtig.datastream import CoMapFunction

    class Both(CoMapFunction):
        def map1(self, value):
            return value

        def map2(self, value):
            return value

    left, right = env.from_collection([1]), env.from_sequence(1, 2)
    left.connect(right).map(Both())
    edges = stream_graph().nodes[-1].in_edges
    assert [(e.source.id < e.target.id, e.input_index) for e in edges] == [(True, 0), (True, 1)]


def test_only_what_is_used_is_planned(env, stream_graph):
    env.from_collection([1])
    env.from_collection([2]).map(str)
    assert len(stream_graph().nodes) == 2


def test_a_collection_has_one_subtask(env, stream_graph):
    env.set_parallelism(4)
    env.from_collection([1]).map(str)
    assert [n.parallelism for n in stream_graph().nodes] == [1, 4]


@pytest.mark.parametrize("with_source", [True, False])
def test_an_empty_program(env, stream_graph, with_source):
    if with_source:
        env.from_sequence(1, 2)
    with pytest.raises(ProgramError, match="No operators defined in streaming topology"):
        stream_graph()


def test_generated_uids_can_be_forbidden(env, stream_graph):
    env.get_config().disable_auto_generated_uids()
    env.from_collection([1]).map(str).name("named").uid("x").filter(bool).name("unnamed")
    with pytest.raises(ProgramError, match=r"these operators have none: \['unnamed'\]"):
        stream_graph()
