"""A generated function with all that is needed to explain an exception which leaves it."""

from __future__ import annotations

import ast
import linecache
import weakref
from collections.abc import Iterator
from traceback import FrameSummary
from types import CellType, CodeType, FunctionType, TracebackType
from typing import Any, NamedTuple

from hurtig.graph.codegen.inline import PREFIX, InlineBody, origin_of
from hurtig.operators.user_errors import register_translator

_used_names: dict[str, int] = {}


class Piece(NamedTuple):
    """Where an inlined expression stands in the generated source (columns in UTF-8 bytes)."""

    line: int
    column: int
    body: InlineBody
    placed: ast.expr


class Failure(NamedTuple):
    """What was going on when an exception left a generated function.

    ``step``     position of the failing operator in the chain.
    ``record``   that operator's input.
    ``pending``  for each enclosing flat_map, outermost first: the step behind it, the iterator
                 over what is left of its results, and the record that it was given.
    """

    step: int
    record: Any
    pending: list[tuple[int, Iterator[Any], Any]]


class SourceWriter:
    """Collects the lines of a generated function, which operator each serves, and its pieces."""

    def __init__(self) -> None:
        self.lines = ["", ""]  # the two headers, known at the end
        self.steps: list[int | None] = [None, None]
        self.pieces: list[Piece] = []
        self.bound: dict[str, Any] = {}
        self.cells: dict[str, CellType] = {}

    def bind(self, name: str, value: Any) -> str:
        """Make ``value`` a local of the generated function."""
        self.bound[name] = value
        return name

    def add(self, step: int | None, indent: int, *parts: str | tuple[InlineBody, ast.expr]) -> None:
        """Add one line; a part is text or an inlined body with its placed expression."""
        text = "    " * indent
        for part in parts:
            if isinstance(part, str):
                text += part
                continue
            text += "("
            column = len(text.encode())
            self.pieces.append(Piece(len(self.lines) + 1, column, *part))
            text += ast.unparse(part[1]) + ")"
        self.lines.append(text)
        self.steps.append(step)

    def finish(
        self, label: str, parameters: list[str], namespace: dict[str, Any]
    ) -> tuple[str, list[str], FunctionType]:
        """Compile: the file name, the lines and the function over the globals ``namespace``."""
        arguments = ", ".join([*parameters, *self.bound])
        self.lines[0] = f"def {PREFIX}make({', '.join(self.cells)}):"
        self.lines[1] = f"    def {PREFIX}chain({arguments}):"
        lines = [line + "\n" for line in self.lines]
        filename = _unique_filename(label)
        code = _nested(_nested(compile("".join(lines), filename, "exec", dont_inherit=True)))
        function = FunctionType(
            code,
            namespace,
            code.co_name,
            tuple(self.bound.values()),
            tuple(self.cells[name] for name in code.co_freevars),
        )
        return filename, lines, function


class Generated:
    """A compiled function; translates its frames as long as it lives."""

    def __init__(
        self,
        writer: SourceWriter,
        label: str,
        parameters: list[str],
        namespace: dict[str, Any],
        first_step: int = 0,
        inputs: dict[int, str | tuple[str, ...]] | None = None,
        iterators: list[tuple[int, str]] | None = None,
    ) -> None:
        self.filename, self._lines, self.function = writer.finish(label, parameters, namespace)
        self._steps = writer.steps
        self._pieces = writer.pieces
        self._first_step = first_step
        self._inputs = inputs or {}
        self._iterators = iterators or []
        self._origins: dict[tuple[int, int | None, int, int | None], tuple[Piece, ast.expr]] = {}
        size = sum(map(len, self._lines))
        linecache.cache[self.filename] = size, None, self._lines, self.filename
        weakref.finalize(self, linecache.cache.pop, self.filename, None)
        register_translator(self.filename, self)

    @property
    def source(self) -> str:
        """The generated source, as a debugger shows it."""
        return "".join(self._lines)

    @property
    def inlined(self) -> int:
        """How many function bodies stand in the source."""
        return len({id(piece.body) for piece in self._pieces})

    def locate(self, traceback: TracebackType | None) -> Failure | None:
        """Which operator failed on what; ``None`` if the exception came from elsewhere."""
        traceback = self._entry(traceback)
        if traceback is None:
            return None
        step = self._steps[traceback.tb_lineno - 1]
        if step is None:
            return None
        names = traceback.tb_frame.f_locals
        first = self._first_step
        pending = [
            (after + first, names[name], self._input(after - 1, names))
            for after, name in self._iterators
            if after <= step
        ]
        return Failure(step + first, self._input(step, names), pending)

    def was_running(self, traceback: TracebackType | None) -> bool:
        """Whether an exception with this traceback passed through the function."""
        return self._entry(traceback) is not None

    def _entry(self, traceback: TracebackType | None) -> TracebackType | None:
        code = self.function.__code__
        while traceback is not None and traceback.tb_frame.f_code is not code:
            traceback = traceback.tb_next
        return traceback

    def _input(self, step: int, names: dict[str, Any]) -> Any:
        place = self._inputs[step]
        return names[place] if isinstance(place, str) else tuple(names[n] for n in place)

    def translate(self, frame: FrameSummary) -> FrameSummary | None:
        """The frame that the inlined function would have had; ``None`` for the loop itself."""
        line = frame.lineno or 0
        column = getattr(frame, "colno", None)
        if column is None:  # the interpreter runs without column numbers
            found = [(p, p.body.expression) for p in self._pieces if p.line == line]
        else:
            end_line = getattr(frame, "end_lineno", None)
            end = getattr(frame, "end_colno", None)
            origin = self._origins_by_position().get((line, end_line, column, end))
            found = [] if origin is None else [origin]
        if not found:
            return None
        piece, node = found[0]
        code = piece.body.function.__code__
        return FrameSummary(
            code.co_filename,
            node.lineno,
            code.co_name,
            lookup_line=False,
            end_lineno=node.end_lineno,
            colno=None if column is None else node.col_offset,
            end_colno=None if column is None else node.end_col_offset,
        )

    def _origins_by_position(
        self,
    ) -> dict[tuple[int, int | None, int, int | None], tuple[Piece, ast.expr]]:
        if self._origins or not self._pieces:
            return self._origins
        starts: dict[tuple[int, int], list[ast.expr]] = {}
        for node in ast.walk(ast.parse(self.source)):
            if isinstance(node, ast.expr):
                starts.setdefault((node.lineno, node.col_offset), []).append(node)
        for piece in self._pieces:
            wanted = ast.dump(piece.placed)
            for root in starts.get((piece.line, piece.column), ()):
                if ast.dump(root) == wanted:
                    self._keep_origins(piece, root)
                    break
        return self._origins

    def _keep_origins(self, piece: Piece, root: ast.expr) -> None:
        for node, placed in zip(ast.walk(root), ast.walk(piece.placed), strict=True):
            origin = origin_of(placed)
            if isinstance(node, ast.expr) and origin is not None:
                at = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
                self._origins.setdefault(at, (piece, origin))


def _nested(code: CodeType) -> CodeType:
    return next(const for const in code.co_consts if isinstance(const, CodeType))


def _unique_filename(label: str) -> str:
    label = " ".join(label.split()).replace("<", "(").replace(">", ")").replace("-)", "->")
    used = _used_names[label] = _used_names.get(label, 0) + 1
    return f"<hurtig {label}>" if used == 1 else f"<hurtig {label} #{used}>"
