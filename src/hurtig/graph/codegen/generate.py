"""Builds the source of a chain: one loop over a batch, one line for each operator.

The function takes the records (or tuples of record, key and timestamp) as an iterator and appends
to a list, so that what was done before an exception is kept and the same iterator goes on behind
it. Measured on CPython 3.11, a loop with ``out.append(x)`` is as fast as a list comprehension and
as ``list(map(f, values))``, which both lose their results when a function raises.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from hurtig.graph.codegen.generated import Generated, SourceWriter
from hurtig.graph.codegen.inline import PREFIX, InlineBody, inline_body
from hurtig.graph.codegen.scalars import scalar_items
from hurtig.operators.fusion import FILTER, FLAT_MAP, MAP, REDUCE, FusedStep
from hurtig.state.values import IMMUTABLE, StateValueError, pack, unpack

MAX_FLAT_MAPS = 15
"""In one chain: each is a nested loop, and CPython compiles at most 20 nested blocks."""

Place = str | tuple[str, ...]
Part = str | tuple[InlineBody, ast.expr]


class ChainStep(NamedTuple):
    """A step of a chain, the name of its operator, and its body if that is to be inlined."""

    step: FusedStep
    name: str
    body: InlineBody | None

    @property
    def kind(self) -> str:
        return self.step.kind


class PlacementError(Exception):
    """An expression does not survive being written as text: it must be called instead."""


def chain_steps(steps: Sequence[FusedStep], names: Sequence[str], inline: bool) -> list[ChainStep]:
    """Find which functions to inline: those of the module that most of them come from."""
    bodies: list[InlineBody | None] = [None] * len(steps)
    if inline:
        bodies = [inline_body(s.function, 2 if s.kind == REDUCE else 1) for s in steps]
        counts = Counter(id(body.globals) for body in bodies if body is not None)
        if counts:
            chosen = counts.most_common(1)[0][0]
            bodies = [b if b is not None and id(b.globals) == chosen else None for b in bodies]
    return [ChainStep(*parts) for parts in zip(steps, names, bodies, strict=True)]


def generate(
    steps: Sequence[ChainStep], *, first: int = 0, timed: bool = False, resumable: bool = True
) -> Generated:
    """Compile ``steps``, which stand from position ``first`` of their chain.

    The result's function takes ``(records, out)``, or ``(records, out, times)`` where ``timed``.
    ``records`` yields ``value[, key][, timestamp]``: the key where :func:`needs_keys`, the
    timestamp where ``timed``. ``resumable`` keeps the iterators of flat_maps within reach.
    """
    try:
        return _ChainWriter(steps, first, timed, resumable).write()
    except PlacementError:
        called = [step._replace(body=None) for step in steps]
        return _ChainWriter(called, first, timed, resumable).write()


def needs_keys(step: FusedStep) -> bool:
    """Whether a loop that starts with ``step`` reads the records' keys."""
    return step.kind == REDUCE or step.set_key is not None


