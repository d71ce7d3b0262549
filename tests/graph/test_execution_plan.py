"""The plan as JSON."""

from __future__ import annotations

import json

from hurtig.datastream import CoMapFunction


class Both(CoMapFunction):
    def map1(self, value):
        return value

    def map2(self, value):
        return value


def test_plan(env):
    env.set_parallelism(2)
    left = env.from_collection([1]).map(str).name("strings").set_description("as text")
    right = env.from_sequence(1, 2)
    left.connect(right).map(Both()).set_parallelism(1).print()
    nodes = json.loads(env.get_execution_plan())["nodes"]
    by_type = {node["type"]: node for node in nodes}

    source = by_type["Source: Collection Source"]
    assert (source["pact"], source["parallelism"]) == ("Data Source", 1)
    assert "predecessors" not in source

    strings = by_type["strings"]
    assert (strings["pact"], strings["contents"]) == ("Operator", "as text")
    assert strings["predecessors"] == [
        {"id": source["id"], "ship_strategy": "REBALANCE", "side": "second"}
    ]

    both = by_type["Co-Map"]
    assert [p["id"] for p in both["predecessors"]] == [
        strings["id"],
        by_type["Source: Sequence Source"]["id"],
    ]
    sink = by_type["Sink: Print to Std. Out"]
    assert sink["pact"] == "Data Sink"
    assert sink["predecessors"][0]["ship_strategy"] == "REBALANCE"


def test_asking_for_the_plan_does_not_use_up_the_program(env):
    env.from_collection([1]).map(str).print()
    assert env.get_execution_plan() == env.get_execution_plan()
