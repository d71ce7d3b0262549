"""What users want of the coordinator, until its turn comes."""

from __future__ import annotations

from hurtig.checkpoint.errors import CheckpointError
from hurtig.checkpoint.pending import Callback, CheckpointRequest

MAX_TRIES = 5
"""Of what somebody asked for; periodic checkpoints come again by themselves."""


class RequestQueue:
    """Savepoints come first, one after the other; checkpoints by hand become one together."""

    def __init__(self) -> None:
        self._savepoints: list[CheckpointRequest] = []
        self._by_hand: list[Callback] = []

    def add_checkpoint(self, callback: Callback | None) -> None:
        """Somebody wants a checkpoint."""
        self._by_hand.append(callback if callback is not None else _ignore)

    def add_savepoint(
        self, directory: str | None, callback: Callback | None, stop: bool, drain: bool
    ) -> None:
        """Somebody wants a savepoint."""
        callbacks = [callback] if callback is not None else []
        self._savepoints.append(CheckpointRequest(callbacks, True, directory, stop, drain))

    def again(self, request: CheckpointRequest) -> bool:
        """It met a subtask at the moment of its end: whether it is tried again, first of all."""
        if not request.callbacks or request.tries == MAX_TRIES:
            return False
        request.tries += 1
        if request.is_savepoint:
            self._savepoints.insert(0, request)
        else:
            self._by_hand += request.callbacks
        return True

    def next_savepoint(self) -> CheckpointRequest | None:
        """The oldest one."""
        return self._savepoints.pop(0) if self._savepoints else None

    def next_checkpoint(self) -> CheckpointRequest | None:
        """One for all who wait."""
        by_hand, self._by_hand = self._by_hand, []
        return CheckpointRequest(by_hand) if by_hand else None

    def refuse_checkpoints(self, error: CheckpointError) -> None:
        """There will be none."""
        by_hand, self._by_hand = self._by_hand, []
        for callback in by_hand:
            callback(None, error)

    def refuse_all(self, error: CheckpointError) -> None:
        """There will be none, and no savepoint either."""
        savepoints, self._savepoints = self._savepoints, []
        self.refuse_checkpoints(error)
        for request in savepoints:
            for callback in request.callbacks:
                callback(None, error)


def _ignore(completed: object, error: CheckpointError | None) -> None:
    """The callback of those that do not want to know."""