class _ChainWriter:
    def __init__(
        self, steps: Sequence[ChainStep], first: int, timed: bool, resumable: bool
    ) -> None:
        self.steps = steps
        self.first = first
        self.timed = timed
        self.resumable = resumable
        self.source = SourceWriter()
        self.indent = 2
        self.value: Place = f"{PREFIX}v0"
        self.inputs: dict[int, Place] = {}
        self.iterators: list[tuple[int, str]] = []

    def write(self) -> Generated:
        keyed = self.first == 0 and needs_keys(self.steps[0].step)
        targets = [f"{PREFIX}v0"]
        if keyed:
            targets.append(f"{PREFIX}k")
        if self.timed:
            targets.append(f"{PREFIX}t")
        self.source.add(None, self.indent, f"for {', '.join(targets)} in {PREFIX}in:")
        self.indent += 1
        set_key = self.steps[0].step.set_key
        if keyed and set_key is not None:
            bound = self.source.bind(f"{PREFIX}set_key", set_key)
            self.source.add(0, self.indent, f"{bound}({PREFIX}k)")
        writers = {
            MAP: self._map,
            FILTER: self._filter,
            FLAT_MAP: self._flat_map,
            REDUCE: self._reduce,
        }
        for index, step in enumerate(self.steps):
            self.inputs[index] = self.value
            writers[step.kind](index, step)
        label = "chain " + " -> ".join(step.name for step in self.steps)
        parameters = [f"{PREFIX}in", f"{PREFIX}out"] + [f"{PREFIX}times"] * self.timed
        return Generated(
            self.source,
            label + " (timed)" * self.timed,
            parameters,
            self._namespace(),
            self.first,
            self.inputs,
            self.iterators,
        )

    def _namespace(self) -> dict[str, Any]:
        for step in self.steps:
            if step.body is not None:
                return step.body.globals
        return {"__name__": __name__, "__builtins__": __builtins__}

    # -- one writer for each kind of step --------------------------------------------------

    def _map(self, index: int, step: ChainStep) -> None:
        size = scalar_items(self.steps, index)
        if size is not None:
            self._map_to_scalars(index, step, size)
        elif index == len(self.steps) - 1:
            self._append(index, step, self._call(index, step))
        else:
            result = f"{PREFIX}v{index + 1}"
            self._add(index, step, f"{result} = ", self._call(index, step))
            self.value = result

    def _map_to_scalars(self, index: int, step: ChainStep, size: int) -> None:
        body, placed = self._place(index, step)
        assert isinstance(placed, ast.Tuple)
        names = tuple(f"{PREFIX}v{index + 1}_{item}" for item in range(size))
        parts: list[Part] = []
        for name, item in zip(names, placed.elts, strict=True):
            parts += [f"{name} = ", (body, item), "; "]
        self._add(index, step, *parts[:-1])
        self.value = names

    def _filter(self, index: int, step: ChainStep) -> None:
        self._add(index, step, "if not ", self._call(index, step), ": continue")
        if index == len(self.steps) - 1:
            self._append(index, step, _text(self.value))

    def _flat_map(self, index: int, step: ChainStep) -> None:
        results = f"{PREFIX}r{index}"
        self._add(index, step, f"{results} = ", self._call(index, step))
        self.source.add(index, self.indent, f"if {results} is None: continue")
        last = index == len(self.steps) - 1
        if last and not self.timed:
            self.source.add(index, self.indent, f"{PREFIX}out.extend({results})")
            return
        if self.resumable and not last:
            iterator = f"{PREFIX}i{index}"
            make = self.source.bind(f"{PREFIX}iter", iter)
            self.source.add(index, self.indent, f"{iterator} = {make}({results})")
            self.iterators.append((index + 1, iterator))
            results = iterator
        self.value = f"{PREFIX}v{index + 1}"
        self._add(index, step, f"for {self.value} in {results}:")
        self.indent += 1
        if last:
            self._append(index, step, self.value)

    def _reduce(self, index: int, step: ChainStep) -> None:
        table = self.source.bind(f"{PREFIX}table", step.step.table)
        get = self.source.bind(f"{PREFIX}get", step.step.table.get)
        before, key, value = f"{PREFIX}a", f"{PREFIX}k", _text(self.value)
        self.source.add(index, self.indent, f"{before} = {get}({key})")
        combined = self._call(index, step, before)
        self.value = f"{PREFIX}v{index + 1}"
        self._add(
            index,
            step,
            f"{self.value} = {table}[{key}] = {value} if {before} is None else ",
            combined,
        )
        if not _is_new(combined):
            detach = self.source.bind(f"{PREFIX}detach", _detached)
            kept = self.source.bind(f"{PREFIX}kept", IMMUTABLE | {tuple})
            check = f"if {self.value}.__class__ not in {kept}: "
            self._add(index, step, f"{check}{self.value} = {detach}({self.value})")
        if index == len(self.steps) - 1:
            self._append(index, step, self.value)

    # -- parts of lines --------------------------------------------------------------------

    def _add(self, index: int, step: ChainStep, *parts: Part) -> None:
        name = " ".join(step.name.split())
        self.source.add(index, self.indent, *parts, f"  # {name}")

    def _append(self, index: int, step: ChainStep, value: Part) -> None:
        times = f"; {PREFIX}times.append({PREFIX}t)" if self.timed else ""
        self._add(index, step, f"{PREFIX}out.append(", value, f"){times}")

    def _call(self, index: int, step: ChainStep, *before: str) -> Part:
        """The function's result for the current value: inlined, or as a call."""
        if step.body is not None:
            return self._place(index, step, *before)
        function = self.source.bind(f"{PREFIX}f{index}", step.step.function)
        return f"{function}({', '.join([*before, _text(self.value)])})"

    def _place(self, index: int, step: ChainStep, *before: str) -> tuple[InlineBody, ast.expr]:
        body = step.body
        assert body is not None
        arguments: list[Place] = [*before, self.value]
        if body.bound:
            arguments.insert(0, self.source.bind(f"{PREFIX}self{index}", body.receiver))
        names: dict[str, Place] = dict(zip(body.parameters, arguments, strict=True))
        for name, cell in body.cells.items():
            names[name] = f"{PREFIX}c{index}_{name}"
            self.source.cells[f"{PREFIX}c{index}_{name}"] = cell
        placed = body.place(names)
        if placed is None:
            raise PlacementError
        return body, placed


def _is_new(result: Part) -> bool:
    """Whether an expression makes a new value that nobody can change."""
    return not isinstance(result, str) and isinstance(
        result[1], ast.Tuple | ast.Constant | ast.JoinedStr | ast.Compare
    )


def _detached(value: Any) -> Any:
    """A result as it is now; the next call may change the one in the state in place."""
    try:
        return unpack(pack(value))
    except StateValueError:
        return value  # such as what holds a lock


def _text(value: Place) -> str:
    return value if isinstance(value, str) else f"({', '.join(value)},)"
