"""Finds the syntax tree of a function, and proves that it is the function's.

The source file may have changed since it was imported, and a line may hold several lambdas. So a
candidate counts only if compiling it again, in a scope of the same shape, gives the same code.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import sys
from types import CodeType, FunctionType
from typing import Any, TypeAlias

FunctionNode: TypeAlias = ast.Lambda | ast.FunctionDef

_MAX_FILES = 64
_CO_NESTED = 0x10
_FUTURE_FLAGS = 0
for _feature in __future__.all_feature_names:
    _FUTURE_FLAGS |= getattr(__future__, _feature).compiler_flag

_parsed: dict[str, tuple[list[str], dict[int, list[FunctionNode]]]] = {}


def function_node(function: FunctionType) -> FunctionNode | None:
    """The verified syntax tree of a lambda or ``def``; ``None`` where in any doubt."""
    code = function.__code__
    verified = None
    for node in _nodes_of(function).get(code.co_firstlineno, ()):
        again = _compile_again(node, code)
        if again is None or not _same_code(again, code):
            continue
        # Equal code means equal behaviour; equal positions tell twins on one line apart.
        if list(again.co_positions()) == list(code.co_positions()):
            return node
        verified = verified or node
    return verified


def _nodes_of(function: FunctionType) -> dict[int, list[FunctionNode]]:
    filename: Any = function.__code__.co_filename
    lines = linecache.getlines(filename, function.__globals__)
    if not lines:
        # cloudpickle may have replaced the name of the file, but leaves that of the module.
        filename = function.__globals__.get("__file__")
        lines = linecache.getlines(filename) if isinstance(filename, str) else []
    if not lines:
        return {}
    known = _parsed.get(filename)
    if known is not None and (known[0] is lines or known[0] == lines):
        return known[1]
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        nodes = {}
    else:
        nodes = _by_first_line(tree)
    if len(_parsed) >= _MAX_FILES:
        del _parsed[next(iter(_parsed))]
    _parsed[filename] = lines, nodes
    return nodes


def _by_first_line(tree: ast.Module) -> dict[int, list[FunctionNode]]:
    found: dict[int, list[FunctionNode]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            found.setdefault(first, []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append(node)
    return found


def _compile_again(node: FunctionNode, code: CodeType) -> CodeType | None:
    """Compile ``node`` nested in a function whose parameters are its free variables."""
    inner: list[ast.stmt]
    if isinstance(node, ast.Lambda):
        inner = [ast.copy_location(ast.Return(value=node), node)]
    else:
        # Another name, so that a function that calls itself still looks itself up outside.
        definition = _definition("_h_definition", node.args, node.body)
        inner = [ast.copy_location(definition, node)]
    parameters = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(arg=name) for name in code.co_freevars],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    outer = _definition("_h_outer", parameters, inner)
    module = ast.Module(body=[ast.copy_location(outer, node)], type_ignores=[])
    ast.fix_missing_locations(module)
    try:
        compiled = compile(
            module,
            code.co_filename,
            "exec",
            flags=code.co_flags & _FUTURE_FLAGS,
            dont_inherit=True,
        )
    except (SyntaxError, ValueError, RecursionError):
        return None
    return _only_code(_only_code(compiled))


def _definition(name: str, args: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    fields: dict[str, Any] = {"name": name, "args": args, "body": body, "decorator_list": []}
    if sys.version_info >= (3, 12):
        fields["type_params"] = []
    return ast.FunctionDef(**fields)


def _only_code(code: CodeType | None) -> CodeType | None:
    nested = [const for const in code.co_consts if isinstance(const, CodeType)] if code else []
    return nested[0] if len(nested) == 1 else None


def _same_code(one: CodeType, other: CodeType) -> bool:
    return (
        one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and one.co_freevars == other.co_freevars
        and one.co_cellvars == other.co_cellvars
        and one.co_argcount == other.co_argcount
        and one.co_posonlyargcount == other.co_posonlyargcount
        and one.co_kwonlyargcount == other.co_kwonlyargcount
        and one.co_flags & ~_CO_NESTED == other.co_flags & ~_CO_NESTED
        and one.co_exceptiontable == other.co_exceptiontable
        and _same_const(one.co_consts, other.co_consts)
    )


def _same_const(one: object, other: object) -> bool:
    """Equal in type and value all the way down: 1, 1.0 and True are three constants."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same_const, one, other))
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return sorted(map(_key, one)) == sorted(map(_key, other))
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _same_code(one, other)
    return one == other and repr(one) == repr(other)  # repr: 0.0 and -0.0 are equal


def _key(const: object) -> tuple[str, str]:
    return type(const).__name__, repr(const)
