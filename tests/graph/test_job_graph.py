"""Chaining, and shipping of the graph."""

from __future__ import annotations

import pickle
import threading

import pytest

from hurtig.common.configuration import Configuration
from hurtig.common.errors import ProgramError
from hurtig.datastream import MapFunction, OutputTag, StreamExecutionEnvironment
from hurtig.graph.job_graph import default_max_parallelism, deserialize, serialize


def source(env, parallelism=1):
    return env.from_sequence(1, 9).name("source").set_parallelism(parallelism)


def test_a_pipeline_is_one_chain(env, chains):
    source(env).map(str).name("a").filter(bool).name("b").print()
    assert chains() == [["source", "a", "b", "Sink: Print to Std. Out"]]


def test_a_keyed_edge_of_one_subtask_chains(env, chains):
    source(env).key_by(lambda x: x).reduce(lambda a, b: a).name("reduced")
    assert chains() == [["source", "reduced"]]


def test_a_keyed_edge_of_several_does_not(env, chains):
    source(env, 2).key_by(lambda x: x).reduce(lambda a, b: a).name("reduced").set_parallelism(2)
    assert chains() == [["source"], ["reduced"]]


def test_different_parallelism_does_not_chain(env, chains):
    source(env).map(str).name("a").set_parallelism(2)
    assert chains() == [["source"], ["a"]]


@pytest.mark.parametrize("distribute", ["rebalance", "rescale", "shuffle", "global_", "broadcast"])
def test_a_distribution_over_several_does_not_chain(env, chains, distribute):
    getattr(source(env, 2), distribute)().map(str).name("a").set_parallelism(2)
    assert chains() == [["source"], ["a"]]


def test_forward_chains(env, chains):
    source(env, 2).forward().map(str).name("a").set_parallelism(2)
    assert chains() == [["source", "a"]]


def test_a_custom_partitioner_never_chains(env, chains):
    source(env).partition_custom(lambda k, n: 0, lambda v: v).map(str).name("a")
    assert chains() == [["source"], ["a"]]


def test_start_new_chain(env, chains):
    source(env).map(str).name("a").map(str).name("b").start_new_chain().map(str).name("c")
    assert chains() == [["source", "a"], ["b", "c"]]


def test_disable_chaining(env, chains):
    source(env).map(str).name("a").map(str).name("b").disable_chaining().map(str).name("c")
    assert chains() == [["source", "a"], ["b"], ["c"]]


@pytest.mark.parametrize("how", ["method", "key"])
def test_no_chaining_at_all(chains, env, how):
    if how == "method":
        env.disable_operator_chaining()
    else:
        env.configure(Configuration.from_dict({"pipeline.operator-chaining.enabled": "false"}))
    source(env).map(str).name("a").map(str).name("b")
    assert chains() == [["source"], ["a"], ["b"]]


def test_slot_sharing_groups_separate(env, chains):
    source(env).map(str).name("a").slot_sharing_group("other").map(str).name("b")
    assert chains()[0] == ["source"]
    assert "a" in chains()[1]


def test_several_inputs_do_not_chain(env, chains):
    left, right = source(env).map(str).name("a"), source(env).map(str).name("b")
    left.union(right).map(str).name("c")
    assert chains() == [["source", "a"], ["source", "b"], ["c"]]


def test_a_branch_chains_both_readers(env, job_graph):
    branching = source(env).map(str).name("a")
    branching.map(str).name("b")
    branching.get_side_output(OutputTag("late")).map(str).name("c")
    (vertex,) = job_graph().vertices
    assert [n.name for n in vertex.nodes] == ["source", "a", "b", "c"]
    assert [(e.source, e.target, e.tag_id) for e in vertex.chain_edges] == [
        (0, 1, None),
        (1, 2, None),
        (1, 3, "late"),
    ]


def test_names_parallelism_and_edges(env, job_graph):
    source(env).map(str).name("a").set_parallelism(2).set_max_parallelism(64)
    first, second = job_graph().vertices
    assert (first.name, second.name) == ("source", "a")
    assert (second.parallelism, second.max_parallelism) == (2, 64)
    (edge,) = second.in_edges
    assert (edge.source_vertex, edge.target_vertex, edge.input_index) == (0, 1, 0)
    assert first.out_edges == [edge]


