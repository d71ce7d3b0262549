"""Consecutive numbers (``pyflink.datastream.connectors.number_seq``)."""

from __future__ import annotations

from hurtig.connectors.number_sequence.source import NumberSequenceSource

__all__ = ["NumberSequenceSource"]
