"""``execution.target: remote``: submits jobs to a JobManager."""

from __future__ import annotations

import sys

from hurtig.client.remote_job import RemoteJobControl
from hurtig.client.submission import submission
from hurtig.common.configuration import Configuration
from hurtig.common.errors import ProgramError
from hurtig.common.job_client import JobClient
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.deploy.cluster.connect import connect
from hurtig.deploy.cluster.managed_job import now_ms
from hurtig.deploy.job_details import job_details
from hurtig.graph.executor import JOB_ID_KEY, Executor
from hurtig.graph.job_graph import JobGraph

__all__ = ["RemoteExecutor"]


class RemoteExecutor(Executor):
    """With ``execution.attached`` (``hurtig run -m`` without ``-d``) ``execute()`` waits for the
    end of the job, else it returns as soon as the job is submitted."""

    def execute(self, graph: JobGraph) -> JobClient:
        _check(graph)
        client = connect(graph.settings)
        job_id = JobID(graph.settings.get(JOB_ID_KEY))
        now = now_ms()
        details = job_details(graph, str(job_id), JobStatus.CREATED, {"CREATED": now}, now)
        client.post("/hurtig/jobs", submission(graph, str(job_id), details))
        sys.stdout.flush()
        print(f"Job has been submitted with JobID {job_id}", flush=True)
        read = Configuration.from_dict(dict(graph.settings)).get_boolean
        attached = read("execution.attached", False)
        ends_with_client = read("execution.shutdown-on-attached-exit", False)
        return JobClient(RemoteJobControl(client, job_id, attached, ends_with_client))


def _check(graph: JobGraph) -> None:
    """What must happen in the program's own process cannot be submitted."""
    from hurtig.connectors.collection.sink import CollectSink

    for vertex in graph.vertices:
        for node in vertex.nodes:
            sink = getattr(node.operator, "sink", None)
            if isinstance(sink, CollectSink):
                raise ProgramError(
                    f"{node.name!r} hands its records to the program, which does not wait for a "
                    "submitted job: use a sink such as FileSink, or run without -d and -m"
                )
