"""Getters and setters of an environment."""

from __future__ import annotations

import datetime
import sys
import warnings

import pytest

from hurtig.common import Configuration, Duration, RestartStrategies
from hurtig.datastream import (
    CheckpointingMode,
    HashMapStateBackend,
    RuntimeExecutionMode,
    SlotSharingGroup,
    StreamExecutionEnvironment,
    TimeCharacteristic,
    environment_settings,
)


@pytest.fixture(autouse=True)
def nothing_was_warned_of(monkeypatch):
    monkeypatch.setattr(environment_settings, "_warned", set())
    monkeypatch.setattr("hurtig.common.execution_config._warned", set())


def test_setters_return_the_environment(env):
    assert (
        env.set_parallelism(3)
        .set_max_parallelism(12)
        .set_runtime_mode(RuntimeExecutionMode.BATCH)
        .set_buffer_timeout(5)
        .disable_operator_chaining()
        .enable_checkpointing(1000)
        .enable_changelog_state_backend(True)
        .set_default_savepoint_directory("file:///savepoints")
        .set_state_backend(HashMapStateBackend())
        .register_slot_sharing_group(SlotSharingGroup.builder("g").build())
        is env
    )


def test_parallelism(env):
    assert (env.get_parallelism(), env.get_max_parallelism()) == (1, -1)
    env.set_parallelism(3).set_max_parallelism(12)
    assert (env.get_parallelism(), env.get_max_parallelism()) == (3, 12)
    env.set_default_local_parallelism(5)
    assert env.get_default_local_parallelism() == env.get_parallelism() == 5
    for wrong in (0, -1, 1 << 16):
        with pytest.raises(ValueError, match=f"from 1 to 32768, got {wrong}"):
            env.set_max_parallelism(wrong)
    assert env.get_max_parallelism() == 12


def test_runtime_mode(env, capsys):
    """BATCH gives only the last sum of a key."""
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    env.from_collection([1, 2, 3]).key_by(lambda v: 0).sum().print()
    env.execute()
    assert capsys.readouterr().out == "6\n"
    with pytest.raises(TypeError, match="takes a RuntimeExecutionMode, got 'BATCH'"):
        env.set_runtime_mode("BATCH")


def test_buffer_timeout(env):
    assert env.get_buffer_timeout() == 100
    for millis in (0, 7, -1, 250):
        assert env.set_buffer_timeout(millis).get_buffer_timeout() == millis
    with pytest.raises(ValueError, match="-1, 0 or positive, got -2"):
        env.set_buffer_timeout(-2)
    configured = Configuration.from_dict({"execution.buffer-timeout.interval": "2 s"})
    env.configure(configured)
    assert env.get_buffer_timeout() == 2000


def test_chaining(env):
    assert env.is_chaining_enabled()
    assert env.is_chaining_of_operators_with_different_max_parallelism_enabled()
    env.disable_operator_chaining()
    assert not env.is_chaining_enabled()
    key = "pipeline.operator-chaining.chain-operators-with-different-max-parallelism"
    env.configure(Configuration.from_dict({key: "false"}))
    assert not env.is_chaining_of_operators_with_different_max_parallelism_enabled()


@pytest.mark.parametrize(
    "interval", [1500, Duration.of_millis(1500), datetime.timedelta(seconds=1.5)]
)
def test_checkpointing(env, interval):
    assert env.get_checkpoint_interval() == -1
    env.enable_checkpointing(interval)
    assert env.get_checkpoint_interval() == 1500
    assert env.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    env.enable_checkpointing(interval, CheckpointingMode.AT_LEAST_ONCE)
    assert env.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert env.get_checkpointing_consistency_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert env.get_checkpoint_config().get_checkpoint_interval() == 1500


def test_unaligned_checkpoints(env):
    env.enable_checkpointing(1000)
    assert not env.is_unaligned_checkpoints_enabled()
    assert not env.is_force_unaligned_checkpoints()
    env.get_checkpoint_config().enable_unaligned_checkpoints().set_force_unaligned_checkpoints(True)
    assert env.is_unaligned_checkpoints_enabled()
    assert env.is_force_unaligned_checkpoints()


def test_a_wrong_interval_names_itself(env):
    with pytest.raises(TypeError, match="interval must be a Duration"):
        env.enable_checkpointing("1 s")


def test_what_is_kept_and_read_back(env):
    assert env.is_changelog_state_backend_enabled() is None
    assert env.enable_changelog_state_backend(False).is_changelog_state_backend_enabled() is False
    assert env.enable_changelog_state_backend(True).is_changelog_state_backend_enabled() is True
    assert env.get_default_savepoint_directory() is None
    env.set_default_savepoint_directory("s3://bucket/savepoints")
    assert env.get_default_savepoint_directory() == "s3://bucket/savepoints"
    assert env.get_state_backend() is None
    backend = HashMapStateBackend()
    assert env.set_state_backend(backend).get_state_backend() is backend
    assert env.get_stream_time_characteristic() is TimeCharacteristic.EventTime
    env.set_stream_time_characteristic(TimeCharacteristic.ProcessingTime)
    assert env.get_stream_time_characteristic() is TimeCharacteristic.ProcessingTime


def test_restart_strategy(env):
    strategy = RestartStrategies.fixed_delay_restart(3, 1000)
    env.set_restart_strategy(strategy)
    assert env.get_restart_strategy() == strategy
    assert env.get_config().get_restart_strategy() == strategy


def test_environments_share_nothing(env):
    env.set_parallelism(3).set_default_savepoint_directory("x").disable_operator_chaining()
    other = StreamExecutionEnvironment.get_execution_environment()
    assert other.get_parallelism() == 1
    assert other.get_default_savepoint_directory() is None
    assert other.is_chaining_enabled()


@pytest.mark.parametrize(
    ("call", "about"),
    [
        (lambda env: env.add_jars("file:///a.jar"), "add_jars"),
        (lambda env: env.add_classpaths("file:///a.jar"), "add_classpaths"),
        (lambda env: env.set_python_executable("/no/python"), "set_python_executable"),
        (lambda env: env.add_default_kryo_serializer("a", "b"), "add_default_kryo_serializer"),
        (
            lambda env: env.register_type_with_kryo_serializer("a", "b"),
            "register_type_with_kryo_serializer",
        ),
        (lambda env: env.register_type("a"), "register_kryo_type"),
    ],
)
def test_calls_without_effect_say_so_once(env, call, about):
    with pytest.warns(UserWarning, match=about) as caught:
        [call(env) for _ in range(2)]
    assert len(caught) == 1


def test_a_warning_is_at_the_line_of_the_program(env):
    with pytest.warns(UserWarning, match="has no JVM") as caught:
        env.add_jars("file:///a.jar")
    assert caught[0].filename == __file__


def test_this_interpreter_is_fine(env):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env.set_python_executable(sys.executable)
        env.register_cached_file("/data/words.txt", "words")
