"""Programs whose answers real PyFlink gave: ``CASES`` by name, in the order they are written."""

import importlib

from .case import CASES, Case, case

MODULES = (
    "maps",
    "typed",
    "rolling",
    "multi",
    "process",
    "timers",
    "states",
    "times",
    "windows",
    "window_functions",
    "lateness",
    "triggers",
    "partitions",
    "collecting",
    "batch",
    "asynchronous",
    "failures",
)


def load() -> dict[str, Case]:
    """Imports every program; needs ``pyflink``, the real one or the alias."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    return CASES


__all__ = ["CASES", "MODULES", "Case", "case", "load"]
