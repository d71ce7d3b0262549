"""Transformations: what API calls build, before anything is planned. Mirrors Flink's classes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.connectors.source import Source
    from hurtig.graph.partitioner import Partitioner
    from hurtig.operators.contract import StreamOperator

ALWAYS, HEAD, NEVER = "ALWAYS", "HEAD", "NEVER"
"""Chaining strategies: with both neighbours, only with what follows, with nobody."""

_ids = count(1)


class Transformation:
    """One step of the program; ``inputs`` are the steps that it reads."""

    kind = "Transformation"

    def __init__(
        self,
        name: str,
        inputs: list[Transformation],
        output_type: TypeInformation | None,
        parallelism: int = 1,
    ) -> None:
        self.id = next(_ids)
        self.name = name
        self.inputs = inputs
        self.output_type = output_type
        self.parallelism = parallelism
        self.parallelism_fixed = False
        self.max_parallelism: int | None = None
        self.non_parallel = False
        self.uid: str | None = None
        self.uid_hash: str | None = None
        self.description: str | None = None
        self.buffer_timeout: int | None = None
        self.slot_sharing_group: str | None = None
        self.chaining = ALWAYS
        self.error_policy = "fail"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id}, name={self.name!r})"


class SourceTransformation(Transformation):
    """Reads a source; holds the watermark strategy that its readers apply per split."""

    kind = "Data Source"

    def __init__(
        self,
        name: str,
        source: Source,
        watermark_strategy: Any,
        output_type: TypeInformation | None,
        parallelism: int,
    ) -> None:
        super().__init__(name, [], output_type, parallelism)
        self.source = source
        self.watermark_strategy = watermark_strategy


class OperatorTransformation(Transformation):
    """Applies an operator to one or two inputs. ``is_sink`` marks the ends of the program."""

    kind = "Operator"

    def __init__(
        self,
        name: str,
        inputs: list[Transformation],
        operator: StreamOperator,
        output_type: TypeInformation | None,
        parallelism: int,
        is_sink: bool = False,
    ) -> None:
        super().__init__(name, inputs, output_type, parallelism)
        self.operator = operator
        self.is_sink = is_sink
        if is_sink:
            self.kind = "Data Sink"


class PartitionTransformation(Transformation):
    """Changes how records reach the next step; no step of its own at run time."""

    def __init__(self, input_: Transformation, partitioner: Partitioner) -> None:
        super().__init__(partitioner.name, [input_], input_.output_type, input_.parallelism)
        self.partitioner = partitioner


class SideOutputTransformation(Transformation):
    """Reads a side output of a step; no step of its own at run time."""

    def __init__(
        self, input_: Transformation, tag_id: str, output_type: TypeInformation | None
    ) -> None:
        super().__init__("SideOutput", [input_], output_type, input_.parallelism)
        self.tag_id = tag_id


class UnionTransformation(Transformation):
    """Several streams of one type as one; no step of its own at run time."""

    def __init__(self, inputs: list[Transformation]) -> None:
        first = inputs[0]
        super().__init__("Union", inputs, first.output_type, first.parallelism)


class CacheTransformation(Transformation):
    """Stands for its input, or for what an earlier job kept of it."""

    def __init__(self, input_: Transformation) -> None:
        super().__init__("Cache", [input_], input_.output_type, input_.parallelism)
        self.kept: SourceTransformation | None = None
