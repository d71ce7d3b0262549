"""``python -m soak``: jobs whose processes are killed, and whose output must be right."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from soak.cluster import Cluster, until
from soak.memory import MemorySampler
from soak.round import Limits, Round, Setting

SETTINGS = [
    Setting("generator", "hashmap", False, 2, 300),
    Setting("generator", "rocksdb", True, 2, 300),
    Setting("files", "hashmap", True, 3, 300),
    Setting("files", "rocksdb", False, 2, 500),
    Setting("generator", "hashmap", False, 2, 500),
]
"""The last one's checkpoints are damaged as well."""
LARGEST_GROWTH = 40.0
"""MiB that a part may grow from the first to the last third of the soak."""
DISK_MIB = 96


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=52, help="SIGKILLs over all jobs")
    parser.add_argument("--minutes", type=float, default=5, help="how long the faults take")
    parser.add_argument("--rate", type=float, default=1500, help="records a second")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=len(SETTINGS), help="how many of the 5 jobs")
    parser.add_argument("--damage", action="store_true", help="only the job that is damaged")
    parser.add_argument("--folder", help="kept, with all output")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    root = Path(options.folder or tempfile.mkdtemp(prefix="soak-")).resolve()
    root.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    say(f"seed {seed}, in {root}")
    chance = random.Random(seed)
    cluster = Cluster(root)
    mounted = mount(root / "disk")
    sampler = MemorySampler(cluster.processes)
    rounds: list[Round] = []
    problems: list[str] = []
    try:
        cluster.start()
        sampler.start()
        jobs = SETTINGS[-1:] if options.damage else SETTINGS[: options.jobs]
        each = [options.kills // len(jobs)] * len(jobs)
        each[0] += options.kills % len(jobs)
        for number, (setting, kills) in enumerate(zip(jobs, each, strict=True)):
            faults = faults_of(kills, chance, damage=setting is SETTINGS[-1])
            seconds = options.minutes * 60 / len(jobs)
            pause = max(0.2, seconds / len(faults) - 2)
            # What is left when the faults are over passes without a brake.
            count = int(options.rate * seconds)
            limits = Limits(count // 16 * 16, options.rate, (pause * 0.3, pause * 1.7))
            now = Round(
                cluster, root / f"job{number}", root / "disk", setting, limits, faults, chance, say
            )
            rounds.append(now)
            now.run()
            problems += [f"{setting}: {problem}" for problem in now.problems]
            if now.largest_checkpoints > 6:
                problems.append(f"{setting}: {now.largest_checkpoints} folders of checkpoints")
        cluster.stop()
        problems += left_behind(cluster, root, {r.job for r in rounds if r.damaged})
    except Exception as e:
        problems.append(f"{type(e).__name__}: {e}")
        if rounds and rounds[-1].job:
            problems.append(f"end of the job's log: {cluster.log(rounds[-1].job)[-3000:]}")
    finally:
        sampler.stop()
        cluster.end_all()
        if mounted:
            subprocess.run(["umount", "-l", str(root / "disk")], check=False)
    report(rounds, sampler, problems)
    if not options.folder and not problems:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if problems else 0


def faults_of(kills: int, chance: random.Random, damage: bool) -> list[str]:
    """As many kills, and other faults, in a random order."""
    others = ["damage_checkpoint"] * 4 if damage else ["kill_job", "kill_daemon"] * 2
    others = others[: max(2, kills // 3)]
    faults = others + ["kill_worker"] * (kills - len(others)) + ["stop_worker", "fill_disk"]
    chance.shuffle(faults)
    return faults


def mount(folder: Path) -> bool:
    """A small file system for checkpoints, where we may."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() or not shutil.which("mount"):
        return False
    options = ["-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0


def left_behind(cluster: Cluster, root: Path, damaged: set[str]) -> list[str]:
    """Processes, temporary folders, sockets and checkpoints; those of ``damaged`` jobs are kept on
    purpose, to be looked at."""
    problems = []
    try:
        until(lambda: not any(cluster.processes().values()), "all processes end", 15)
    except TimeoutError:
        problems.append(f"processes are left: {cluster.processes()}")
    if left := sorted(str(p.relative_to(root)) for p in cluster.temporary.rglob("*")):
        problems.append(f"{len(left)} temporary files are left: {left[:5]}")
    files = [p.relative_to(root) for p in (root / "disk").glob("*/*/*")]
    if left := sorted(str(p) for p in files if p.parts[1] not in damaged):
        problems.append(f"{len(left)} files of checkpoints are left: {left[:5]}")
    return problems


def report(rounds: list[Round], sampler: MemorySampler, problems: list[str]) -> None:
    print(f"\nkills: {sum(r.kills for r in rounds)}, faults: {sum(len(r.faults) for r in rounds)}")
    if recoveries := [seconds for r in rounds for seconds in r.recoveries]:
        print(
            f"recovery from the loss of a worker: median {statistics.median(recoveries):.2f} s, "
            f"max {max(recoveries):.2f} s of {len(recoveries)}"
        )
    for r in rounds:
        if r.damaged:
            print(
                f"{r.damaged} damaged checkpoints: older ones served; {r.repeated} lines that the "
                "damaged ones had made final were put out again"
            )
    for part, t in sampler.trends().items():
        print(
            f"memory of {part}: median {t['median']:.0f} MiB, max {t['max']:.0f} MiB, "
            f"{t['slope']:+.2f} MiB a minute, first to last third {t['growth']:+.1f} MiB"
        )
        if t["growth"] > LARGEST_GROWTH:
            problems.append(f"the memory of {part} grew by {t['growth']:.0f} MiB")
    for problem in problems:
        print(f"WRONG: {problem}")
    print("the soak failed" if problems else "all output is right")


if __name__ == "__main__":
    sys.exit(main())
