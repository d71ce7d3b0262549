"""Any Python iterable as a source; beyond PyFlink."""

from __future__ import annotations

from hurtig.connectors.iterable.source import IterableSource

__all__ = ["IterableSource"]
