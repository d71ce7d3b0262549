"""``hurtig run``: where jobs run and from what they start, as settings."""

from __future__ import annotations

import pytest

CONFIGURATION = "from hurtig.common.global_configuration import defaults; print(defaults())"
RECOVERY = "execution.state-recovery"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-d"], {"execution.target": "remote", "execution.attached": "false"}),
        (["-t", "local"], {"execution.target": "local"}),
        (["-t", "remote"], {"execution.target": "remote", "execution.attached": "true"}),
        (
            ["-m", "host:1", "-sae"],
            {
                "execution.target": "remote",
                "rest.address": "host",
                "rest.port": "1",
                "execution.shutdown-on-attached-exit": "true",
                "execution.attached": "true",
            },
        ),
        (
            ["-d", "-m", "host"],
            {
                "execution.target": "remote",
                "rest.address": "host",
                "rest.port": "8081",
                "execution.attached": "false",
            },
        ),
        (["-s", "/sp"], {f"{RECOVERY}.path": "/sp"}),
        (
            ["--fromSavepoint", "/sp", "-n", "-claimMode", "claim"],
            {
                f"{RECOVERY}.path": "/sp",
                f"{RECOVERY}.ignore-unclaimed-state": "true",
                f"{RECOVERY}.claim-mode": "CLAIM",
            },
        ),
        (
            ["-s", "/sp", "--allow-non-restored-state", "--restoreMode=NO_CLAIM"],
            {
                f"{RECOVERY}.path": "/sp",
                f"{RECOVERY}.ignore-unclaimed-state": "true",
                f"{RECOVERY}.claim-mode": "NO_CLAIM",
            },
        ),
    ],
)
def test_options_become_settings(hurtig_run, options, expected):
    done = hurtig_run(CONFIGURATION, *options)
    assert done.stdout == f"{expected}\n", done.stderr
