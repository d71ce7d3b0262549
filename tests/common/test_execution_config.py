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


@pytest.mark.parametrize(
    ("on", "off", "read", "initially"),
    [
        ("enable_force_kryo", "disable_force_kryo", "is_force_kryo_enabled", False),
        ("enable_force_avro", "disable_force_avro", "is_force_avro_enabled", False),
        ("enable_object_reuse", "disable_object_reuse", "is_object_reuse_enabled", False),
        ("enable_closure_cleaner", "disable_closure_cleaner", "is_closure_cleaner_enabled", True),
        ("disable_generic_types", "enable_generic_types", "has_generic_types_disabled", False),
        (
            "enable_auto_generated_uids",
            "disable_auto_generated_uids",
            "has_auto_generated_uids_enabled",
            True,
        ),
    ],
)
def test_switches(on: str, off: str, read: str, initially: bool) -> None:
    config = ExecutionConfig()
    assert getattr(config, read)() is initially
    for switch, state in ((on, True), (off, False), (on, True)):
        assert getattr(config, switch)() is config
        assert getattr(config, read)() is state


def test_auto_type_registration() -> None:
    config = ExecutionConfig()
    assert not config.is_auto_type_registration_disabled()
    assert config.disable_auto_type_registration().is_auto_type_registration_disabled()


@pytest.mark.parametrize(
    "name",
    [
        "auto_watermark_interval",
        "latency_tracking_interval",
        "task_cancellation_interval",
        "task_cancellation_timeout",
    ],
)
def test_lengths_of_time(name: str) -> None:
    config = ExecutionConfig()
    write, read = getattr(config, f"set_{name}"), getattr(config, f"get_{name}")
    for length, millis in ((0, 0), (7, 7), (Duration.of_seconds(2), 2000)):
        assert write(length) is config
        assert read() == millis
    text = name.replace("_", " ")
    with pytest.raises(ValueError, match=f"the {text} must not be negative, got -1"):
        write(-1)
    with pytest.raises(TypeError, match=f"the {text} must be a Duration"):
        write("1 s")
    assert read() == 2000


def test_parallelism_is_a_whole_number_within_its_range() -> None:
    config = ExecutionConfig().set_parallelism(2).set_max_parallelism(1 << 15)
    for wrong in ("3", 2.5, True, None):
        with pytest.raises(TypeError, match="the parallelism must be an int"):
            config.set_parallelism(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="the max parallelism must be an int"):
            config.set_max_parallelism(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="from 1 to 32768, got 32769"):
        config.set_max_parallelism((1 << 15) + 1)
    assert (config.get_parallelism(), config.get_max_parallelism()) == (2, 1 << 15)


def test_kept_and_read_back() -> None:
    config = ExecutionConfig()
    assert (
        config.set_execution_mode(ExecutionMode.BATCH).get_execution_mode() is ExecutionMode.BATCH
    )
    config.set_default_input_dependency_constraint(InputDependencyConstraint.ALL)
    assert config.get_default_input_dependency_constraint() is InputDependencyConstraint.ALL


@pytest.mark.filterwarnings("ignore:ExecutionConfig")
def test_what_concerns_java_is_read_back() -> None:
    config = ExecutionConfig()
    config.add_default_kryo_serializer("A", "SA").register_type_with_kryo_serializer("B", "SB")
    config.register_pojo_type("C").register_kryo_type("D")
    assert config.get_default_kryo_serializer_classes() == {"A": "SA"}
    assert config.get_registered_types_with_kryo_serializer_classes() == {"B": "SB"}
    assert config.get_registered_pojo_types() == ["C"]
    assert config.get_registered_kryo_types() == ["D"]


def test_equal_configs_hash_alike() -> None:
    first, second = (ExecutionConfig().set_parallelism(2).enable_object_reuse() for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    second.set_restart_strategy(RestartStrategies.no_restart())
    assert first != second
    assert first != "config"


def test_serializers_of_a_class_with_the_same_settings_are_equal() -> None:
    class Fixed(VoidNamespaceSerializer):
        def __init__(self, size: int) -> None:
            self.size = size

    assert Fixed(1) == Fixed(1)
    assert hash(Fixed(1)) == hash(Fixed(1))
    assert Fixed(1) != Fixed(2)
    assert Fixed(1) != VoidNamespaceSerializer()
    assert repr(Fixed(1)) == "Fixed"
