"""The client's end of the zygote."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

from hurtig.deploy.processes.wire import send_request
from hurtig.deploy.processes.zygote import Folder

_BOOTSTRAP = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from hurtig.deploy.processes.zygote import main; main(int(sys.argv[1]))"
)


class ZygoteProcess:
    """A running zygote. Requests may be made at once, it answers when its imports are done."""

    def __init__(self, folder: str) -> None:
        self.sock, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    *subprocess._args_from_interpreter_flags(),  # type: ignore[attr-defined]
                    "-P",  # or the current folder would come before the standard library
                    "-c",
                    _BOOTSTRAP,
                    str(theirs.fileno()),
                    json.dumps([os.path.abspath(path) for path in sys.path]),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        except BaseException:
            self.sock.close()
            raise
        finally:
            theirs.close()
        self.request(Folder(folder), [])

    def request(self, request: Any, fds: list[int]) -> None:
        """Raises ``OSError`` where the zygote is gone."""
        send_request(self.sock, request, fds)

    def close(self) -> None:
        """End it, and all workers."""
        self.sock.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """In a forked child: it is not ours."""
        self._process.returncode = 0  # nor is it ours to wait for
