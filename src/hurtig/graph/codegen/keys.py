"""Compiles a key selector into a function that takes a whole batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.generated import Generated, SourceWriter
from hurtig.graph.codegen.inline import PREFIX, inline_body, is_traced
from hurtig.operators.user_errors import function_place, has_frames, user_traceback


def compile_key_extractor(
    selector: Any, downstream: str = "", uid: str = "", *, inline: bool | None = None
) -> Callable[[list[Any]], list[Any]]:
    """A function from a list of records to the list of their keys.

    ``selector`` is a callable or an object with ``get_key``; ``downstream`` and ``uid`` name the
    operator that reads the keyed edge. An exception of the selector becomes a
    :class:`UserFunctionError` with the record.
    """
    return _KeyExtractor(selector, downstream, uid, not is_traced() if inline is None else inline)


class _KeyExtractor:
    __slots__ = ("_downstream", "_extract", "_selector", "_uid", "generated")

    def __init__(self, selector: Any, downstream: str, uid: str, inline: bool) -> None:
        function: Callable[[Any], Any] = getattr(selector, "get_key", selector)
        self.generated = _generate(function, downstream, inline)
        self._extract = self.generated.function
        self._selector = selector
        self._downstream = downstream
        self._uid = uid

    def __call__(self, values: list[Any]) -> list[Any]:
        position = iter(values)
        try:
            keys: list[Any] = self._extract(position)
        except UserFunctionError:
            raise
        except Exception as error:
            left: int = position.__length_hint__()  # type: ignore[attr-defined]
            record = values[len(values) - left - 1]
            name = f"key selector of {self._downstream}" if self._downstream else "key selector"
            told = user_traceback(error)
            raise UserFunctionError(
                name,
                self._uid,
                error,
                told,
                record=record,
                has_record=True,
                function="" if has_frames(told) else function_place(self._selector),
            ) from error
        return keys


def _generate(function: Callable[[Any], Any], downstream: str, inline: bool) -> Generated:
    value = f"{PREFIX}v"
    source = SourceWriter()
    body = inline_body(function, 1) if inline else None
    placed = None
    namespace: dict[str, Any] = {"__name__": __name__, "__builtins__": __builtins__}
    if body is not None:
        arguments = [value]
        if body.bound:
            arguments.insert(0, source.bind(f"{PREFIX}self", body.receiver))
        names: dict[str, str | tuple[str, ...]] = dict(zip(body.parameters, arguments, strict=True))
        names |= {name: f"{PREFIX}c_{name}" for name in body.cells}
        placed = body.place(names)
    if body is not None and placed is not None:
        source.cells = {f"{PREFIX}c_{name}": cell for name, cell in body.cells.items()}
        namespace = body.globals
        source.add(0, 2, "return [", (body, placed), f" for {value} in {PREFIX}in]")
    else:
        called = source.bind(f"{PREFIX}f", function)
        source.add(0, 2, f"return [{called}({value}) for {value} in {PREFIX}in]")
    label = f"keys for {downstream}" if downstream else "keys"
    return Generated(source, label, [f"{PREFIX}in"], namespace)
