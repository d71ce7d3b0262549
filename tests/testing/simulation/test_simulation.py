"""Thousands of seeded runs of whole jobs, and that they would find a mistake."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from tests.testing.simulation.jobs import JOBS

from hurtig.checkpoint.alignment import BarrierAlignment, BarrierTracker
from hurtig.operators.commits import Commits
from hurtig.runtime import subtask_checkpoints
from hurtig.state.timers import InternalTimerService
from hurtig.testing.simulation import Faults, SimulationError, check, simulate

SEEDS = int(os.environ.get("HURTIG_SIMULATION_SEEDS", "40"))
"""Of each job in each variant: 2,160 runs in all; ``make simulate`` runs more."""

_CP = "execution.checkpointing."
VARIANTS: dict[str, dict[str, Any]] = {
    "aligned": {},
    "unaligned": {"settings": {_CP + "unaligned.enabled": "true"}},
    "unaligned late": {
        "settings": {
            _CP + "unaligned.enabled": "true",
            _CP + "aligned-checkpoint-timeout": "10 ms",
        }
    },
    "concurrent": {
        "settings": {_CP + "interval": "15 ms", _CP + "max-concurrent-checkpoints": "3"}
    },
    "rescaled": {"parallelisms": (1, 3, 2), "task_managers": 3},
    "rescaled unaligned": {
        "settings": {_CP + "unaligned.enabled": "true"},
        "parallelisms": (3, 2),
        "task_managers": 2,
    },
}


@cache
def expected(job: str) -> Sequence[Any]:
    """What a job gives when nothing fails."""
    return simulate(JOBS[job], 0, Faults.none()).records


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("job", JOBS)
def test_what_becomes_final_is_the_same_whatever_fails(job: str, variant: str) -> None:
    faults = 0
    for seed in range(SEEDS):
        result = check(JOBS[job], seed, expected=expected(job), **VARIANTS[variant])
        faults += len(result.faults)
    assert faults >= SEEDS / 10


@pytest.mark.parametrize("job", ["keyed_sum", "shuffled"])
def test_at_least_once_loses_nothing(job: str) -> None:
    for seed in range(SEEDS):
        result = simulate(JOBS[job], seed, settings={_CP + "mode": "AT_LEAST_ONCE"})
        if job == "shuffled":
            assert not Counter(expected(job)) - Counter(result.records), seed
        else:  # sums may be too large, and a record may be counted twice: never too few
            wanted = dict(sorted(expected(job)))
            assert all(dict(sorted(result.records))[key] >= wanted[key] for key in wanted), seed


def test_a_seed_replays_exactly() -> None:
    for seed in range(5):
        first, second = (simulate(JOBS["interval_join"], seed) for _ in range(2))
        assert (first.checksum, first.events, first.faults) == (
            second.checksum,
            second.events,
            second.faults,
        )
        assert first.records == second.records
    assert len({simulate(JOBS["keyed_sum"], seed).checksum for seed in range(5)}) == 5


def test_all_kinds_of_faults_happen() -> None:
    faults = [f for seed in range(60) for f in simulate(JOBS["broadcast"], seed).faults]
    for kind in ("tm-", "the JobMaster dies", "a function raises"):
        assert any(fault.startswith(kind) for fault in faults), kind


# -- mistakes that it must find -------------------------------------------------------------------


def finds_a_mistake(job: str, seeds: int = 80, **variant: Any) -> bool:
    wanted = expected(job)
    for seed in range(seeds):
        try:
            check(JOBS[job], seed, expected=wanted, **variant)
        except SimulationError:
            return True
    return False


def test_timers_that_are_not_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("timers")
    monkeypatch.setattr(InternalTimerService, "restore", lambda self, snapshots, groups: None)
    assert finds_a_mistake("timers")


def test_commits_before_the_checkpoint_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("keyed_sum")

    def at_once(self: Commits, committables: list[Any]) -> None:
        self.now(committables)

    monkeypatch.setattr(Commits, "add", at_once)
    assert finds_a_mistake("keyed_sum")


def test_barriers_that_do_not_align(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("keyed_sum")
    assert BarrierAlignment is not BarrierTracker
    monkeypatch.setattr(subtask_checkpoints, "BarrierAlignment", BarrierTracker)
    assert finds_a_mistake("keyed_sum")


def test_overtaken_records_that_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    expected("shuffled")
    monkeypatch.setattr("hurtig.runtime.deployment_state.replay", lambda *arguments: None)
    assert finds_a_mistake("shuffled", settings={_CP + "unaligned.enabled": "true"})
