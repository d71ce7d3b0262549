"""Finds tuples that need not be built: ``map(lambda v: (v[0], v[1] * 2))`` before steps that
only take items out of them. Their items become locals, which saves a tuple and its subscripts.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hurtig.graph.codegen.inline import InlineBody, constant_index
from hurtig.operators.fusion import FILTER, MAP

if TYPE_CHECKING:
    from hurtig.graph.codegen.generate import ChainStep


def scalar_items(steps: Sequence[ChainStep], index: int) -> int | None:
    """The length of the tuple that step ``index`` makes, if its items can stand for it.

    They can where all readers are inlined and take items by literal index; one place at most may
    read the tuple as a whole, because two would have to see the same object.
    """
    body = steps[index].body
    if steps[index].kind != MAP or body is None or not isinstance(body.expression, ast.Tuple):
        return None
    items = body.expression.elts
    if any(isinstance(item, ast.Starred) for item in items):
        return None
    taken = whole = 0
    for reader in steps[index + 1 :]:
        if reader.body is None:
            whole += 1
        else:
            reads = _reads(reader.body, len(items))
            if reads is None:
                return None
            taken += reads[0]
            whole += reads[1]
        if reader.kind != FILTER:
            break
    else:
        whole += 1  # the chain's result
    return len(items) if taken and whole <= 1 else None


def _reads(body: InlineBody, length: int) -> tuple[int, int] | None:
    """How often a body reads items and the whole of its argument; ``None`` if out of range."""
    name = body.parameters[-1]
    taken = total = 0
    for node in ast.walk(body.expression):
        if isinstance(node, ast.Name) and node.id == name:
            total += 1
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
        ):
            position = constant_index(node)
            if position is None:
                continue
            if not -length <= position < length:
                return None
            taken += 1
    return taken, total - taken
