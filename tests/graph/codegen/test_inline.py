"""What is inlined, what is not, and that inlining changes nothing but speed."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle
import pytest

from hurtig.graph.codegen.inline import inline_body, is_traced
from hurtig.operators.fusion import REDUCE, FusedStep

OFFSET = 1


def one_liner(value):
    """A docstring does not stand in the way."""
    return value + OFFSET


def two_statements(value):
    value += 1
    return value


def call_itself(value):
    return call_itself(value - 1) if value > 0 else value


def traced(function):
    @functools.wraps(function)
    def wrapper(value):
        return function(value) * 100

    return wrapper


@traced
def decorated(value):
    return value + 1


class Holder:
    def __init__(self, factor):
        self.factor = factor
        self.__hidden = 5

    def times(self, value):
        return value * self.factor

    def secret(self, value):
        return value + self.__hidden

    def parent(self, value):
        return super().__eq__(value)


def times(factor):
    return lambda value: value * factor


def is_inlined(function: Callable[..., Any], arity: int = 1) -> bool:
    return inline_body(function, arity) is not None


def load(path: Path, source: str) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "function",
    [
        lambda v: v + 1,
        lambda v: (v, OFFSET),
        lambda v: f"{v!r:>5} {OFFSET}",
        lambda v: f'{v["a"]}' if isinstance(v, dict) else "it's \"quoted\" \n",
        lambda v: {"a": v, },
        lambda v: v[1:2, ...] if v else -1e400,
        lambda v: print(v, *[], sep=""),
        lambda v: 1 < v < 3 and not v,
        lambda
            v: (
                v +
                2
            ),
        one_liner,
        call_itself,
        Holder(3).times,
        times(3),
    ],
)  # fmt: skip
def test_single_expressions_are_inlined(function: Callable[[Any], Any]) -> None:
    assert is_inlined(function)


@pytest.mark.parametrize(
    "function",
    [
        lambda v, w=1: v,
        lambda *v: v,
        lambda v, **w: v,
        lambda v, *, w=1: v,
        lambda v: [x for x in v],  # noqa: C416
        lambda v: (x for x in v),
        lambda v: lambda: v,
        lambda v: (w := v),  # noqa: F841
        lambda v: (yield v),
        lambda v: locals(),
        lambda v: breakpoint(),
        lambda v: sys._getframe(),
        lambda v: _h_v0,  # noqa: F821
        lambda: 1,
        lambda v, w: v,
        two_statements,
        Holder(3).secret,
        Holder(3).parent,
        functools.partial(one_liner),
        str,
        "abc".startswith,
        eval("lambda v: v + 1"),
    ],
)
def test_everything_else_is_called(function: Callable[[Any], Any]) -> None:
    assert not is_inlined(function)


def test_a_name_that_shadows_a_global_of_generated_code_is_harmless(chain: Any) -> None:
    iter = 7  # noqa: A001
    harness = chain(("flat_map", lambda v: [v, iter], "skip"), ("map", lambda w: w + iter))
    harness.push([1])
    assert harness.values == [8, 14]


def test_several_lambdas_on_one_line_are_told_apart(chain: Any) -> None:
    f, g, h = lambda v: v + 1, lambda v: v + 2, lambda v: v * 2
    harness = chain(("map", g), ("map", h), ("map", f))
    assert harness.operator.functions.variant(0, False).inlined == 3
    harness.push([10])
    assert harness.values == [25]


def test_globals_are_looked_up_while_running(chain: Any) -> None:
    def rebind(value):
        global OFFSET
        OFFSET = value
        return value

    before = OFFSET
    try:
        harness = chain(("map", rebind), ("map", lambda v: (v, OFFSET)), ("map", one_liner_of))
        harness.push([10, 20])
        assert harness.values == [(10, 10, 10), (20, 20, 20)]
    finally:
        rebind(before)


def one_liner_of(pair):
    return (*pair, OFFSET)


def test_builtins_can_be_shadowed_later(chain: Any, tmp_path: Path) -> None:
    module = load(tmp_path / "shadow.py", "f = lambda v: len(v)\n")
    harness = chain(("map", module.f))
    assert "_h_f0" not in harness.source()
    harness.push(["ab"])
    module.len = lambda v: "mine"
    harness.push(["ab"])
    assert harness.values == [2, "mine"]


def test_closures_are_shared_both_ways(chain: Any) -> None:
    total = 0

    def add(value):
        nonlocal total
        total += value
        return value

    harness = chain(("map", add), ("map", lambda v: (v, total)))
    assert "_h_f1" not in harness.source()
    harness.push([1, 2])
    total = 100
    harness.push([3])
    assert harness.values == [(1, 1), (2, 3), (3, 103)]


def test_closures_of_one_factory_keep_their_own_cells(chain: Any) -> None:
    harness = chain(("map", times(2)), ("map", times(3)), ("filter", times(1)))
    assert harness.operator.functions.variant(0, False).inlined == 3
    harness.push([1, 0])
    assert harness.values == [6]


def test_of_a_decorated_function_the_wrapper_counts(chain: Any) -> None:
    harness = chain(("map", decorated))
    harness.push([1])
    assert harness.values == [200]


def test_an_empty_cell_is_not_inlined() -> None:
    def factory():
        function = lambda v: v + later  # noqa: E731
        assert not is_inlined(function)
        later = 1
        assert is_inlined(function)

    factory()


def test_functions_of_another_module_are_called(chain: Any, tmp_path: Path) -> None:
    module = load(tmp_path / "other.py", "OFFSET = 1000\nf = lambda v: v + OFFSET\n")
    harness = chain(("map", lambda v: v + OFFSET), ("map", module.f), ("map", lambda v: v - OFFSET))
    assert "_h_f1(" in harness.source()
    assert harness.operator.functions.variant(0, False).inlined == 2
    harness.push([1])
    assert harness.values == [1001]


@pytest.mark.parametrize(
    "edited",
    [
        "f = lambda v: v + 2\n",
        "f = lambda v: v + 1.0\n",
        "f = lambda v: v - 1\n",
        "f = lambda v: w + 1\n",
        "f = lambda w: w + 1\n",
        "\nf = lambda v: v + 1\n",
        "f = (\n",
        "",
    ],
)
def test_a_file_edited_after_its_import_is_not_trusted(tmp_path: Path, edited: str) -> None:
    path = tmp_path / "edited.py"
    module = load(path, "f = lambda v: v + 1\n")
    assert is_inlined(module.f)
    path.write_text(edited)
    linecache.clearcache()
    assert not is_inlined(module.f)


def test_constants_must_have_the_same_type(tmp_path: Path) -> None:
    for source, edited in [("1", "True"), ("0.0", "-0.0"), ("(1, 2)", "(1, 2.0)"), ("'a'", "b'a'")]:
        path = tmp_path / "constants.py"
        linecache.clearcache()
        module = load(path, f"f = lambda v: (v, {source})\n")
        assert is_inlined(module.f)
        path.write_text(f"f = lambda v: (v, {edited})\n")
        linecache.clearcache()
        assert not is_inlined(module.f), edited


def test_a_comment_added_behind_it_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "comment.py"
    module = load(path, "f = lambda v: v + 1\n")
    path.write_text("f = lambda v: v + 1  # more\ng = 2\n")
    linecache.clearcache()
    assert is_inlined(module.f)


def test_source_of_a_notebook_cell_comes_from_linecache(chain: Any) -> None:
    name, text = "<cell 1>", "k = 4\nf = lambda v: v * k\n"
    namespace: dict[str, Any] = {}
    exec(compile(text, name, "exec"), namespace)
    assert not is_inlined(namespace["f"])
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    try:
        assert is_inlined(namespace["f"])
        harness = chain(("map", namespace["f"]))
        harness.push([2])
        assert harness.values == [8]
    finally:
        del linecache.cache[name]


def test_deserialised_functions_are_inlined_over_their_own_globals(
    chain: Any, tmp_path: Path
) -> None:
    module = load(tmp_path / "by_value.py", "k = 4\nf = lambda v: v * k\ng = lambda v: v + k\n")
    f, g = pickle.loads(cloudpickle.dumps((module.f, module.g)))
    assert type(f) is FunctionType
    assert f is not module.f
    assert is_inlined(f)
    harness = chain(("map", f), ("map", g))
    assert harness.operator.functions.variant(0, False).inlined == 2
    module.k = 0
    harness.push([2])
    assert harness.values == [12]


def test_a_method_is_bound_once(chain: Any) -> None:
    holder = Holder(3)
    harness = chain(("map", holder.times))
    assert harness.operator.functions.variant(0, False).inlined == 1
    harness.push([2])
    holder.factor = 5
    harness.push([2])
    assert harness.values == [6, 10]


def test_arguments_are_evaluated_once(chain: Any) -> None:
    seen: list[int] = []

    def see(value):
        seen.append(value)
        return value

    harness = chain(("map", lambda v: (see(v), 1)), ("map", lambda p: (p[0], p[0], p[0])))
    assert "_h_v1_0" in harness.source()  # the items of the tuple are locals
    harness.push([1, 2])
    assert seen == [1, 2]
    assert harness.values == [(1, 1, 1), (2, 2, 2)]


def test_a_tuple_read_as_a_whole_twice_stays_one_object(chain: Any) -> None:
    kept: list[Any] = []
    harness = chain(
        ("map", lambda v: (v, [v])),
        ("filter", lambda p: p[0] and kept.append(p) is None),
        ("filter", lambda p: p[0]),
    )
    harness.push([1])
    assert harness.values[0] is kept[0]


def test_an_index_out_of_range_raises_as_it_would(chain: Any) -> None:
    harness = chain(("map", lambda v: (v, v)), ("map", lambda p: p[0] + p[2], "dead-letter"))
    harness.push([1])
    assert [d.reason for d in harness.dead] == ["IndexError: tuple index out of range"]
    assert harness.dead[0].record == (1, 1)


def test_reduce_takes_two_arguments(chains: Any) -> None:
    step = FusedStep(REDUCE, lambda a, b: (b, a), table={})
    harness = chains.Harness([chains.StepOperator(step)], True)
    assert "_h_f0" not in harness.source()
    harness.push([1, 2], None, ["k", "k"])
    assert harness.values == [1, (2, 1)]


def test_a_debugger_sees_functions_being_called(chain: Any) -> None:
    before = sys.gettrace()
    sys.settrace(lambda *args: None)
    try:
        assert is_traced()
        harness = chain(("map", lambda v: v), inline=None)
    finally:
        sys.settrace(before)
    assert "_h_f0(" in harness.source()


def test_private_names_of_a_class_keep_their_meaning(chain: Any) -> None:
    harness = chain(("map", Holder(3).secret))
    harness.push([1])
    assert harness.values == [6]
