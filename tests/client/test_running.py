from __future__ import annotations

import pytest

from hurtig.client import running


class Job:
    name = "job"

    def metrics(self):
        return {"records_in": 0, "records_out": 0, "watermark": None, "late": 0}


@pytest.fixture
def job():
    job = Job()
    running.register(job)
    yield job
    running.unregister(job)


def test_registered_until_unregistered(job):
    assert job in running.jobs()
    running.unregister(job)
    assert job not in running.jobs()


def test_unregister_twice_does_nothing(job):
    running.unregister(job)
    running.unregister(job)
    assert job not in running.jobs()


def test_jobs_is_a_copy(job):
    running.jobs().clear()
    assert job in running.jobs()
