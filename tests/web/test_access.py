from __future__ import annotations

import pytest

from hurtig.web.access import Access, is_loopback
from hurtig.web.http import HttpError


def code(access, method="GET", path="/jobs", **headers):
    try:
        access.check(method, path, {"host": "localhost:8081", **headers})
    except HttpError as e:
        return e.code
    return 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("host", False),
        ("", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_on_loopback_only_code_needs_the_token():
    access = Access("t", "127.0.0.1", always=False)
    assert code(access) == 0
    assert code(access, "POST", "/jobs/x/stop") == 0
    for path in ("/hurtig/jobs", "/hurtig/jobs/", "/v1/hurtig/jobs"):
        assert code(access, "POST", path) == 401
        assert code(access, "POST", path, authorization="Bearer t") == 0
    assert code(access, authorization="Bearer wrong") == 403
    assert code(access, authorization="Basic t") == 403


@pytest.mark.parametrize(("host", "always"), [("0.0.0.0", False), ("127.0.0.1", True)])
def test_everything_needs_the_token(host, always):
    access = Access("t", host, always)
    assert code(access) == 401
    assert code(access, authorization="bearer t") == 0
    assert code(access, authorization="Bearer ") == 403


def test_foreign_hosts_and_pages():
    access = Access("t", "127.0.0.1", always=False)
    assert code(access, host="rebound.example:8081") == 403
    assert code(access, host="[::1]:8081") == 0
    assert code(access, "POST", origin="http://evil.example") == 403
    assert code(access, "POST", origin="null") == 403
    assert code(access, "POST", origin="http://localhost:8081") == 0
    assert code(access, "GET", origin="http://evil.example") == 0
