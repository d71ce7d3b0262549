"""A cluster of the soak's own: its daemon, and the processes below it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hurtig.client.rest import RestClient, RestError
from hurtig.deploy.cluster.directory import ClusterDirectory

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


def until(condition: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Wait for ``condition``; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return value


class Cluster:
    """The daemon in ``folder``, with its temporary files in ``folder/tmp``."""

    def __init__(self, folder: Path) -> None:
        self.directory = ClusterDirectory(str(folder / "c"))
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self.environment = dict(
            os.environ, TMPDIR=str(self.temporary), PYTHONPATH=f"{ROOT}:{ROOT / 'src'}"
        )

    def command(self, *arguments: str) -> str:
        """What ``hurtig ...`` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "hurtig", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"hurtig {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        self.command("cluster", "start", "--port", "0", "--dir", self.directory.root)
        found = until(self.directory.daemon, "the daemon is up")
        assert found is not None
        self.daemon_pid = int(found["pid"])
        self.rest = RestClient("127.0.0.1", found["port"], self.directory.known_token(), 20)

    def stop(self) -> None:
        self.command("cluster", "stop", "--dir", self.directory.root)

    def submit(self, settings: dict[str, str], program: list[str]) -> str:
        """The id of the job."""
        options = [word for key, value in settings.items() for word in ("-D", f"{key}={value}")]
        said = self.command("run", "-d", "--dir", self.directory.root, *options, *program)
        found = re.search(r"JobID ([0-9a-f]{32})", said)
        if found is None:
            raise RuntimeError(f"no job was submitted: {said}")
        return found.group(1)

    def status(self, job: str) -> str:
        """As in REST; empty where there is no answer."""
        try:
            return str(self.rest.get(f"/jobs/{job}/status")["status"])
        except (RestError, OSError):
            return ""

    def checkpoints(self, job: str) -> dict[str, Any] | None:
        """Statistics; None where there is no answer."""
        try:
            found: dict[str, Any] = self.rest.get(f"/jobs/{job}/checkpoints")
        except (RestError, OSError):
            return None
        return found

    def log(self, job: str) -> str:
        path = Path(self.directory.jobs, job, "log")
        return path.read_text(errors="replace") if path.exists() else ""

    def record(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(self.directory.jobs, job, "job.json").read_text())
        return found

    def processes(self) -> dict[str, list[int]]:
        """Processes by their part: ``daemon``, ``job``, ``zygote`` and ``worker``."""
        found: dict[str, list[int]] = {"daemon": [], "job": [], "zygote": [], "worker": []}
        parents = {}
        mark = f"TMPDIR={self.temporary}".encode()
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    if mark not in f.read().split(b"\0"):
                        continue
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    line = f.read()
                with open(f"/proc/{pid}/stat") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] in ("Z", "X"):
                continue
            if b"hurtig.deploy.processes" in line:
                parents[pid] = int(fields[1])
            elif b"hurtig.deploy.cluster.job_process" in line:
                found["job"].append(pid)
            elif pid == self.daemon_pid or b"hurtig.web.daemon" in line:
                found["daemon"].append(pid)
        for pid, parent in parents.items():
            # The zygote is a child of the job process; its own children are the workers.
            found["zygote" if parent in found["job"] else "worker"].append(pid)
        return found

    def end_all(self) -> None:
        """Whatever is left after the soak."""
        for pids in self.processes().values():
            for pid in pids:
                kill(pid)

    def remove(self) -> None:
        shutil.rmtree(self.directory.root, ignore_errors=True)


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Whether there was such a process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
