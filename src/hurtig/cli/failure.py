"""What the user reads when a program fails: their own frames, and the cause."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from hurtig.common.errors import HurtigError, ProgramError

if TYPE_CHECKING:
    from traceback import FrameSummary, TracebackException

__all__ = ["report"]

_ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_SITE = f"{os.sep}site-packages{os.sep}"


def report(error: BaseException, program_file: str, verbose: bool = False) -> None:
    """Write the error to stderr.

    An error meant for the user is its own text. Any other is a traceback that starts in the
    program and leaves the engine's frames out. ``verbose`` gives all frames of both.
    """
    if not verbose and isinstance(error, HurtigError):
        text = error.render().rstrip() + "\n"
        if isinstance(error, ProgramError | TypeError):
            text += _place(error, program_file)
    elif sys.excepthook is not sys.__excepthook__:  # the program has its own way to show errors
        sys.excepthook(type(error), error, error.__traceback__)
        return
    else:
        text = _traceback(error, program_file, verbose)
    sys.stdout.flush()
    sys.stderr.write(text)


def _traceback(error: BaseException, program_file: str, verbose: bool) -> str:
    from traceback import TracebackException

    from hurtig.cli.hints import attribute_hint

    told = TracebackException.from_exception(error)
    if verbose:
        return "".join(told.format())
    inside = _ends_inside(told.stack, program_file)
    _keep_user_frames(told, program_file, set())
    text = "".join(told.format())
    if inside and not isinstance(error, SyntaxError | ImportError):
        text += "hurtig: raised inside hurtig, whose frames are left out; -v shows them\n"
    elif (hint := attribute_hint(error)) is not None:
        text += f"  fix       {hint}\n"
    return text


def _keep_user_frames(told: TracebackException, program_file: str, seen: set[int]) -> None:
    """Filter the stack of the exception and of all those it hangs together with."""
    if id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = _user_frames(told.stack, program_file)
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _keep_user_frames(other, program_file, seen)


def _user_frames(stack: list[FrameSummary], program_file: str) -> list[FrameSummary]:
    return [
        frame
        for frame in _from_program(stack, program_file)
        if not frame.filename.startswith((_ENGINE, "<frozen "))
    ]


def _from_program(stack: list[FrameSummary], program_file: str) -> list[FrameSummary]:
    """The frames from the program's first on; all where the program has none."""
    for i, frame in enumerate(stack):
        if frame.filename == program_file:
            return stack[i:]
    return stack


def _ends_inside(stack: list[FrameSummary], program_file: str) -> bool:
    """Whether the engine, or Python's library on its behalf, failed unawares."""
    for frame in reversed(_from_program(stack, program_file)):
        if frame.filename.startswith(_ENGINE):
            # What a ``raise`` of the engine says is meant for the user.
            return not (frame.line or "").startswith("raise ")
        if not frame.filename.startswith((_LIBRARY, "<frozen ")) or _SITE in frame.filename:
            return False
    return False


def _place(error: BaseException, program_file: str) -> str:
    """The innermost line of the user's that led to the error."""
    from traceback import extract_tb

    frames = _user_frames(extract_tb(error.__traceback__), program_file)
    if not frames:
        return ""
    frame = frames[-1]
    return f"  at        {frame.filename}:{frame.lineno}  {frame.line or ''}\n"
