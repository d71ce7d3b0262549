"""A sink that drops everything, for measuring what comes before it."""

from hurtig.connectors.discarding.sink import DiscardingSink

__all__ = ["DiscardingSink"]
