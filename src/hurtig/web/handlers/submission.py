"""hurtig's own paths: submission, changed settings, logs of jobs, the end of the cluster."""

from __future__ import annotations

import base64
import binascii
import os
import signal

from hurtig.common.errors import ProgramError
from hurtig.common.options import known_options
from hurtig.deploy.cluster.directory import ClusterError
from hurtig.deploy.cluster.line import JobProcessGoneError, RemoteCallError
from hurtig.web.handlers.cluster import tail
from hurtig.web.http import Answer, HttpError, Request, Router, accepted, as_json, as_text
from hurtig.web.service import job_of

_NEEDED = ("job_id", "name", "settings", "details", "graph")
_CHANGEABLE = (
    "execution.checkpointing.interval",
    "execution.checkpointing.timeout",
    "execution.checkpointing.min-pause",
    "execution.checkpointing.tolerable-failed-checkpoints",
    "execution.checkpointing.aligned-checkpoint-timeout",
    "execution.checkpointing.unaligned.enabled",
    "execution.checkpointing.unaligned",
)


def register(router: Router) -> None:
    """Add the routes."""
    router.add("POST", "/hurtig/jobs", submit)
    router.add("PATCH", "/hurtig/jobs/:jobid", change_settings)
    router.add("GET", "/hurtig/jobs/:jobid/log", log)
    router.add("DELETE", "/cluster", shut_down)


def submit(request: Request) -> Answer:
    """A serialized job graph (base64) and what its process needs; see ``client.submission``."""
    body = request.json()
    missing = [name for name in _NEEDED if name not in body]
    if missing:
        raise HttpError(400, f"the submission lacks {', '.join(missing)}")
    try:
        graph = base64.b64decode(body["graph"], validate=True)
        job = request.service.dispatcher.submit(body, graph)
    except (ValueError, TypeError, AttributeError, binascii.Error) as e:
        raise HttpError(400, f"the submission cannot be read: {e}") from None
    except ClusterError as e:
        raise HttpError(409, str(e)) from None
    return accepted({"jobid": job.record.job_id})


def change_settings(request: Request) -> Answer:
    """``{key: value}``: takes effect on the running job, and on its next processes."""
    job, settings = job_of(request), request.json()
    fixed = [key for key in settings if key not in _CHANGEABLE]
    if fixed or not settings:
        raise HttpError(
            400,
            f"a running job cannot take {', '.join(fixed) or 'nothing'}; it can change "
            + ", ".join(_CHANGEABLE),
        )
    values = {key: str(value) for key, value in settings.items()}
    try:
        for key, value in values.items():
            known_options()[key].parse(value)
        job.change_settings(values)
    except (ValueError, ProgramError) as e:
        raise HttpError(400, str(e)) from None
    except JobProcessGoneError as e:
        raise HttpError(409, str(e)) from None
    except RemoteCallError as e:
        raise HttpError(500, e.render()) from None
    return as_json({"settings": values})


def log(request: Request) -> Answer:
    """What the job's processes printed; ``offset`` in bytes gives what follows it."""
    offset = request.query.get("offset")
    if offset is not None and not offset.isdigit():
        raise HttpError(400, f"offset must be a number of bytes, got {offset!r}")
    return as_text(tail(job_of(request).directory.log, int(offset) if offset else None))


def shut_down(request: Request) -> Answer:
    """``DELETE /cluster``: the daemon ends; unfinished jobs go on with the next one."""
    os.kill(os.getpid(), signal.SIGTERM)
    return as_json({})
