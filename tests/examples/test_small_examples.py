"""The small examples print what they promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    RunExample = Callable[..., Any]


def test_word_count_of_its_own_lines(run_example: RunExample) -> None:
    counts = dict(line.split() for line in run_example("word_count.py").stdout.splitlines())
    assert counts["on"] == "3"
    assert counts["and"] == "2"
    assert counts["fog"] == "1"
    assert len(counts) == 18


@pytest.mark.parametrize("folder", [False, True])
def test_word_count_of_files_into_files(
    run_example: RunExample, tmp_path: Path, folder: bool
) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "one.txt").write_text("to be or not to be\n")
    (texts / "two.txt").write_text("Be\n\nnot afraid")
    source = texts if folder else texts / "one.txt"
    output = tmp_path / "counts"
    done = run_example("word_count.py", "--input", str(source), "--output", str(output))
    assert done.stdout == ""
    parts = [part.read_text() for part in output.iterdir()]
    expected = {"to 2", "be 3", "or 1", "not 2", "afraid 1"}
    if not folder:
        expected = {"to 2", "be 2", "or 1", "not 1"}
    assert sorted("".join(parts).splitlines()) == sorted(expected)


def test_deduplication_forgets(run_example: RunExample) -> None:
    assert run_example("deduplicate_ttl.py").stdout.splitlines() == [
        "ann login",
        "bob login",
        "ann buy",
        "ann buy",
        "bob login",
    ]


def test_async_enrichment_overlaps_its_requests(run_example: RunExample) -> None:
    *counts, total = run_example("async_enrichment.py").stdout.splitlines()
    assert counts == ["Oslo 50", "Lima 50", "Pune 50", "Accra 50"]
    told = re.fullmatch(r"200 answers in (.+) s", total)
    assert told is not None
    assert float(told[1]) < 5  # one after the other they take more than ten


def test_broadcast_rules_apply_in_event_time(run_example: RunExample) -> None:
    assert sorted(run_example("broadcast_rules.py").stdout.splitlines()) == [
        "ann pays 300 EUR, the limit is 100",
        "bob pays 121 USD, the limit is 120",
        "bob pays 501 EUR, the limit is 500",
    ]


def test_interval_join_keeps_to_its_bounds(run_example: RunExample) -> None:
    assert sorted(run_example("interval_join.py").stdout.splitlines()) == [
        "o1 book: 20 after 25 s",
        "o2 lamp: 15 after 30 s",
        "o4 sofa: 300 after 60 s",
        "o4 sofa: 400 after 30 s",
    ]
