"""Runs one command and accounts for its whole process tree: ``reaper.py REPORT COMMAND...``.

Becomes the reaper of orphans first, where the system can do that (Linux): a JVM that outlives the
Python which started it, and the workers of that JVM, are waited for and counted too. Writes JSON to
the file REPORT. A script of its own, so that the accounts hold nothing else.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
LINGER_SECONDS = 20.0
"""What is left of the tree may take this long to end by itself."""


def become_reaper() -> None:
    """Orphaned descendants become our children; without that their CPU time would be lost."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_orphans(deadline: float) -> int:
    """Wait for all children; those that are left at the deadline are ended. How many those were."""
    ended = 0
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            if time.monotonic() > deadline:
                for child in _children():
                    os.kill(child, signal.SIGKILL)
                    ended += 1
            time.sleep(0.02)


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]


def main(arguments: list[str]) -> int:
    report, command = arguments[0], arguments[1:]
    become_reaper()
    started = time.perf_counter()
    process = subprocess.Popen(command)
    code = process.wait()
    wall = time.perf_counter() - started
    ended = wait_for_orphans(time.monotonic() + LINGER_SECONDS)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    with open(report, "w") as file:
        json.dump(
            {
                "wall": wall,
                "cpu": usage.ru_utime + usage.ru_stime,
                "peak_bytes": usage.ru_maxrss * unit,
                "ended": ended,
            },
            file,
        )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
