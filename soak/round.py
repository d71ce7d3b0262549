"""One job of the soak, from its submission to the verdict on its output."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from soak import records
from soak.cluster import ROOT, Cluster, kill, until

FILES = 8
ENDS = ("FINISHED", "FAILED", "CANCELED")
HEARTBEAT_TIMEOUT = 3.0
COMMON = {
    "execution.checkpointing.num-retained": "3",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000000",
    "execution.checkpointing.timeout": "20 s",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000000",
    "restart-strategy.fixed-delay.delay": "50 ms",
    "heartbeat.interval": "500 ms",
    "heartbeat.timeout": f"{HEARTBEAT_TIMEOUT:g} s",
    "hurtig.job.max-process-deaths": "1000",
}


class Setting(NamedTuple):
    """What kind of job it is."""

    source: str
    backend: str
    unaligned: bool
    parallelism: int
    interval_ms: int

    def __str__(self) -> str:
        barriers = "unaligned" if self.unaligned else "aligned"
        return (
            f"{self.source}, {self.backend}, {barriers}, -p {self.parallelism}, "
            f"{self.interval_ms} ms"
        )


class Limits(NamedTuple):
    """How much of it."""

    records: int
    rate: float
    pause: tuple[float, float]
    """Between two faults, seconds."""


class Round:
    """``faults`` are names of methods, in their order."""

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        checkpoints: Path,
        setting: Setting,
        limits: Limits,
        faults: list[str],
        chance: random.Random,
        say: Callable[[str], None],
    ) -> None:
        self.cluster = cluster
        self.folder = folder
        self.checkpoints = checkpoints
        self.setting = setting
        self.limits = limits
        self.faults = faults
        self.chance = chance
        self.say = say
        self.kills = 0
        self.recoveries: list[float] = []
        self.problems: list[str] = []
        self.job = ""
        self.largest_checkpoints = 0
        self.damaged = 0
        self.repeated = 0

    def run(self) -> None:
        """Raises where the job is not what it should be; what is wrong with its output is in
        ``problems``."""
        count = self.limits.records
        if self.setting.source == "files":
            records.write_files(self.folder / "input", FILES, count)
        else:
            self.folder.mkdir(parents=True)
        self.checkpoints.mkdir(exist_ok=True)
        self.job = self.cluster.submit(self._settings(), self._program(self.folder))
        self.say(f"job {self.job[:8]}: {self.setting}")
        until(lambda: self._completed(), "a first checkpoint")
        for fault in self.faults:
            time.sleep(self.chance.uniform(*self.limits.pause))
            status = self.cluster.status(self.job)
            if status == "FINISHED":
                self.problems.append("the job ended before its faults: give it more --records")
                break
            getattr(self, fault)()
            self._measure_checkpoints()
        (self.folder / "quick").touch()
        until(
            lambda: self.cluster.status(self.job) in ENDS,
            "the job ends",
            240,
        )
        if (status := self.cluster.status(self.job)) != "FINISHED":
            self.problems.append(f"the job is {status}: {self.cluster.log(self.job)[-2000:]}")
        self._compare()

    # -- faults -------------------------------------------------------------------------------

    def kill_worker(self) -> None:
        worker = self._one("worker")
        began = time.time()
        if not kill(worker):
            return
        self.kills += 1
        took = self._recovery(began)
        self.recoveries.append(took)
        self.say(f"SIGKILL for worker {worker}: all subtasks process again after {took:.2f} s")

    def stop_worker(self) -> None:
        """A zombie: it comes back once it was replaced."""
        worker = self._one("worker")
        began = time.time()
        kill(worker, signal.SIGSTOP)
        pause = HEARTBEAT_TIMEOUT + self.chance.uniform(1, 2)
        time.sleep(pause)
        kill(worker, signal.SIGCONT)
        self._recovery(began)
        self.say(f"SIGSTOP for worker {worker}, SIGCONT after {pause:.1f} s")

    def kill_job(self) -> None:
        process = self._one("job")
        began = time.time()
        self.kills += kill(process)
        took = self._recovery(began)
        self.say(f"SIGKILL for job process {process}: processes again after {took:.2f} s")

    def kill_daemon(self) -> None:
        self._kill_daemon()
        time.sleep(self.chance.uniform(0, 1))
        self._start_daemon()

    def damage_checkpoint(self) -> None:
        """While the job is down, the newest checkpoint is damaged: an older one serves, and the
        job tells so."""
        self._kill_daemon()
        until(lambda: not self.cluster.processes()["job"], "the job process ends")
        newest = sorted(
            self.checkpoints.glob(f"{self.job}/chk-*/_metadata"),
            key=lambda path: int(path.parent.name[4:]),
        )[-1]
        self.damaged += 1
        if self.damaged % 2:
            os.truncate(newest, newest.stat().st_size // 2)
            what = "truncated"
        else:
            newest.unlink()
            what = "removed"
        self.say(f"_metadata of {newest.parent.name} is {what}")
        self._start_daemon()
        if f"checkpoint {newest.parent.name[4:]} cannot be used" not in self.cluster.log(self.job):
            self.problems.append(f"the log does not tell that {newest.parent.name} is {what}")

    def fill_disk(self) -> None:
        if not os.path.ismount(self.checkpoints):
            self.say("disk full: left out, the checkpoints are on no file system of their own")
            return
        before = self._counts()
        filler = self.checkpoints / "filler"
        with open(filler, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(1 << 16))
            except OSError:
                pass
            began = time.monotonic()
            while time.monotonic() - began < 3:
                try:
                    f.write(bytes(512))
                except OSError:
                    time.sleep(0.005)
        counts = self._counts()
        failed = counts["failed"] - before["failed"]
        filler.unlink()
        self._new_checkpoint("a checkpoint after the disk is free again")
        self.say(f"disk full for 3 s: {failed} checkpoints failed, the next ones succeeded")
        if not failed:
            self.problems.append("no checkpoint failed while the disk was full")
        if "No space left" not in self.cluster.log(self.job):
            self.problems.append("the log does not tell that there was no space left")

    # -- their parts --------------------------------------------------------------------------

    def _kill_daemon(self) -> None:
        self.daemon_killed = time.time()
        self.kills += kill(self.cluster.daemon_pid)
        self.say(f"SIGKILL for daemon {self.cluster.daemon_pid}")

    def _start_daemon(self) -> None:
        self.cluster.start()
        took = self._recovery(self.daemon_killed)
        self.say(f"a new daemon, {self.cluster.daemon_pid}: processes again after {took:.2f} s")

    def _one(self, part: str) -> int:
        def workers() -> list[int]:
            found = sorted(self.cluster.processes()[part])
            enough = self.setting.parallelism if part == "worker" else 1
            return found if len(found) >= enough else []

        return self.chance.choice(until(workers, f"there is a {part}"))

    def _recovery(self, began: float) -> float:
        """Seconds until every subtask of the process function has met a record again."""

        def recovered() -> float:
            if self.cluster.status(self.job) in ENDS:
                raise RuntimeError("the job has ended")
            first: dict[str, float] = {}
            for name in os.listdir(self.folder / "beats"):
                subtask, _, at = name.partition("-")
                if float(at) > began:
                    first[subtask] = min(first.get(subtask, 1e18), float(at))
            return max(first.values()) if len(first) == self.setting.parallelism else 0.0

        return until(recovered, "all subtasks process records again", 90) - began

    def _counts(self) -> dict[str, int]:
        statistics = until(lambda: self.cluster.checkpoints(self.job), "statistics")
        assert statistics is not None
        counts: dict[str, int] = statistics["counts"]
        return counts

    def _completed(self) -> int:
        found = self.cluster.checkpoints(self.job)
        latest = found and found["latest"]["completed"]
        return int(latest["id"]) if latest else 0

    def _new_checkpoint(self, what: str) -> None:
        before = self._completed()
        until(lambda: self._completed() > before, what)

    def _measure_checkpoints(self) -> None:
        folders = len(list(self.checkpoints.glob(f"{self.job}/chk-*")))
        self.largest_checkpoints = max(self.largest_checkpoints, folders)

    # -- the job ------------------------------------------------------------------------------

    def _settings(self) -> dict[str, str]:
        s = self.setting
        return COMMON | {
            "parallelism.default": str(s.parallelism),
            "hurtig.task-managers": str(s.parallelism),  # not fewer on a machine with few cores
            "execution.checkpointing.interval": f"{s.interval_ms} ms",
            "execution.checkpointing.dir": self.checkpoints.as_uri(),
            "execution.checkpointing.unaligned.enabled": str(s.unaligned).lower(),
            "state.backend.type": s.backend,
        }

    def _program(self, folder: Path) -> list[str]:
        return [
            *(str(ROOT / "soak" / "job.py"), "--source", self.setting.source),
            *("--records", str(self.limits.records), "--rate", str(self.limits.rate)),
            *("--files", str(FILES), "--folder", str(folder)),
            *("--input", str(self.folder / "input")),
        ]

    def _compare(self) -> None:
        """With plain Python, and with a run of its own that nothing happens to."""
        quiet = self.folder / "quiet"
        quiet.mkdir()
        (quiet / "quick").touch()
        options = ["-D", "execution.target=processes", "-p", str(self.setting.parallelism)]
        subprocess.run(
            [sys.executable, "-m", "hurtig", "run", *options, *self._program(quiet)],
            env=self.cluster.environment,
            cwd=ROOT,
            check=True,
            timeout=300,
        )
        plain = records.expected(self.setting.source, FILES, self.limits.records)
        for name, lines in zip(("windows", "totals"), plain, strict=True):
            found = output(self.folder / name)
            for what, right in (("plain Python", lines), ("a quiet run", output(quiet / name))):
                right_count = Counter(right)
                if self.damaged and not Counter(right) - Counter(found):
                    # What the damaged checkpoint had made final is there: the job, which went
                    # back behind it, made it once more. All else is an error.
                    more = Counter(found) - Counter(right)
                    self.repeated = max(self.repeated, more.total())
                    if all(right_count[line] for line in more):
                        continue
                if problem := differences(right, found, what):
                    self.problems.append(f"{name}: {problem}")
            self.say(f"{name}: {len(found)} lines, {len(lines)} expected")
            hidden = [p.name for p in (self.folder / name).rglob(".*") if p.is_file()]
            # As with Flink: nobody reads them, and nobody knows that no checkpoint needs them.
            if hidden:
                self.say(f"{name}: {len(hidden)} hidden files of killed attempts")


def differences(right: list[str], found: list[str], what: str) -> str | None:
    """None where both have the same lines, as often."""
    missing, more = Counter(right) - Counter(found), Counter(found) - Counter(right)
    if not missing and not more:
        return None
    return (
        f"against {what} {missing.total()} lines are missing, such as {sorted(missing)[:3]}, "
        f"{more.total()} are too many, such as {sorted(more)[:3]}"
    )


def output(folder: Path) -> list[str]:
    """All committed lines."""
    return [
        line
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
        for line in path.read_text().splitlines()
    ]
