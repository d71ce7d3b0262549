"""Runs a program of the corpus and renders what it answers, on either engine."""

from __future__ import annotations

import re
from typing import Any

from corpus import Case

SHORT = 200
PATH = re.compile(r"(?:file:)?(?:/[\w.+@-]+){2,}/?")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
PYTHON_ERROR = re.compile(
    r"^\s*(?:Caused by: .*?)?((?:\w+\.)*[A-Z]\w*(?:Error|Exception)\b.*)$", re.M
)


def render(value: Any) -> str:
    """``repr``, with the kind of each row before it."""
    kind = getattr(value, "get_row_kind", None)
    if kind is not None:
        return str(kind()) + repr(value)
    if type(value) is tuple:
        inner = ", ".join(map(render, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if type(value) is list:
        return f"[{', '.join(map(render, value))}]"
    return repr(value)


def answer(case: Case, env: Any) -> dict[str, Any]:
    """``{"output": [...]}``, ``{"output": {name: [...]}}`` or ``{"error": ..., "text": ...}``."""
    try:
        result = case.program(env)
        if isinstance(result, dict):
            return {"output": {name: collect(part) for name, part in result.items()}}
        return {"output": collect(result)}
    except Exception as error:
        return {"error": shorten(error), "text": f"{type(error).__name__}: {error}"}


def collect(result: Any) -> list[str]:
    if hasattr(result, "execute_and_collect"):
        result = result.execute_and_collect()
    try:
        return [render(value) for value in result]
    finally:
        if hasattr(result, "close"):
            result.close()


def shorten(error: BaseException) -> str:
    """The innermost cause in a line, without paths and addresses of this machine."""
    own = f"{type(error).__name__}: {error}"
    causes = PYTHON_ERROR.findall(own)
    line = (causes[-1] if causes else own.splitlines()[0]).strip()
    if "py4j" in type(error).__module__ and causes:
        line = f"{type(error).__name__}: {line}"
    return ADDRESS.sub("<address>", PATH.sub("<path>", line))[:SHORT]
