"""Errors of user functions: the user's own frames, the operator and the record, nothing else.

``raise operator.user_error(exc, record) from exc`` is what every operator does; the frames of the
engine are cut here. Generated chains register a translator, so that a frame of generated code is
shown as the line of the function that was inlined there.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, Protocol

import hurtig
from hurtig.common.errors import UserFunctionError

if TYPE_CHECKING:
    from traceback import FrameSummary, TracebackException

    from hurtig.operators.contract import StreamOperator

_ENGINE = os.path.dirname(os.path.abspath(hurtig.__file__)) + os.sep


class FrameTranslator(Protocol):
    """Knows which user code stands behind the frames of one generated file."""

    def translate(self, frame: FrameSummary) -> FrameSummary | None:
        """The user's frame behind ``frame``; ``None`` where the engine's own code ran."""


_translators: weakref.WeakValueDictionary[str, FrameTranslator] = weakref.WeakValueDictionary()


def register_translator(filename: str, translator: FrameTranslator) -> None:
    """Translate frames of the generated file ``filename`` for as long as ``translator`` lives."""
    _translators[filename] = translator


def user_error(
    operator: StreamOperator, exc: BaseException, record: Any = None, has_record: bool = True
) -> UserFunctionError:
    """The error to raise for ``exc``, which a function of ``operator`` raised on ``record``."""
    context = operator.context
    told = user_traceback(exc)
    function = getattr(operator, "function", None)
    return UserFunctionError(
        context.name,
        context.uid,
        exc,
        told,
        record=record,
        has_record=has_record,
        subtask=_subtask(context.runtime_context),
        function="" if has_frames(told) else function_place(function),
    )


def user_traceback(exc: BaseException) -> str:
    """The traceback of ``exc`` and of its causes as text, without frames of the engine."""
    from traceback import TracebackException

    rendered = TracebackException.from_exception(exc)
    _trim(rendered, set())
    return "".join(rendered.format())


def has_frames(told: str) -> bool:
    """Whether a traceback shows where the error was raised."""
    return told.startswith("Traceback ")


def function_place(function: Any) -> str:
    """Name, file and line of a user's function or of the class of a function object."""
    name = getattr(function, "__qualname__", None) or type(function).__name__
    codes = [getattr(m, "__code__", None) for m in (function, *vars(type(function)).values())]
    code = next((code for code in codes if code is not None), None)
    if code is None:
        return str(name) if callable(function) else ""
    if code.co_filename.startswith(_ENGINE):
        return ""
    return f"{name}, {code.co_filename}:{code.co_firstlineno}"


def _subtask(runtime_context: Any) -> str:
    if runtime_context is None:
        return ""
    parallelism = runtime_context.get_number_of_parallel_subtasks()
    if parallelism == 1:
        return ""
    return f"({runtime_context.get_index_of_this_subtask() + 1}/{parallelism})"


def _trim(rendered: TracebackException | None, seen: set[int]) -> None:
    if rendered is None or id(rendered) in seen:
        return
    seen.add(id(rendered))
    kept = []
    ends_in_engine = False
    for frame in rendered.stack or ():
        translator = _translators.get(frame.filename)
        if translator is None and frame.filename.startswith(_ENGINE):
            # What a ``raise`` says is meant for the user.
            ends_in_engine = not (frame.line or "").startswith("raise ")
            continue
        ends_in_engine = False
        user_frame = frame if translator is None else translator.translate(frame)
        if user_frame is not None:
            kept.append(user_frame)
    # Only engine frames, and not a builtin called from generated code: an error of the engine's
    # own, which would be lost without its frames.
    if kept or not ends_in_engine:
        rendered.stack[:] = kept
        if not kept:
            rendered.stack = None  # type: ignore[assignment]  # no header without frames
    _trim(rendered.__cause__, seen)
    _trim(rendered.__context__, seen)
    for nested in getattr(rendered, "exceptions", None) or ():
        _trim(nested, seen)
