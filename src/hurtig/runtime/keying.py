"""The keys of a keyed edge, with errors that name the operator behind it."""

from __future__ import annotations

from typing import Any

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.keys import compile_key_extractor
from hurtig.graph.job_graph import ChainNode
from hurtig.graph.partitioner import KeyGroupPartitioner
from hurtig.state.keys import KeyGuard
from hurtig.state.typed_key import UnhashableKeyError


class Canonical:
    """Makes the keys of a batch fit for dicts and key groups: 1, 1.0 and ``True`` are three."""

    def __init__(self, partitioner: KeyGroupPartitioner, reader: ChainNode) -> None:
        self._guard = KeyGuard(partitioner.key_type)
        self._reader = reader

    def __call__(self, keys: list[Any], values: list[Any]) -> list[Any]:
        """The keys of ``values``, which an error shows."""
        try:
            return self._guard.canonical(keys)
        except UnhashableKeyError as e:
            name = f"key selector of {self._reader.name}"
            text = f"{type(e).__name__}: {e}"
            record = next(v for k, v in zip(keys, values, strict=True) if self._refuses(k))
            raise UserFunctionError(name, self._reader.uid, e, text, record, True) from None

    def _refuses(self, key: Any) -> bool:
        try:
            self._guard.canonical([key])
        except UnhashableKeyError:
            return True
        return False


class Keying:
    """Both steps of a keyed edge: ``extract`` the keys of records, make keys ``canonical``."""

    def __init__(self, partitioner: KeyGroupPartitioner, reader: ChainNode) -> None:
        self.extract = compile_key_extractor(partitioner.key_selector, reader.name, reader.uid)
        self.canonical = Canonical(partitioner, reader)
