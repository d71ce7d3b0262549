"""The sink of simulated jobs: records count once the checkpoint that they came with is complete."""

from __future__ import annotations

import itertools
from typing import Any

from hurtig.connectors.sink import Committer, Sink, SinkContext, SinkWriter
from hurtig.messages import RowBatch

_outboxes: dict[str, Outbox] = {}
_numbers = itertools.count(1)


class Outbox:
    """What a simulated job has made final: transaction -> records."""

    def __init__(self) -> None:
        self.name = f"outbox-{next(_numbers)}"
        self._transactions: dict[str, list[Any]] = {}
        self._count = itertools.count(1)
        _outboxes[self.name] = self

    def new_transaction(self) -> str:
        """A name that never comes again."""
        return f"t{next(self._count)}"

    def commit(self, transaction: str, values: list[Any]) -> None:
        """Make records final; again: nothing happens. Raises AssertionError for other records
        under a known name."""
        known = self._transactions.setdefault(transaction, values)
        assert known == values, (transaction, known, values)

    @property
    def records(self) -> list[Any]:
        """All records that are final, in the order of their commits."""
        return [value for values in self._transactions.values() for value in values]

    def close(self) -> None:
        """Nobody writes here any more."""
        _outboxes.pop(self.name, None)


class OutboxSink(Sink):
    """A two-phase sink into an outbox of this process."""

    def __init__(self, outbox: str) -> None:
        super().__init__()
        self._outbox = outbox

    def create_writer(self, context: SinkContext) -> SinkWriter:
        return _Writer(_outboxes[self._outbox], context.checkpointing)

    def create_committer(self) -> Committer:
        return _Committer(_outboxes[self._outbox])


class _Writer(SinkWriter):
    def __init__(self, outbox: Outbox, checkpointing: bool) -> None:
        self._outbox = outbox
        self._values: list[Any] = []
        if not checkpointing:
            raise AssertionError("simulated jobs take checkpoints")

    def write_batch(self, batch: RowBatch) -> None:
        self._values += batch.values

    def prepare_commit(self, end_of_input: bool = False) -> list[Any]:
        if not self._values:
            return []
        values, self._values = self._values, []
        return [(self._outbox.new_transaction(), values)]


class _Committer(Committer):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def commit(self, committables: list[Any]) -> None:
        for transaction, values in committables:
            self._outbox.commit(transaction, values)
