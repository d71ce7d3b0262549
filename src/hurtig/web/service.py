"""What the handlers of REST work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.deploy.cluster.dispatcher import Dispatcher, UnknownJobError
from hurtig.web.http import HttpError, Request
from hurtig.web.operations import Operations

if TYPE_CHECKING:
    from hurtig.deploy.cluster.managed_job import ManagedJob

__all__ = ["Service", "job_of"]


class Service:
    """The dispatcher and what surrounds it.

    ``settings``  the cluster's configuration
    ``log_file``  the daemon's log
    ``started``   epoch ms
    """

    def __init__(
        self, dispatcher: Dispatcher, settings: dict[str, str], log_file: str, started: int
    ) -> None:
        self.dispatcher = dispatcher
        self.settings = settings
        self.log_file = log_file
        self.started = started
        self.operations = Operations()


def job_of(request: Request) -> ManagedJob:
    """The job that the path names; 404 where there is none."""
    try:
        return request.service.dispatcher.job(request.parameters["jobid"])
    except UnknownJobError as e:
        raise HttpError(404, str(e)) from None
