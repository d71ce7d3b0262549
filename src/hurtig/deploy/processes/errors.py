"""Errors that survive the way to another process."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

from hurtig.common.errors import HurtigError, JobExecutionError
from hurtig.common.program_pickle import dumps_record as dumps
from hurtig.control.messages import Failed


def portable(message: Any) -> Any:
    """The message, with an error that the JobMaster can read."""
    if isinstance(message, Failed):
        return message._replace(error=portable_error(message.error))
    return message


def portable_error(error: BaseException) -> BaseException:
    """The error itself where it can be pickled and read again; else one with the same text.

    A traceback does not travel: where the error does not carry one as text, it becomes a note.
    """
    if error.__traceback__ is not None and not isinstance(error, HurtigError):
        text = "".join(traceback.format_exception(error)).rstrip()
        if not any("in a worker:" in note for note in getattr(error, "__notes__", ())):
            error.add_note(f"in a worker:\n{text}")
    try:
        copy = pickle.loads(dumps(error))
        if type(copy) is type(error) and str(copy) == str(error):
            return error
    except Exception:
        pass
    if isinstance(error, HurtigError):
        return JobExecutionError(error.render())
    text = f"{type(error).__name__}: {error}"
    return JobExecutionError("\n".join([text, *getattr(error, "__notes__", ())]))
