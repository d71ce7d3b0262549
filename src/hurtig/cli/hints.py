"""What was probably meant where the program asks an object of hurtig for what it does not have."""

from __future__ import annotations

import re

__all__ = ["attribute_hint"]

_ELSEWHERE = {
    "DataStream": ("KeyedStream", "call key_by(...) first"),
    "WindowedStream": ("DataStream", "call reduce, aggregate, apply or process first"),
    "AllWindowedStream": ("DataStream", "call reduce, aggregate, apply or process first"),
    "ConnectedStreams": ("DataStream", "call map, flat_map or process first"),
}
"""Class -> the class whose methods are looked for on it too early, and the step between."""


def attribute_hint(error: BaseException) -> str | None:
    """The fix for an ``AttributeError`` of an object of hurtig; None where there is no guess."""
    kind = type(getattr(error, "obj", None))
    if not isinstance(error, AttributeError) or not kind.__module__.startswith("hurtig."):
        return None
    name = str(error.name)
    names = [n for n in dir(kind) if not n.startswith("_")]
    as_python = re.sub(r"(?<=[a-z0-9])[A-Z]", lambda m: "_" + m[0], name).lower()
    if as_python in names:
        return f"write {as_python}"
    late, step = _ELSEWHERE.get(kind.__name__, ("", ""))
    if late and hasattr(_stream_class(late), as_python):
        return f"{as_python} belongs to a {late}: {step}"
    import difflib

    close = difflib.get_close_matches(as_python, names, n=1, cutoff=0.7)
    return f"did you mean {close[0]}?" if close else None


def _stream_class(name: str) -> type:
    import hurtig.datastream

    found: type = getattr(hurtig.datastream, name)
    return found
