"""Random DataStream programs: each stage builds itself and says what it does to a bag of records.

A record is ``(key, n)`` with a timestamp; a bag is a list of ``(record, timestamp)`` in no order.
No record is late: watermarks stay behind the disorder of every split.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.jobs.functions import key_of, modulo, same
from tests.jobs.sources import Bag, SplitSource, strategy

from hurtig.datastream import DataStream, StreamExecutionEnvironment

Build = Callable[["Builder", list[DataStream]], DataStream]
Model = Callable[[list[Bag]], Bag]


class Stage:
    """``inputs`` are positions among the streams before it."""

    def __init__(self, name: str, inputs: list[int], build: Build, model: Model) -> None:
        self.name = name
        self.inputs = inputs
        self.build = build
        self.model = model

    def __repr__(self) -> str:
        return f"{self.name}{self.inputs}"


class Builder:
    """Scatters distributions, chaining and parallelism over a program, by a seed."""

    def __init__(self, seed: int, max_parallelism: int) -> None:
        self.random = random.Random(seed)
        self._max = max_parallelism

    def parallelism(self) -> int:
        return self.random.randint(1, self._max)

    def place(self, stream: DataStream) -> DataStream:
        """Settings of an operator."""
        choice = self.random.randrange(8)
        if choice == 0:
            stream.start_new_chain()
        elif choice == 1:
            stream.disable_chaining()
        if self.random.random() < 0.7:
            stream.set_parallelism(self.parallelism())
        if self.random.random() < 0.3:
            stream.set_buffer_timeout(self.random.choice([-1, 0, 5]))
        return stream

    def route_lists(self, stream: DataStream) -> DataStream:
        """A distribution that looks at no record."""
        return self.random.choice(
            [lambda s: s, lambda s: s.rebalance(), lambda s: s.shuffle(), lambda s: s.rescale()]
        )(stream)

    def route(self, stream: DataStream) -> DataStream:
        """A distribution before an operator."""
        return self.random.choice(
            [
                lambda s: s,
                lambda s: s,
                lambda s: s.rebalance(),
                lambda s: s.shuffle(),
                lambda s: s.rescale(),
                lambda s: s.global_(),
                lambda s: s.partition_custom(modulo, key_of),
                lambda s: s.map(same).set_parallelism(3).forward().map(same).set_parallelism(3),
            ]
        )(stream)


class Program:
    """Sources and stages; every stage reads earlier streams, the last one is collected."""

    def __init__(self, sources: list[list[Bag]], interleaved: bool, stages: list[Stage]) -> None:
        self.sources = sources
        self.interleaved = interleaved
        self.stages = stages

    def __repr__(self) -> str:
        return f"Program({self.sources}, interleaved={self.interleaved}, {self.stages})"

    def build(self, env: StreamExecutionEnvironment, builder: Builder) -> DataStream:
        streams = []
        for splits in self.sources:
            source = SplitSource(splits, self.interleaved)
            stream = env.from_source(source, strategy(), "Numbers")
            streams.append(stream.set_parallelism(builder.parallelism()))
        for stage in self.stages:
            streams.append(stage.build(builder, [streams[i] for i in stage.inputs]))
        return streams[-1]

    def bags(self) -> list[Bag]:
        """What each stream holds."""
        bags = [[record for split in splits for record in split] for splits in self.sources]
        for stage in self.stages:
            bags.append(stage.model([bags[i] for i in stage.inputs]))
        return bags
