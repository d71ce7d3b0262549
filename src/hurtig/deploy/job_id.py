"""The id of a job: a new one, or the one that its settings say."""

from __future__ import annotations

from collections.abc import Mapping

from hurtig.common.job_id import JobID
from hurtig.graph.executor import JOB_ID_KEY


def job_id_of(settings: Mapping[str, str]) -> JobID:
    """The id of a job that is to start."""
    return JobID(settings.get(JOB_ID_KEY))
