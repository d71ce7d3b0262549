"""Errors of checkpoints and restores."""

from __future__ import annotations

from hurtig.common.errors import HurtigError


class CheckpointError(HurtigError):
    """A checkpoint could not be taken."""


class CheckpointDamagedError(HurtigError):
    """A stored checkpoint is missing, cut off or changed."""


class RestoreError(HurtigError):
    """A checkpoint does not fit the program that is to go on from it."""
