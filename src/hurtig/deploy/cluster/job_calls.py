"""What the daemon may ask of a job process, and the thread that answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.common.errors import HurtigError

if TYPE_CHECKING:
    from hurtig.deploy.cluster.line import FrameSocket

__all__ = ["EXIT_ORPHANED", "JobCalls", "resolved"]

EXIT_ORPHANED = 75
"""Exit code of a job process whose daemon is gone."""

_START_TIME = 60.0
"""Seconds that a savepoint waits for a job which is just being started."""

_SLOW = {"trigger_savepoint", "stop_with_savepoint", "trigger_checkpoint", "cancel"}
_CALLS = _SLOW | {
    "accumulators",
    "change_settings",
    "checkpoint_details",
    "checkpoint_statistics",
    "details",
    "exceptions",
    "metrics",
    "task_managers",
}


def resolved(value: Any) -> Any:
    """What a method of a JobControl gave, or the result of the future that it gave."""
    result = getattr(value, "result", None)
    return result() if callable(result) else value


class JobCalls:
    """Answers from threads of its own, from before the job exists until the process ends.

    A daemon that is gone ends the process at once: its successor starts the job anew, and no two
    attempts may run.
    """

    def __init__(self, frames: FrameSocket, on_gone: Callable[[], None] | None = None) -> None:
        self._frames = frames
        self._control: Any = None
        self._cancelled_early = False
        self._changed = threading.Condition()
        self._on_gone = on_gone or (lambda: os._exit(EXIT_ORPHANED))

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._serve, name="hurtig-control", daemon=True).start()

    def attach(self, control: Any) -> bool:
        """The job exists from now on; False where it was cancelled before."""
        with self._changed:
            self._control = control
            self._changed.notify_all()
            return not self._cancelled_early

    def tell(self, event: str, **values: Any) -> None:
        """Tell the daemon what has changed."""
        try:
            self._frames.send({"event": event, **values})
        except OSError:  # the reading thread ends the process
            pass

    def _serve(self) -> None:
        while (message := self._frames.receive()) is not None:
            if message["call"] in _SLOW:
                threading.Thread(target=self._answer, args=(message,), daemon=True).start()
            else:
                self._answer(message)
        self._on_gone()

    def _answer(self, message: dict[str, Any]) -> None:
        try:
            value = self._call(message["call"], message["arguments"])
            answer = {"id": message["id"], "value": value}
        except Exception as error:
            text = str(error) or type(error).__name__
            answer = {"id": message["id"], "error": text, "kind": type(error).__name__}
        try:
            self._frames.send(answer)
        except OSError:
            pass

    def _call(self, name: str, arguments: dict[str, Any]) -> Any:
        if name not in _CALLS:
            raise ValueError(f"unknown call {name!r}")
        with self._changed:
            if self._control is None and name == "cancel":
                self._cancelled_early = True
                return None
            if name in _SLOW:
                self._changed.wait_for(lambda: self._control is not None, _START_TIME)
            control = self._control
        if control is None:
            raise HurtigError("the job is just being started")
        method = getattr(control, name, None)
        if method is None:
            raise HurtigError(f"the job's deployment has no {name.replace('_', ' ')}")
        value = resolved(method(**arguments))
        if name == "cancel":
            return None
        if name == "accumulators":
            return {key: repr(item) for key, item in value.items()}
        return value
