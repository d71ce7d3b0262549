"""Closing several things of which one may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def close_all(closers: Iterable[Callable[[], object]]) -> None:
    """Call each of them; the first error is raised after all were tried."""
    first: BaseException | None = None
    for close in closers:
        try:
            close()
        except BaseException as error:
            first = first or error
    if first is not None:
        raise first
