"""Ends what an earlier daemon left running: a job must never run twice at a time."""

from __future__ import annotations

import os
import signal
import time

from hurtig.deploy.cluster.directory import ClusterError

__all__ = ["MARK", "end_group", "end_leftovers"]

MARK = "HURTIG_JOB_DIRECTORY"
"""Environment variable of a job process and all its children: the folder of its job."""


def end_group(process_group: int) -> None:
    """SIGKILL for all processes of a group; does nothing where there is none."""
    try:
        os.killpg(process_group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def end_leftovers(
    process_group: int, job_directory: str, patience: float = 10.0, grace: float = 0.0
) -> None:
    """Kill what is left of a job's processes and wait until it is gone. In the first ``grace``
    seconds they may end by themselves: the parent of the workers removes their folders then."""
    began = time.monotonic()
    deadline = began + patience
    while left := _alive(process_group, job_directory):
        if time.monotonic() < began + grace:
            time.sleep(0.01)
            continue
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if time.monotonic() > deadline:
            raise ClusterError(
                f"processes {left} of an earlier attempt do not end; the job waits until they do"
            )
        time.sleep(0.01)


def _alive(process_group: int, job_directory: str) -> list[int]:
    if not os.path.isdir("/proc/self"):
        return _alive_by_ps(process_group)
    mark = f"{MARK}={job_directory}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and _is_marked(name, mark):
            found.append(int(name))
    return found


def _is_marked(pid: str, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            if mark not in f.read().split(b"\0"):
                return False
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:  # it has just ended, or is another user's
        return False


def _alive_by_ps(process_group: int) -> list[int]:
    """Where there is no /proc: the group, if it is still led by a job process."""
    import subprocess

    if process_group <= 0:
        return []
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,pgid=,stat=,command="], capture_output=True, text=True, check=False
    ).stdout
    found = []
    for line in listed.splitlines():
        pid, group, state, command = line.split(None, 3)
        if int(group) == process_group and state[:1] != "Z" and "hurtig" in command:
            found.append(int(pid))
    return found