@pytest.mark.parametrize(
    ("parallelism", "expected"),
    [
        (1, 128),
        (85, 128),
        (86, 256),
        (128, 256),
        (170, 256),
        (171, 256),
        (172, 512),
        (30000, 32768),
    ],
)
def test_default_max_parallelism(parallelism, expected):
    """1.5 times the parallelism as a power of two."""
    wanted = parallelism + parallelism // 2
    assert default_max_parallelism(parallelism) >= min(wanted, 32768)
    assert default_max_parallelism(parallelism) == expected


def test_the_graph_survives_the_way(env, job_graph):
    offset = 5
    source(env).map(lambda x: x + offset).name("a").key_by(lambda x: x % 2).reduce(max)
    graph = deserialize(serialize(job_graph()))
    assert [v.name for v in graph.vertices] == ["source -> a -> Keyed Reduce"]
    assert graph.vertices[0].nodes[1].operator.function(1) == 6


class Holds(MapFunction):
    def __init__(self, what):
        self.what = what

    def map(self, value):
        return value


def test_a_lock_in_a_function_object(env, job_graph):
    source(env).map(str).name("fine").map(Holds(threading.Lock())).name("locked")
    with pytest.raises(ProgramError, match=r"operator 'locked' cannot be shipped.*lock.*open\(\)"):
        serialize(job_graph())


def test_a_lock_in_the_closure_of_a_lambda(env, job_graph):
    lock = threading.Lock()
    source(env).map(lambda x: (x, lock)).name("closure")
    with pytest.raises(ProgramError, match="operator 'closure' cannot be shipped"):
        serialize(job_graph())


def test_an_open_file(env, job_graph, tmp_path):
    with (tmp_path / "file").open("w") as file:
        source(env).filter(lambda x: file.write(str(x))).name("writer")
        with pytest.raises(ProgramError, match="operator 'writer' cannot be shipped"):
            serialize(job_graph())


def test_a_key_selector_that_cannot_be_shipped(env, job_graph):
    lock = threading.Lock()
    source(env).key_by(lambda x: (x, lock)).reduce(max).name("reduced")
    with pytest.raises(ProgramError, match=r"'reduced' cannot be shipped: the key selector"):
        serialize(job_graph())


def test_a_partitioner_that_cannot_be_shipped(env, job_graph):
    lock = threading.Lock()
    source(env).partition_custom(lambda k, n: id(lock) % n, lambda v: v).map(str).name("reader")
    with pytest.raises(ProgramError, match=r"'reader' cannot be shipped: the partitioner"):
        serialize(job_graph())


def test_settings_travel(job_graph, env):
    env.configure(Configuration.from_dict({"pipeline.object-reuse": "true"}))
    source(env).map(str)
    assert deserialize(serialize(job_graph())).settings["pipeline.object-reuse"] == "true"


def test_bytes_are_a_plain_pickle(env, job_graph):
    source(env).map(str)
    assert pickle.loads(serialize(job_graph())).name == "test"


@pytest.mark.parametrize(
    ("mode", "batch"), [("BATCH", True), ("STREAMING", False), ("AUTOMATIC", True)]
)
def test_runtime_mode(mode, batch):
    configuration = Configuration.from_dict({"execution.runtime-mode": mode})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    source(env).map(str)
    assert env._job_graph("test").batch_mode is batch


def test_automatic_mode_streams_what_does_not_end():
    configuration = Configuration.from_dict({"execution.runtime-mode": "AUTOMATIC"})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_iterable(iter([]), bounded=False).map(str)
    assert env._job_graph("test").batch_mode is False


def test_batch_mode_refuses_what_does_not_end():
    configuration = Configuration.from_dict({"execution.runtime-mode": "BATCH"})
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_iterable(iter([]), source_name="endless", bounded=False).map(str)
    with pytest.raises(ProgramError, match=r"BATCH mode needs sources that end.*endless"):
        env._job_graph("test")
