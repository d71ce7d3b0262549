"""Options that PyFlink takes as a Hadoop configuration or as properties."""

from __future__ import annotations

from typing import Any


def string_options(given: Any) -> dict[str, str]:
    """The options of a dict, a ``Configuration`` or ``None``, as text."""
    if given is None:
        return {}
    to_dict = getattr(given, "to_dict", None)
    pairs = to_dict() if to_dict is not None else given
    return {str(key): str(value) for key, value in dict(pairs).items()}
