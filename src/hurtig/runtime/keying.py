"""The keys of a keyed edge, with errors that name the operator behind it."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.keys import compile_key_extractor
from hurtig.graph.job_graph import ChainNode
from hurtig.graph.partitioner import KeyGroupPartitioner
from hurtig.state.keys import KeyGuard
from hurtig.state.typed_key import UnhashableKeyError


class Keying:
    """Computes keys once per record, and makes them fit for dicts and key groups."""

    def __init__(self, partitioner: KeyGroupPartitioner, reader: ChainNode) -> None:
        self.extract = compile_key_extractor(partitioner.key_selector, reader.name, reader.uid)
        self._guard = KeyGuard(partitioner.key_type)
        self._reader = reader

    def canonical(self, keys: list[Any]) -> list[Any]:
        """Keys of which 1, 1.0 and ``True`` are three."""
        try:
            return self._guard.canonical(keys)
        except UnhashableKeyError as e:
            name = f"key selector of {self._reader.name}"
            text = f"{type(e).__name__}: {e}"
            raise UserFunctionError(name, self._reader.uid, e, text) from None
