"""When two answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus import Case


def normal(case: Case, got: dict[str, Any], ordered: bool | None = None) -> Any:
    """What has to be equal: that it fails, or the output, sorted where order is free."""
    if "error" in got:
        return "error"
    ordered = case.ordered if ordered is None else ordered
    output = got["output"]
    if isinstance(output, dict):
        return {name: part if ordered else sorted(part) for name, part in output.items()}
    return output if ordered else sorted(output)
