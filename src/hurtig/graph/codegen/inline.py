"""Decides whether a function's body can stand in generated code in place of a call.

It can where the body is one expression whose source is known for certain and which opens no
scope of its own. Names keep their meaning: globals stay lookups in the function's own globals,
free variables stay its own cells, parameters become locals of the generated function.
"""

from __future__ import annotations

import ast
import builtins
import copy
import sys
from collections.abc import Callable
from types import CellType, FunctionType, MethodType
from typing import Any

from hurtig.graph.codegen.source import FunctionNode, function_node

PREFIX = "_h_"
"""Starts all names of generated code; an expression with such a name is not inlined."""

_ALLOWED = (
    ast.Attribute,
    ast.BinOp,
    ast.BoolOp,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Dict,
    ast.FormattedValue,
    ast.IfExp,
    ast.JoinedStr,
    ast.List,
    ast.Name,
    ast.Set,
    ast.Slice,
    ast.Starred,
    ast.Subscript,
    ast.Tuple,
    ast.UnaryOp,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
    ast.keyword,
    ast.operator,
    ast.unaryop,
)

# These look at the frame that calls them, and generated code has another frame.
_FRAME_NAMES = frozenset(
    (
        "__class__",
        "_getframe",
        "breakpoint",
        "currentframe",
        "dir",
        "eval",
        "exec",
        "extract_stack",
        "locals",
        "print_stack",
        "set_trace",
        "stack",
        "super",
        "vars",
        "warn",
    )
)
_VARIADIC = 0x04 | 0x08  # CO_VARARGS, CO_VARKEYWORDS


class InlineBody:
    """The expression of a function, ready to be placed into generated code.

    ``function``    the plain function; ``receiver`` is the object of a bound method.
    ``parameters``  names of all parameters, the receiver's first.
    ``cells``       free variables by name.
    ``expression``  the tree as in the user's source; :meth:`place` copies it.
    """

    __slots__ = ("bound", "cells", "expression", "function", "parameters", "receiver")

    def __init__(self, function: FunctionType, expression: ast.expr, method: MethodType | None):
        code = function.__code__
        self.function = function
        self.expression = expression
        self.bound = method is not None
        self.receiver = None if method is None else method.__self__
        self.parameters = code.co_varnames[: code.co_argcount]
        self.cells: dict[str, CellType] = dict(
            zip(code.co_freevars, function.__closure__ or (), strict=True)
        )

    @property
    def globals(self) -> dict[str, Any]:
        return self.function.__globals__

    def place(self, names: dict[str, str | tuple[str, ...]]) -> ast.expr | None:
        """The expression with its parameters and free variables renamed.

        A tuple of names stands for a parameter whose items are locals of their own. The nodes
        remember their origin for tracebacks. ``None`` if the text would not parse back as is.
        """
        placed: ast.expr = _Placer(names).visit(_copy_with_origins(self.expression))
        text = ast.unparse(placed)
        try:
            back = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return None
        return placed if ast.dump(back) == ast.dump(placed) else None


def inline_body(function: Callable[..., Any], arity: int) -> InlineBody | None:
    """The body of a function of ``arity`` arguments, or ``None`` where it must be called."""
    method = None
    plain: object = function
    if type(plain) is MethodType:
        method, plain = plain, plain.__func__
    if type(plain) is not FunctionType:
        return None
    code = plain.__code__
    if (
        code.co_argcount != arity + (method is not None)
        or code.co_kwonlyargcount
        or code.co_flags & _VARIADIC
        or code.co_cellvars
        or plain.__defaults__
        or plain.__kwdefaults__
        or getattr(plain, "__builtins__", None) is not builtins.__dict__
        or not all(map(_is_filled, plain.__closure__ or ()))
    ):
        return None
    node = function_node(plain)
    expression = None if node is None else _only_expression(node)
    if expression is None or not _is_plain(expression):
        return None
    return InlineBody(plain, expression, method)


def is_traced() -> bool:
    """Whether a debugger or profiler watches: it must see the user's functions being called."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(monitoring.get_tool(tool) for tool in range(3))


def constant_index(node: ast.Subscript) -> int | None:
    """``i`` of ``x[i]`` where it is a literal integer."""
    index, sign = node.slice, 1
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub):
        index, sign = index.operand, -1
    if isinstance(index, ast.Constant) and type(index.value) is int:
        return sign * index.value
    return None


def origin_of(node: ast.AST) -> ast.expr | None:
    """The node in the user's source from which a placed node was copied."""
    origin: ast.expr | None = getattr(node, "_h_origin", None)
    return origin


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _only_expression(node: FunctionNode) -> ast.expr | None:
    if isinstance(node, ast.Lambda):
        return node.body
    body = node.body
    if len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if len(body) == 1 and isinstance(body[0], ast.Return):
        return body[0].value
    return None


def _is_plain(expression: ast.expr) -> bool:
    for node in ast.walk(expression):
        if not isinstance(node, _ALLOWED):
            return False
        name = ""
        if isinstance(node, ast.Name):
            name = node.id
        elif isinstance(node, ast.Attribute):
            name = node.attr
        if name in _FRAME_NAMES or name.startswith(PREFIX):
            return False
    return True


def _copy_with_origins(expression: ast.expr) -> ast.expr:
    copied = copy.deepcopy(expression)
    for new, old in zip(ast.walk(copied), ast.walk(expression), strict=True):
        new._h_origin = old  # type: ignore[attr-defined]
    return copied


class _Placer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str | tuple[str, ...]]) -> None:
        self.names = names

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name):
            items = self.names.get(node.value.id)
            index = constant_index(node)
            if isinstance(items, tuple) and index is not None:
                return _load(items[index], node)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = self.names.get(node.id)
        if name is None:
            return node
        if isinstance(name, str):
            return _load(name, node)
        whole = ast.Tuple(elts=[_load(item, node) for item in name], ctx=ast.Load())
        return _with_origin(whole, node)


def _load(name: str, origin: ast.expr) -> ast.expr:
    return _with_origin(ast.Name(id=name, ctx=ast.Load()), origin)


def _with_origin(node: ast.expr, origin: ast.expr) -> ast.expr:
    node._h_origin = origin_of(origin)  # type: ignore[attr-defined]
    return node
