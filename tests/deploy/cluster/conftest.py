from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hurtig.client.rest import RestClient
from hurtig.client.submission import submission
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.deploy.cluster.directory import ClusterDirectory
from hurtig.deploy.cluster.leftover_processes import end_leftovers
from hurtig.deploy.job_details import job_details

HERE = Path(__file__).parent


def until(condition, seconds: float = 20):
    """Wait for a condition; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return value


class Cluster:
    """A daemon of its own in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.folder = ClusterDirectory(str(root))
        self.outputs = root.parent
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        self.folder.create()
        command = [sys.executable, "-m", "hurtig.web.daemon", "--dir", self.folder.root]
        with open(self.folder.log, "ab") as log:
            self.process = subprocess.Popen(
                [*command, "-D", "rest.bind-port=0", *options], stdout=log, stderr=log
            )
        pid = self.process.pid
        found = until(lambda: (d := self.folder.daemon()) and d["pid"] == pid and d)
        self.client = RestClient("127.0.0.1", found["port"], self.folder.known_token(), 20)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def submit(self, **settings: str) -> str:
        """Start a counting job (see ``fake_deployment``)."""
        sys.path.insert(0, str(HERE))
        try:
            import fake_deployment

            env = StreamExecutionEnvironment.get_execution_environment()
            env.from_collection([1]).map(fake_deployment.touch).print()
            graph = env._job_graph("counting")
            job_id = str(JobID())
            details = job_details(graph, job_id, JobStatus.CREATED, {"CREATED": 1}, 2)
            body = submission(graph, job_id, details)
        finally:
            sys.path.remove(str(HERE))
        body["settings"] |= {
            "execution.target": "fake",
            "fake.output": str(self.output_file(job_id)),
            **{name.replace("_", "."): value for name, value in settings.items()},
        }
        assert self.client.post("/hurtig/jobs", body) == {"jobid": job_id}
        return job_id

    def output_file(self, job_id: str) -> Path:
        return self.outputs / f"out-{job_id}"

    def output(self, job_id: str) -> list[tuple[int, int, int]]:
        """(pid, attempt, number) of each line written."""
        path = self.output_file(job_id)
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(int(word) for word in line.split()) for line in lines]

    def status(self, job_id: str) -> str:
        return self.client.get(f"/jobs/{job_id}/status")["status"]

    def wait_for(self, job_id: str, status: str) -> None:
        until(lambda: self.status(job_id) == status)

    def record(self, job_id: str) -> dict:
        return json.loads((Path(self.folder.jobs) / job_id / "job.json").read_text())

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for name in os.listdir(self.folder.jobs) if os.path.isdir(self.folder.jobs) else ():
            end_leftovers(0, os.path.join(self.folder.jobs, name))


@pytest.fixture
def idle_cluster(tmp_path):
    found = Cluster(tmp_path / "cluster")
    yield found
    found.close()


@pytest.fixture
def cluster(idle_cluster):
    idle_cluster.start()
    return idle_cluster
