"""Who owns the files of what a job is started from."""

from __future__ import annotations

import pytest
from tests.checkpoint.helpers import checkpoint, inline

from hurtig.checkpoint.claim import RestoreClaim, RestoreMode, restore_mode
from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.handles import CompletedCheckpoint, OperatorSubtaskState, StateHandle
from hurtig.common.errors import ProgramError

KEY = "execution.state-recovery.claim-mode"
OLDER = "execution.savepoint-restore-mode"


def with_files(
    number: int, location: str, *paths: str, savepoint: bool = False
) -> CompletedCheckpoint:
    files = {path: StateHandle(1, path) for path in paths}
    states = {0: OperatorSubtaskState(inline(b""), files)}
    return checkpoint(number, location, states, savepoint=savepoint)


RESTORED = with_files(5, "/ck/old/chk-5", "/ck/old/shared/a")
OWN = with_files(6, "/ck/new/chk-6", "/ck/new/shared/a")
BORROWING = with_files(6, "/ck/new/chk-6", "/ck/new/shared/b", "/ck/old/shared/a")


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, RestoreMode.NO_CLAIM),
        ({KEY: "CLAIM"}, RestoreMode.CLAIM),
        ({OLDER: "legacy"}, RestoreMode.LEGACY),
        ({OLDER: "CLAIM", KEY: "no-claim"}, RestoreMode.NO_CLAIM),
    ],
)
def test_setting(settings: dict[str, str], mode: RestoreMode) -> None:
    assert restore_mode(settings) is mode


def test_an_unknown_mode() -> None:
    with pytest.raises(
        ProgramError, match="claim-mode is 'MINE'; it can be NO_CLAIM, CLAIM or LEG"
    ):
        restore_mode({KEY: "MINE"})


def test_without_a_claim_the_first_checkpoint_is_full() -> None:
    claim = RestoreClaim(RestoreMode.NO_CLAIM, RESTORED)
    assert not claim.owned
    assert claim.next_is_full
    claim.completed(with_files(6, "/sp/savepoint-1", "/sp/savepoint-1/a", savepoint=True))
    assert claim.next_is_full
    with pytest.raises(CheckpointError, match="checkpoint 6 refers to /ck/old/shared/a, which"):
        claim.completed(BORROWING)
    with pytest.raises(CheckpointError, match="the job has no claim to it"):
        claim.completed(with_files(6, "/ck/new/chk-6", "/ck/old/chk-5/x"))
    assert claim.next_is_full
    claim.completed(OWN)
    assert not claim.next_is_full
    assert not claim.may_refer_to(RESTORED)
    assert claim.may_refer_to(OWN)


@pytest.mark.parametrize("mode", [RestoreMode.CLAIM, RestoreMode.LEGACY])
def test_modes_that_build_on_what_is_there(mode: RestoreMode) -> None:
    claim = RestoreClaim(mode, RESTORED)
    assert claim.owned == (mode is RestoreMode.CLAIM)
    assert not claim.next_is_full
    assert claim.may_refer_to(RESTORED)
    claim.completed(BORROWING)
