"""Work that a request begins and others ask after: savepoints, stops, disposals."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from hurtig.common.errors import HurtigError

__all__ = ["Operations", "failure_cause"]

_REMEMBERED = 200


def failure_cause(error: BaseException) -> dict[str, Any]:
    """An error as Flink's REST API shows it."""
    kind = getattr(error, "kind", None) or type(error).__name__
    text = error.render() if isinstance(error, HurtigError) else f"{kind}: {error}"
    return {"class": kind, "stack-trace": text, "serialized-throwable": ""}


class Operations:
    """Each has an id (``request-id``), given by the client or made here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], dict[str, Any] | None] = {}

    def begin(
        self, group: str, work: Callable[[], dict[str, Any]], wanted_id: str | None = None
    ) -> str:
        """Run ``work`` in a thread; its dict becomes the operation's. The id of the operation.

        A client that repeats a request under its own id gets the operation that it began.
        """
        request_id = wanted_id or os.urandom(16).hex()
        key = (group, request_id)
        with self._lock:
            if key in self._known:
                return request_id
            self._known[key] = None
            while len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
        threading.Thread(
            target=self._run, args=(key, work), name=f"operation-{request_id[:8]}", daemon=True
        ).start()
        return request_id

    def _run(self, key: tuple[str, str], work: Callable[[], dict[str, Any]]) -> None:
        try:
            outcome = work()
        except Exception as error:
            outcome = {"failure-cause": failure_cause(error)}
        with self._lock:
            self._known[key] = outcome

    def status(self, group: str, request_id: str) -> dict[str, Any] | None:
        """``{"status": {"id": ...}, "operation": ...}``; None where there is no such operation."""
        with self._lock:
            if (group, request_id) not in self._known:
                return None
            outcome = self._known[group, request_id]
        state = "IN_PROGRESS" if outcome is None else "COMPLETED"
        return {"status": {"id": state}, "operation": outcome}
