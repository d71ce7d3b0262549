"""The error for a format whose library is not installed."""

from __future__ import annotations

from hurtig.common.errors import ProgramError


def missing_library(library: str, extra: str, purpose: str, cause: ImportError) -> ProgramError:
    """Says which extra of hurtig brings ``library``."""
    error = ProgramError(
        f"{purpose} needs {library}, which is not installed: pip install 'hurtig[{extra}]'"
    )
    error.__cause__ = cause
    return error
