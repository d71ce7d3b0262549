"""Starts job processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from hurtig.deploy.cluster.job_record import JobDirectory, JobRecord
from hurtig.deploy.cluster.leftover_processes import MARK
from hurtig.deploy.cluster.line import FrameSocket, JobLine

__all__ = ["launch"]

_MODULE = "hurtig.deploy.cluster.job_process"


def launch(directory: JobDirectory, record: JobRecord) -> tuple[subprocess.Popen[bytes], JobLine]:
    """The process of the record's attempt, which leads a group of its own, and the line to it.

    Its output goes to the job's log. The line is an inherited socket: it breaks when either end
    dies, however that happens.
    """
    python = record.python if os.access(record.python, os.X_OK) else sys.executable
    here, there = socket.socketpair()
    environment = {**os.environ, MARK: directory.path}
    # hurtig itself is found in the same place, whatever the program's folder holds.
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (package, os.environ.get("PYTHONPATH")))
    )
    with open(directory.log, "ab") as log, there:
        try:
            process = subprocess.Popen(
                [
                    python,
                    "-m",
                    _MODULE,
                    str(there.fileno()),
                    directory.path,
                    str(record.attempt),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(there.fileno(),),
                cwd=directory.path,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            here.close()
            raise
    return process, JobLine(FrameSocket(here))
