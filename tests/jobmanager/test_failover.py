"""What is restarted together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hurtig.jobmanager.failover import pipelined_regions, vertices_to_restart

EDGES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=8)


def test_connected_vertices_are_one_region() -> None:
    regions = pipelined_regions(range(6), [(0, 2), (1, 2), (3, 4)])
    assert regions == [{0, 1, 2}, {3, 4}, {5}]
    assert pipelined_regions([], []) == []


def test_the_direction_of_edges_does_not_matter() -> None:
    assert pipelined_regions([0, 1, 2], [(2, 0), (1, 2)]) == [{0, 1, 2}]


def test_strategies() -> None:
    assert vertices_to_restart(1, range(4), [(0, 1), (2, 3)]) == {0, 1}
    assert vertices_to_restart(1, range(4), [(0, 1), (2, 3)], "full") == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="failover-strategy is 'some'; it takes region or full"):
        vertices_to_restart(1, range(4), [], "some")


@given(EDGES)
def test_regions_divide_the_graph_where_no_edge_is(edges: list[tuple[int, int]]) -> None:
    regions = pipelined_regions(range(9), edges)
    assert sorted(v for region in regions for v in region) == list(range(9))
    assert [min(region) for region in regions] == sorted(min(region) for region in regions)
    for source, target in edges:
        assert next(r for r in regions if source in r) is next(r for r in regions if target in r)
    # As small as can be: walking the edges from any vertex of a region reaches all of it.
    for region in regions:
        reached = {min(region)}
        for _ in range(9):
            for edge in edges:
                if reached & set(edge):
                    reached |= set(edge)
        assert reached == region
