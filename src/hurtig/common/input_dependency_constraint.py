"""InputDependencyConstraint (``pyflink.common.input_dependency_constraint``)."""

from __future__ import annotations

from enum import Enum

__all__ = ["InputDependencyConstraint"]


class InputDependencyConstraint(Enum):
    """When a task with several inputs is scheduled; kept for older programs, without effect."""

    ANY = 0
    ALL = 1
