"""The windows of one key under a merging assigner, and what an element's window does to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from hurtig.operators.window.assigner import MergingWindowAssigner
from hurtig.operators.window.windows import TimeWindow


class Merge(NamedTuple):
    """``parts`` (open windows, earliest first) have become ``result``."""

    result: Any
    parts: list[Any]


class _Collect(MergingWindowAssigner.MergeCallback):
    def __init__(self) -> None:
        self.groups: list[tuple[list[Any], Any]] = []

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        self.groups.append((list(to_be_merged), merge_result))


def add_window(
    assigner: MergingWindowAssigner, open_windows: Iterable[Any], new: Any
) -> tuple[Any, list[Merge]]:
    """The window that an element of window ``new`` belongs to, and the merges that lead there.

    Pure: the caller replaces the parts of each merge by its result. A part that is its own
    result is no merge.
    """
    known = list(open_windows)
    collect = _Collect()
    assigner.merge_windows([*known, new], collect)
    target = new
    merges = []
    for group, result in collect.groups:
        if new in group:
            target = result
        parts = [window for window in known if window in group]
        if parts and parts != [result]:
            merges.append(Merge(result, _in_order(parts)))
    return target, merges


def _in_order(windows: list[Any]) -> list[Any]:
    if all(isinstance(window, TimeWindow) for window in windows):
        return sorted(windows)
    return windows
