"""Splits the batches of an edge over its channels, by the partitioner of the job graph."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import Any

from hurtig.common.errors import UserFunctionError
from hurtig.graph import partitioner as p
from hurtig.graph.codegen.keys import compile_key_extractor
from hurtig.graph.job_graph import ChainNode
from hurtig.messages import RowBatch
from hurtig.runtime.isolation import copier, unchangeable
from hurtig.runtime.keying import Keying
from hurtig.state.keys import KeyRouter


class Router(ABC):
    """Gives the pieces of a batch with the channels that they belong to."""

    @abstractmethod
    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        """Pieces, in the order of their channels."""


class ForwardRouter(Router):
    """The one channel there is."""

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        return [(0, batch)]


class RebalanceRouter(Router):
    """Round robin, record by record, beginning at a channel of the sender's own."""

    def __init__(self, channels: int, first: int) -> None:
        self._channels = channels
        self._next = first % channels

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        n, size = self._channels, len(batch)
        pieces = []
        for step in range(min(n, size)):
            channel = (self._next + step) % n
            ts, keys = batch.timestamps, batch.keys
            piece = RowBatch(
                batch.values[step::n],
                None if ts is None else ts[step::n],
                None if keys is None else keys[step::n],
            )
            pieces.append((channel, piece))
        self._next = (self._next + size) % n
        return pieces


class BroadcastRouter(Router):
    """Everything everywhere, to each reader records of its own unless object reuse is on."""

    def __init__(self, channels: int, object_reuse: bool) -> None:
        self._channels = channels
        self._object_reuse = object_reuse

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        if self._channels == 1 or self._object_reuse or unchangeable(batch.values):
            return [(channel, batch) for channel in range(self._channels)]
        copy = copier(batch.values)
        others = range(1, self._channels)
        return [(0, batch), *((c, RowBatch(copy(), batch.timestamps)) for c in others)]


class GlobalRouter(Router):
    """Everything to the first subtask."""

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        return [(0, batch)]


class _TargetRouter(Router):
    """Base of routers that choose a channel for each record."""

    def __init__(self, channels: int) -> None:
        self._channels = channels

    @abstractmethod
    def targets(self, batch: RowBatch) -> list[int]:
        """The channel of each record."""

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        targets = self.targets(batch)
        indices: list[list[int]] = [[] for _ in range(self._channels)]
        for index, target in enumerate(targets):
            indices[target].append(index)
        return [(c, batch.select(chosen)) for c, chosen in enumerate(indices) if chosen]


class ShuffleRouter(_TargetRouter):
    """A random channel for each record."""

    def __init__(self, channels: int, seed: int) -> None:
        super().__init__(channels)
        self._random = random.Random(seed)

    def targets(self, batch: RowBatch) -> list[int]:
        return self._random.choices(range(self._channels), k=len(batch))


class KeyGroupRouter(_TargetRouter):
    """By key group; sends the keys along, so that the selector runs once per record."""

    def __init__(
        self,
        partitioner: p.KeyGroupPartitioner,
        channels: int,
        max_parallelism: int,
        reader: ChainNode,
    ) -> None:
        super().__init__(channels)
        self._keying = Keying(partitioner, reader)
        self._router = KeyRouter(max_parallelism, channels)

    def targets(self, batch: RowBatch) -> list[int]:
        batch.keys = self._keying.extract(batch.values)
        return self._router.route(self._keying.canonical(batch.keys, batch.values))

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        return super().route(RowBatch(batch.values, batch.timestamps))


class KeyOnlyRouter(Router):
    """A keyed edge with one reader: only computes the keys."""

    def __init__(self, partitioner: p.KeyGroupPartitioner, reader: ChainNode) -> None:
        self._extract = Keying(partitioner, reader).extract

    def route(self, batch: RowBatch) -> list[tuple[int, RowBatch]]:
        return [(0, RowBatch(batch.values, batch.timestamps, self._extract(batch.values)))]


class CustomRouter(_TargetRouter):
    """By a user's function of the key and the number of channels."""

    def __init__(self, partitioner: p.CustomPartitioner, channels: int, reader: ChainNode) -> None:
        super().__init__(channels)
        self._partition = partitioner.partition
        self._extract = compile_key_extractor(partitioner.key_selector, reader.name, reader.uid)
        self._reader = reader

    def targets(self, batch: RowBatch) -> list[int]:
        n = self._channels
        result = []
        for key, value in zip(self._extract(batch.values), batch.values, strict=True):
            target = self._call(key, value)
            if not isinstance(target, int) or not 0 <= target < n:
                raise self._error(
                    ValueError(
                        f"the partitioner gave {target!r} for key {key!r}; it must give a "
                        f"partition number from 0 to {n - 1}"
                    ),
                    value,
                )
            result.append(target)
        return result

    def _call(self, key: Any, value: Any) -> int:
        try:
            return self._partition(key, self._channels)
        except Exception as e:
            raise self._error(e, value) from e

    def _error(self, cause: Exception, value: Any) -> UserFunctionError:
        from hurtig.operators.user_errors import user_traceback

        return UserFunctionError(
            f"partition_custom before {self._reader.name!r}",
            self._reader.uid,
            cause,
            user_traceback(cause),
            value,
            True,
        )


def create_router(
    partitioner: p.Partitioner,
    channels: int,
    max_parallelism: int,
    sender: int,
    reader: ChainNode,
    object_reuse: bool = False,
) -> Router:
    """The router of one sending subtask (``sender`` is its index) to ``channels`` readers."""
    if isinstance(partitioner, p.KeyGroupPartitioner):
        if channels == 1:
            return KeyOnlyRouter(partitioner, reader)
        return KeyGroupRouter(partitioner, channels, max_parallelism, reader)
    if isinstance(partitioner, p.CustomPartitioner):
        return CustomRouter(partitioner, channels, reader)
    if isinstance(partitioner, p.BroadcastPartitioner):
        return BroadcastRouter(channels, object_reuse)
    if isinstance(partitioner, p.GlobalPartitioner):
        return GlobalRouter()
    if isinstance(partitioner, p.ForwardPartitioner) or channels == 1:
        return ForwardRouter()
    if isinstance(partitioner, p.ShufflePartitioner):
        return ShuffleRouter(channels, sender)
    return RebalanceRouter(channels, sender)
