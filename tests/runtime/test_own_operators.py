"""Copies of a chain's operators for one subtask."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hurtig.operators.map import MapOperator
from hurtig.runtime.chain import _own_operators


def node(function: Any, error_policy: str = "fail") -> Any:
    return SimpleNamespace(operator=MapOperator(function), error_policy=error_policy)


def test_copies_of_functions_of_one_module_share_its_globals() -> None:
    # Else the code generator could inline one of them only.
    nodes = [node(lambda v: v + 1), node(lambda v: v * 2), node(lambda v: v - 3)]
    functions = [operator.function for operator in _own_operators(nodes)]
    assert [f(10) for f in functions] == [11, 20, 7]
    assert all(f is not n.operator.function for f, n in zip(functions, nodes, strict=True))
    assert all(f.__globals__ is functions[0].__globals__ for f in functions)


def test_one_function_in_two_operators_becomes_two() -> None:
    function = lambda v: v  # noqa: E731
    first, second = _own_operators([node(function), node(function)])
    assert first.function is not second.function


def test_each_operator_gets_the_error_policy_of_its_node() -> None:
    nodes = [node(lambda v: v, "skip"), node(lambda v: v, "fail")]
    assert [operator.error_policy for operator in _own_operators(nodes)] == ["skip", "fail"]
