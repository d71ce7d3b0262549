"""Settings that ask for what this version lacks are not passed over in silence."""

from __future__ import annotations

import pytest

from hurtig.common import RestartStrategies
from hurtig.datastream import StreamExecutionEnvironment, missing_features

CHECKPOINTS = "checkpoints: this version of hurtig takes no checkpoints"
RESTARTS = "restart strategy fixed-delay: this version of hurtig does not restart jobs"


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(missing_features, "_warned", set())


def run(env):
    env.from_collection([1]).add_sink(lambda _: None)
    env.execute()


@pytest.mark.parametrize(
    ("ask", "warning"),
    [
        (lambda env: env.enable_checkpointing(1000), CHECKPOINTS),
        (
            lambda env: env.set_restart_strategy(RestartStrategies.fixed_delay_restart(3, 1)),
            RESTARTS,
        ),
    ],
)
def test_is_said_once(ask, warning, caplog):
    for _ in range(2):
        env = StreamExecutionEnvironment.get_execution_environment()
        ask(env)
        run(env)
    assert sum(warning in message for message in caplog.messages) == 1


def test_nothing_is_said_of_defaults(caplog):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_restart_strategy(RestartStrategies.no_restart())
    env.set_parallelism(1)
    run(env)
    assert not caplog.messages
