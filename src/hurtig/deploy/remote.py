"""``execution.target: remote``: submits jobs to a JobManager."""

from __future__ import annotations

import sys

from hurtig.client.remote_job import RemoteJobControl
from hurtig.client.rest import RestClient
from hurtig.client.submission import submission
from hurtig.common.configuration import Configuration
from hurtig.common.errors import ProgramError
from hurtig.common.job_client import JobClient
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.deploy.cluster.connect import connect
from hurtig.deploy.cluster.managed_job import now_ms
from hurtig.deploy.job_details import job_details
from hurtig.deploy.shipping import before_shipping, sinks_of
from hurtig.graph.executor import JOB_ID_KEY, Executor
from hurtig.graph.job_graph import JobGraph

__all__ = ["RemoteExecutor"]


class RemoteExecutor(Executor):
    """With ``execution.attached`` (``hurtig run -m`` without ``-d``) ``execute()`` waits for the
    end of the job, else it returns as soon as the job is submitted."""

    def execute(self, graph: JobGraph) -> JobClient:
        client = connect(graph.settings)
        _prepare_sinks(graph, client)
        job_id = JobID(graph.settings.get(JOB_ID_KEY))
        now = now_ms()
        details = job_details(graph, str(job_id), JobStatus.CREATED, {"CREATED": now}, now)
        client.post("/hurtig/jobs", submission(graph, str(job_id), details))
        sys.stdout.flush()
        print(f"Job has been submitted with JobID {job_id}", flush=True)
        read = Configuration.from_dict(dict(graph.settings)).get_boolean
        attached = read("execution.attached", False)
        ends_with_client = read("execution.shutdown-on-attached-exit", False)
        control = RemoteJobControl(client, job_id, graph.name, attached, ends_with_client)
        return JobClient(control)


def _prepare_sinks(graph: JobGraph, client: RestClient) -> None:
    """Sinks that hand records back to this program are told that it is in another process."""
    from hurtig.connectors.collection.sink import CollectSink

    for node, sink in sinks_of(graph):
        if isinstance(sink, CollectSink) and not client.is_local:
            raise ProgramError(
                f"{node.name!r} hands its records to the program, which they cannot reach from "
                f"{client.address}: use a sink such as FileSink, or run without -m"
            )
    before_shipping(graph)
