from __future__ import annotations

import pytest

from hurtig.deploy.cluster.directory import ClusterError
from hurtig.web.http import HttpError, Request, Router, as_json
from hurtig.web.operations import Operations, failure_cause
from hurtig.web.server import ports


def request(method="GET", target="/", body=b""):
    return Request(None, method, target, {}, body)


@pytest.fixture
def router():
    found = Router()
    found.add("GET", "/a/:x", lambda r: as_json(["one", r.parameters]))
    found.add("GET", "/a/:x/b/:y", lambda r: as_json(["two", r.parameters, r.query]))
    found.add("POST", "/a/:x", lambda r: as_json(r.json()))
    return found


def test_routes(router):
    assert router.answer(request(target="/a/1")).body == b'["one", {"x": "1"}]'
    assert router.answer(request(target="/v1/a/1/")).body == b'["one", {"x": "1"}]'
    found = router.answer(request(target="/a/1%202/b/3?q=4&q=5"))
    assert found.body == b'["two", {"x": "1 2", "y": "3"}, {"q": "5"}]'
    assert router.answer(request("POST", "/a/1", b' {"k": 1}')).body == b'{"k": 1}'
    assert router.answer(request("POST", "/a/1")).body == b"{}"


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [("GET", "/", 404), ("GET", "/a", 404), ("GET", "/a/b/c", 404), ("PATCH", "/a/1", 405)],
)
def test_no_route(router, method, target, code):
    with pytest.raises(HttpError) as e:
        router.answer(request(method, target))
    assert e.value.code == code


def test_operations_run_once_per_id():
    import threading

    go, runs = threading.Event(), []

    def work():
        go.wait(10)
        runs.append(1)
        return {"location": "x"}

    operations = Operations()
    assert operations.begin("g", work, "id") == "id"
    assert operations.begin("g", work, "id") == "id"
    assert operations.status("g", "id") == {"status": {"id": "IN_PROGRESS"}, "operation": None}
    go.set()
    while operations.status("g", "id")["operation"] is None:
        pass
    assert operations.status("g", "id")["operation"] == {"location": "x"}
    assert runs == [1]
    assert operations.status("other", "id") is None


def test_operation_that_fails():
    operations = Operations()

    def work():
        raise ClusterError("because")

    request_id = operations.begin("g", work)
    while (found := operations.status("g", request_id))["operation"] is None:
        pass
    cause = found["operation"]["failure-cause"]
    assert cause == failure_cause(ClusterError("because"))
    assert cause["class"] == "ClusterError"
    assert cause["stack-trace"] == "because"


def test_ports():
    assert ports("8081") == [8081]
    assert ports("8081-8083, 9000") == [8081, 8082, 8083, 9000]
    for wrong in ("x", "1-x", ""):
        with pytest.raises(ClusterError, match="no port"):
            ports(wrong)
