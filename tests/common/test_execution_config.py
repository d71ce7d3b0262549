from __future__ import annotations

import datetime
import io

import pytest

from hurtig.common import (
    Configuration,
    Duration,
    ExecutionConfig,
    ExecutionMode,
    InputDependencyConstraint,
    RestartStrategies,
)
from hurtig.common import execution_config as module
from hurtig.common.errors import ProgramError
from hurtig.common.serializer import VoidNamespaceSerializer


def test_defaults() -> None:
    config = ExecutionConfig()
    assert config.get_auto_watermark_interval() == 200
    assert config.get_latency_tracking_interval() == 0
    assert config.get_parallelism() == 1
    assert config.get_max_parallelism() == -1
    assert config.get_task_cancellation_interval() == 30_000
    assert config.get_task_cancellation_timeout() == 180_000
    assert config.is_closure_cleaner_enabled()
    assert config.has_auto_generated_uids_enabled()
    assert not config.has_generic_types_disabled()
    assert not config.is_object_reuse_enabled()
    assert not config.is_use_snapshot_compression()
    assert config.get_global_job_parameters() == {}
    assert config.get_execution_mode() is ExecutionMode.PIPELINED
    assert config.get_default_input_dependency_constraint() is InputDependencyConstraint.ANY


def test_setters_chain_and_write_flinks_keys() -> None:
    configuration = Configuration()
    config = ExecutionConfig(configuration)
    chained = (
        config.set_auto_watermark_interval(5)
        .set_latency_tracking_interval(7)
        .set_parallelism(3)
        .set_max_parallelism(8)
        .set_task_cancellation_interval(9)
        .set_task_cancellation_timeout(10)
        .enable_object_reuse()
        .disable_closure_cleaner()
        .disable_generic_types()
        .disable_auto_generated_uids()
        .set_use_snapshot_compression(True)
        .set_global_job_parameters({"a": "1,2:3"})
    )
    assert chained is config
    assert config.get_auto_watermark_interval() == 5
    assert config.get_latency_tracking_interval() == 7
    assert config.get_parallelism() == 3
    assert config.get_max_parallelism() == 8
    assert not config.is_closure_cleaner_enabled()
    assert config.has_generic_types_disabled()
    assert not config.has_auto_generated_uids_enabled()
    assert config.get_global_job_parameters() == {"a": "1,2:3"}
    written = configuration.to_dict()
    assert written["pipeline.auto-watermark-interval"] == "5 ms"
    assert written["parallelism.default"] == "3"
    again = ExecutionConfig(Configuration.from_dict(written))
    assert again.get_global_job_parameters() == {"a": "1,2:3"}
    assert again.get_task_cancellation_timeout() == 10


def test_parallelism() -> None:
    config = ExecutionConfig().set_parallelism(4)
    assert config.set_parallelism(ExecutionConfig.PARALLELISM_DEFAULT).get_parallelism() == 1
    for wrong in (0, -2):
        with pytest.raises(ValueError, match="at least 1"):
            config.set_parallelism(wrong)
    with pytest.raises(ValueError, match="max parallelism"):
        config.set_max_parallelism(0)
    with pytest.raises(ValueError, match="negative"):
        config.set_auto_watermark_interval(-1)


def test_restart_strategy_becomes_settings() -> None:
    config = ExecutionConfig()
    assert config.get_restart_strategy() == RestartStrategies.fall_back_restart()
    strategy = RestartStrategies.fixed_delay_restart(3, Duration.of_seconds(1))
    config.set_restart_strategy(strategy)
    assert config.get_restart_strategy() is strategy
    assert config._configuration.to_dict() == {
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "3",
        "restart-strategy.fixed-delay.delay": "1000 ms",
    }


def test_restart_strategies() -> None:
    fixed = RestartStrategies.fixed_delay_restart(3, 1000)
    assert fixed.get_restart_attempts() == 3
    assert fixed.get_delay_between_attempts_interval() == datetime.timedelta(seconds=1)
    assert fixed == RestartStrategies.fixed_delay_restart(3, datetime.timedelta(seconds=1))
    assert fixed != RestartStrategies.fixed_delay_restart(4, 1000)
    rate = RestartStrategies.failure_rate_restart(2, 5000, 10)
    assert rate.get_max_failure_rate() == 2
    assert rate.get_failure_interval() == datetime.timedelta(seconds=5)
    assert rate.get_delay_between_attempts_interval() == datetime.timedelta(milliseconds=10)
    assert "5000 ms" in rate.get_description()
    assert RestartStrategies.no_restart() == RestartStrategies.no_restart()
    assert RestartStrategies.no_restart() != RestartStrategies.fall_back_restart()
    with pytest.raises(ValueError, match="negative"):
        RestartStrategies.fixed_delay_restart(-1, 0)
    with pytest.raises(ValueError, match="positive"):
        RestartStrategies.failure_rate_restart(0, 1, 1)


def test_java_serialization_warns_once_and_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_warned", set())
    config = ExecutionConfig()
    with pytest.warns(UserWarning, match="no effect"):
        config.register_kryo_type("a.B")
    config.register_kryo_type("a.C")  # would fail the test if it warned again
    assert config.get_registered_kryo_types() == ["a.B", "a.C"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("parallelism.default", "0", "at least 1, got 0"),
        ("parallelism.default", "-4", "at least 1, got -4"),
        ("pipeline.max-parallelism", "0", "from 1 to 32768, got 0"),
        ("pipeline.max-parallelism", "40000", "from 1 to 32768, got 40000"),
    ],
)
def test_parallelism_of_a_configuration_in_its_range(key: str, value: str, message: str) -> None:
    config = ExecutionConfig(Configuration.from_dict({key: value}))
    with pytest.raises(ProgramError, match=f"option {key}: must be {message}"):
        (config.get_parallelism(), config.get_max_parallelism())


def test_parallelism_minus_one_is_the_default() -> None:
    config = ExecutionConfig(Configuration.from_dict({"parallelism.default": "-1"}))
    assert config.get_parallelism() == 1


def test_equality() -> None:
    assert ExecutionConfig().set_parallelism(2) == ExecutionConfig().set_parallelism(2)
    assert ExecutionConfig().set_parallelism(2) != ExecutionConfig()


def test_void_namespace() -> None:
    stream = io.BytesIO()
    serializer = VoidNamespaceSerializer()
    serializer.serialize(None, stream)
    assert stream.getvalue() == b"\0"
    stream.seek(0)
    assert serializer.deserialize(stream) is None
    assert serializer == VoidNamespaceSerializer()
