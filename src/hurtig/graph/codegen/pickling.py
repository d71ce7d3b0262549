"""Pickles functions by value without losing where they were written."""

from __future__ import annotations

from hurtig.common.program_pickle import dumps_by_value

__all__ = ["dumps"]


def dumps(value: object) -> bytes:
    """``cloudpickle.dumps`` that keeps file names; ``pickle.loads`` reads the result."""
    return dumps_by_value(value)
