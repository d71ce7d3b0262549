"""A TaskManager that does what it is asked: tests of all that is around one."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from hurtig.deploy.processes.worker import WorkerContext


class Echo:
    """Messages are tuples ``(what, argument)``; it answers with such tuples."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    def receive(self, message: Any) -> None:
        what, argument = message
        if what == "echo":
            self._context.send(("echo", argument))
        elif what == "sleep":
            time.sleep(argument)
        elif what == "exit":
            os._exit(argument)
        elif what == "raise":
            raise argument
        elif what == "print":
            print(argument)
        elif what == "write":
            stream, text = argument
            getattr(sys, stream).write(text)
        elif what == "call":
            self._context.send(("result", argument(self._context)))

    def step(self) -> bool:
        return self._context.slot.step()

    def close(self) -> None:
        pass


def create(context: WorkerContext) -> Echo:
    return Echo(context)
