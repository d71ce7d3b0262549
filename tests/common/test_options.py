from __future__ import annotations

import logging

import pytest

from hurtig.common import Configuration
from hurtig.common.errors import ProgramError
from hurtig.common.options import (
    check_values,
    closest_key,
    is_known,
    known_options,
    option,
    warn_unknown_keys,
)


def test_every_default_is_a_value_of_its_option() -> None:
    for known in known_options().values():
        assert known.description
        if known.default is not None:
            assert known.parse(known.default) == known.default


def test_older_keys_lead_to_the_option_of_today() -> None:
    assert option("state.checkpoints.dir").key == "execution.checkpointing.dir"
    assert option("restart-strategy").key == "restart-strategy.type"
    assert Configuration.from_dict({"state.backend": "rocksdb"}).get(
        option("state.backend.type")
    ) == ("rocksdb")


@pytest.mark.parametrize(
    "key",
    [
        "metrics.reporter.prom.port",
        "s3.access-key",
        "kubernetes.cluster-id",
        "env.java.opts",
        "rest.url-prefix",
        "python.fn-execution.bundle.size",
        "table.exec.mini-batch.size",
        "high-availability.zookeeper.quorum",
    ],
)
def test_known(key: str) -> None:
    assert is_known(key)


def test_unknown_keys_are_warned_about_once_with_the_closest_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    configuration = Configuration.from_dict(
        {"paralelism.default": "2", "parallelism.default": "2", "entirely.unheard.of": "1"}
    )
    with caplog.at_level(logging.WARNING, "hurtig.configuration"):
        unknown = warn_unknown_keys(configuration)
        assert warn_unknown_keys(configuration.to_dict()) == unknown
    assert unknown == ["entirely.unheard.of", "paralelism.default"]
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        "unknown configuration key entirely.unheard.of: it has no effect",
        "unknown configuration key paralelism.default: did you mean parallelism.default?",
    ]


def test_unknown_option() -> None:
    assert closest_key("execution.checkpointing.intervall") == "execution.checkpointing.interval"
    with pytest.raises(KeyError, match=r"did you mean rest\.port"):
        option("rest.prt")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("execution.runtime-mode", "BATHC", "'BATHC' is none of STREAMING, BATCH, AUTOMATIC"),
        ("pipeline.operator-chaining", "maybe", "'maybe' is not a boolean"),
        ("execution.checkpointing.interval", "5x", "'5x' is not a length of time"),
    ],
)
def test_values_that_do_not_fit_their_key(key: str, value: str, message: str) -> None:
    with pytest.raises(ProgramError, match=f"option .*: {message}"):
        check_values(Configuration.from_dict({key: value}))


def test_values_that_fit_and_keys_of_others() -> None:
    check_values(
        Configuration.from_dict(
            {"execution.runtime-mode": "batch", "s3.access-key": "x", "my.own": "y"}
        )
    )
