"""The row batch: the unit that every edge of a DataStream program carries."""

from __future__ import annotations

from typing import Any

MIN_TIMESTAMP = -(1 << 63)
"""Watermark before anything is known, and the timestamp of a record that has none."""

MAX_TIMESTAMP = (1 << 63) - 1
"""Watermark of an input that has ended."""


class RowBatch:
    """Records beside their timestamps and, behind a keyed edge, their keys.

    ``values``      the records, any Python objects.
    ``timestamps``  epoch milliseconds, one per value; ``None`` when no record has a timestamp;
                    :data:`MIN_TIMESTAMP` for a single record without one.
    ``keys``        one per value, or ``None`` off a keyed edge.

    A batch belongs to whoever receives it; lists may be shared between batches, so operators
    build new lists and never change the ones that they are given.
    """

    __slots__ = ("keys", "timestamps", "values")

    def __init__(
        self,
        values: list[Any],
        timestamps: list[int] | None = None,
        keys: list[Any] | None = None,
    ) -> None:
        self.values = values
        self.timestamps = timestamps
        self.keys = keys

    def __len__(self) -> int:
        return len(self.values)

    def slice(self, start: int, stop: int) -> RowBatch:
        """The records from ``start`` up to ``stop`` as a batch of their own."""
        ts, keys = self.timestamps, self.keys
        return RowBatch(
            self.values[start:stop],
            None if ts is None else ts[start:stop],
            None if keys is None else keys[start:stop],
        )

    def select(self, indices: list[int]) -> RowBatch:
        """The records at ``indices``, in that order."""
        values, ts, keys = self.values, self.timestamps, self.keys
        return RowBatch(
            [values[i] for i in indices],
            None if ts is None else [ts[i] for i in indices],
            None if keys is None else [keys[i] for i in indices],
        )

    def __repr__(self) -> str:
        return f"RowBatch({self.values!r}, {self.timestamps!r}, {self.keys!r})"
