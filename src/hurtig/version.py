"""Versions: hurtig's own, and the PyFlink API level that it offers."""

from __future__ import annotations

__all__ = ["PYFLINK_API_VERSION", "__version__"]

__version__ = "0.1.0"

#: What ``pyflink.__version__`` and ``pyflink.version.__version__`` report under the alias.
PYFLINK_API_VERSION = "2.3.0"
