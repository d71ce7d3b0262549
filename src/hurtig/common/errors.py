"""Errors that a user of hurtig sees, with the text that tells cause and fix."""

from __future__ import annotations

import reprlib
from typing import Any

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 200
_short.maxlist = _short.maxtuple = _short.maxdict = 12
_short.maxlevel = 4


def shorten(record: object) -> str:
    """The ``repr`` of a record, cut to a length that fits an error message."""
    try:
        return _short.repr(record)
    except Exception as e:  # a user's __repr__ may fail
        return f"<{type(record).__name__} whose repr raised {type(e).__name__}>"


class HurtigError(Exception):
    """Base of all errors that are meant for the user: the message stands for itself."""

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.args, self.__dict__)

    def render(self) -> str:
        """The text that the command line prints, without engine frames."""
        return f"{type(self).__name__}: {self}"


class ProgramError(HurtigError, ValueError):
    """The program itself is wrong; found while it is built, before anything runs."""


class ProgramTypeError(ProgramError, TypeError):
    """The program passes something of the wrong kind, such as a number for a function."""


class UserFunctionError(HurtigError):
    """A user's function raised while it handled a record.

    ``operator``, ``uid``  which operator; ``record_text`` the record in hand, shortened;
    ``cause``              the exception of the function;
    ``user_traceback``     its traceback without frames of the engine;
    ``function``           name and place of the function, where the traceback does not show it.
    """

    def __init__(
        self,
        operator: str,
        uid: str,
        cause: BaseException,
        user_traceback: str,
        record: Any = None,
        has_record: bool = False,
        subtask: str = "",
        location: str = "",
        function: str = "",
    ) -> None:
        self.operator = operator
        self.uid = uid
        self.subtask = subtask
        self.user_traceback = user_traceback
        self.record_text = shorten(record) if has_record else ""
        self.location = location
        self.function = function
        super().__init__(self._text())
        self.cause = cause
        """What the function raised; not ``__cause__``, so that it is printed once."""

    def _text(self) -> str:
        lines = [self.user_traceback.rstrip(), ""]
        where = f"  operator  {self.operator}"
        if self.subtask:
            where += f" {self.subtask}"
        lines.append(where + f"  [uid {self.uid}]")
        if self.function:
            lines.append(f"  function  {self.function}")
        if self.record_text:
            lines.append(f"  record    {self.record_text}")
        if self.location:
            lines.append(f"  read at   {self.location}")
        return "\n".join(lines)

    def render(self) -> str:
        return self._text()


class JobExecutionError(HurtigError):
    """A job failed for a reason other than a user's function."""


class JobCancelledError(HurtigError):
    """The job was cancelled before it finished."""


class BadRecordError(HurtigError):
    """Input that cannot be read: names file or system, line or offset, content and cause."""

    def __init__(self, reason: str, location: str, content: Any) -> None:
        self.reason = reason
        self.location = location
        self.content = content
        where = f"\n  read at   {location}" if location else ""
        super().__init__(f"{reason}{where}\n  content   {shorten(content)}")


def _rebuild(kind: type[HurtigError], args: tuple[Any, ...], state: dict[str, Any]) -> HurtigError:
    """An error that has crossed a process: the same text, whatever its constructor takes."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
