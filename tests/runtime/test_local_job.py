"""Who sends to whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.graph import partitioner as p
from hurtig.graph.job_graph import JobEdge
from hurtig.runtime.job import receivers

sizes = st.integers(1, 12)


def edge(partitioner: Any) -> JobEdge:
    return JobEdge(0, 0, 0, 1, 0, partitioner, None)


@pytest.mark.parametrize(
    "partitioner",
    [
        p.RebalancePartitioner(),
        p.ShufflePartitioner(),
        p.BroadcastPartitioner(),
        p.GlobalPartitioner(),
        p.KeyGroupPartitioner(lambda v: v),
    ],
    ids=lambda partitioner: partitioner.name,
)
def test_all_to_all(partitioner):
    assert [receivers(edge(partitioner), s, 2, 3) for s in range(2)] == [[0, 1, 2]] * 2


def test_forward_is_one_to_one():
    assert [receivers(edge(p.ForwardPartitioner()), s, 3, 3) for s in range(3)] == [[0], [1], [2]]


@given(senders=sizes, readers=sizes)
def test_rescale_reaches_everybody_as_evenly_as_can_be(senders, readers):
    rescale = edge(p.RescalePartitioner())
    reached = [receivers(rescale, s, senders, readers) for s in range(senders)]
    times = Counter(reader for targets in reached for reader in targets)
    assert set(times) == set(range(readers))
    fan_out = [len(targets) for targets in reached]
    assert max(fan_out) - min(fan_out) <= 1
    assert max(times.values()) - min(times.values()) <= 1
    if readers >= senders:
        assert set(times.values()) == {1}
    else:
        assert set(fan_out) == {1}
