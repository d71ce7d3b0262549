"""CheckpointConfig and the configuration behind it are one thing."""

from __future__ import annotations

import datetime

import pytest

from hurtig.common.configuration import Configuration
from hurtig.common.options import warn_unknown_keys
from hurtig.common.time import Duration, Time
from hurtig.datastream.checkpoint_config import CheckpointConfig, ExternalizedCheckpointCleanup
from hurtig.datastream.checkpoint_storage import (
    FileSystemCheckpointStorage,
    JobManagerCheckpointStorage,
)
from hurtig.datastream.checkpointing_mode import CheckpointingMode
from hurtig.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

PREFIX = "execution.checkpointing."


@pytest.fixture
def configuration():
    return Configuration()


@pytest.fixture
def config(configuration):
    return CheckpointConfig(configuration)


def test_defaults(config, configuration):
    assert not config.is_checkpointing_enabled()
    assert config.get_checkpoint_interval() == -1
    # As Flink 2 answers while checkpoints are off.
    assert config.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    assert config.get_checkpoint_timeout() == CheckpointConfig.DEFAULT_TIMEOUT == 600_000
    assert config.get_min_pause_between_checkpoints() == 0
    assert config.get_max_concurrent_checkpoints() == 1
    assert config.get_tolerable_checkpoint_failure_number() == 0
    assert config.is_fail_on_checkpointing_errors()
    assert not config.is_externalized_checkpoints_enabled()
    assert not config.is_unaligned_checkpoints_enabled()
    assert not config.is_force_unaligned_checkpoints()
    assert config.get_aligned_checkpoint_timeout() == Duration.of_millis(0)
    assert config.get_checkpoint_storage() is None
    assert configuration.key_set() == set()


def test_setters_write_the_keys_of_flink_and_return_the_config(config, configuration):
    chained = (
        config.set_checkpoint_interval(1000)
        .set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
        .set_checkpoint_timeout(2000)
        .set_min_pause_between_checkpoints(500)
        .set_max_concurrent_checkpoints(3)
        .set_tolerable_checkpoint_failure_number(4)
        .set_externalized_checkpoint_retention(
            ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
        )
        .enable_unaligned_checkpoints()
        .set_aligned_checkpoint_timeout(Duration.of_seconds(3))
        .set_force_unaligned_checkpoints()
        .set_checkpoint_storage("s3://bucket/checkpoints")
    )
    assert chained is config
    assert configuration.to_dict() == {
        f"{PREFIX}interval": "1000 ms",
        f"{PREFIX}mode": "AT_LEAST_ONCE",
        f"{PREFIX}timeout": "2000 ms",
        f"{PREFIX}min-pause": "500 ms",
        f"{PREFIX}max-concurrent-checkpoints": "3",
        f"{PREFIX}tolerable-failed-checkpoints": "4",
        f"{PREFIX}externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        f"{PREFIX}unaligned.enabled": "true",
        f"{PREFIX}aligned-checkpoint-timeout": "3000 ms",
        f"{PREFIX}unaligned.forced": "true",
        f"{PREFIX}storage": "filesystem",
        f"{PREFIX}dir": "s3://bucket/checkpoints",
    }
    assert warn_unknown_keys(configuration) == []


def test_getters_read_what_the_setters_wrote(config, configuration):
    config.set_checkpoint_interval(1000).set_checkpointing_mode(CheckpointingMode.EXACTLY_ONCE)
    config.set_checkpoint_timeout(2000).set_min_pause_between_checkpoints(500)
    config.set_max_concurrent_checkpoints(3).set_tolerable_checkpoint_failure_number(4)
    config.set_alignment_timeout(7)
    other = CheckpointConfig(configuration)
    assert other.is_checkpointing_enabled()
    assert other.get_checkpoint_interval() == 1000
    assert other.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    assert other.get_checkpoint_timeout() == 2000
    assert other.get_min_pause_between_checkpoints() == 500
    assert other.get_max_concurrent_checkpoints() == 3
    assert other.get_tolerable_checkpoint_failure_number() == 4
    assert other.get_alignment_timeout() == Duration.of_millis(7)


def test_keys_given_as_text_are_read(config, configuration):
    configuration.set_string(f"{PREFIX}interval", "3 min")
    assert config.get_checkpoint_interval() == 180_000
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    configuration.set_string(f"{PREFIX}mode", "at-least-once")
    assert config.get_checkpointing_mode() is CheckpointingMode.AT_LEAST_ONCE
    configuration.set_string(f"{PREFIX}timeout", "15 s")
    assert config.get_checkpoint_timeout() == 15_000
    configuration.set_string(f"{PREFIX}externalized-checkpoint-retention", "DELETE_ON_CANCELLATION")
    assert (
        config.get_externalized_checkpoint_retention()
        is ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION
    )


def test_older_keys_are_read(config, configuration):
    configuration.set_string(f"{PREFIX}interval", "1 s")
    configuration.set_string(f"{PREFIX}unaligned", "true")
    configuration.set_string(f"{PREFIX}alignment-timeout", "4 s")
    configuration.set_string("state.checkpoints.dir", "s3://bucket/checkpoints")
    configuration.set_string("state.savepoints.dir", "s3://bucket/savepoints")
    assert config.is_unaligned_checkpoints_enabled()
    assert config.get_aligned_checkpoint_timeout() == Duration.of_seconds(4)
    storage = config.get_checkpoint_storage()
    assert isinstance(storage, FileSystemCheckpointStorage)
    assert storage.get_checkpoint_path() == "s3://bucket/checkpoints"
    assert storage.get_savepoint_path() == "s3://bucket/savepoints"


@pytest.mark.parametrize(
    "length",
    [1500, Duration.of_millis(1500), Time.milliseconds(1500), datetime.timedelta(seconds=1.5)],
)
def test_a_length_of_time_comes_in_any_form(config, length):
    config.set_checkpoint_interval(length).set_checkpoint_timeout(length)
    config.set_min_pause_between_checkpoints(length).set_aligned_checkpoint_timeout(length)
    assert config.get_checkpoint_interval() == 1500
    assert config.get_checkpoint_timeout() == 1500
    assert config.get_min_pause_between_checkpoints() == 1500
    assert config.get_aligned_checkpoint_timeout().to_millis() == 1500


@pytest.mark.parametrize(
    ("setter", "bad", "good"),
    [
        ("set_checkpoint_interval", 0, 10),
        ("set_checkpoint_interval", 9, 10),
        ("set_checkpoint_interval", -1, 10),
        ("set_checkpoint_timeout", 9, 10),
        ("set_min_pause_between_checkpoints", -1, 0),
        ("set_max_concurrent_checkpoints", 0, 1),
        ("set_tolerable_checkpoint_failure_number", -1, 0),
        ("set_aligned_checkpoint_timeout", Duration.of_millis(-1), Duration.of_millis(0)),
        ("set_checkpointing_mode", "TWICE", CheckpointingMode.EXACTLY_ONCE),
        (
            "set_checkpointing_mode",
            ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION,
            CheckpointingMode.AT_LEAST_ONCE,
        ),
        ("set_checkpointing_mode", None, CheckpointingMode.EXACTLY_ONCE),
        (
            "set_externalized_checkpoint_retention",
            CheckpointingMode.EXACTLY_ONCE,
            ExternalizedCheckpointRetention.DELETE_ON_CANCELLATION,
        ),
        ("set_checkpoint_storage", "/", "/checkpoints"),
        ("set_checkpoint_storage", "", "/checkpoints"),
    ],
)
def test_what_flink_refuses_is_refused_and_changes_nothing(
    config, configuration, setter, bad, good
):
    with pytest.raises(ValueError):
        getattr(config, setter)(bad)
    assert configuration.key_set() == set()
    getattr(config, setter)(good)
    assert configuration.key_set() != set()


@pytest.mark.parametrize(
    ("setter", "bad"),
    [
        ("set_checkpoint_interval", "1 s"),
        ("set_max_concurrent_checkpoints", 1.5),
        ("set_max_concurrent_checkpoints", True),
        ("set_checkpoint_storage", 3),
    ],
)
def test_a_wrong_type_is_named(config, setter, bad):
    with pytest.raises(TypeError, match=type(bad).__name__):
        getattr(config, setter)(bad)


def test_failing_on_errors_is_tolerating_none(config):
    config.set_fail_on_checkpointing_errors(False)
    assert config.get_tolerable_checkpoint_failure_number() == 2**31 - 1
    assert not config.is_fail_on_checkpointing_errors()
    config.set_fail_on_checkpointing_errors(True)
    assert config.get_tolerable_checkpoint_failure_number() == 0
    assert config.is_fail_on_checkpointing_errors()


def test_unaligned_only_where_exactly_once_is_in_effect(config):
    config.enable_unaligned_checkpoints()
    assert not config.is_unaligned_checkpoints_enabled()
    config.set_checkpoint_interval(100)
    assert config.is_unaligned_checkpoints_enabled()
    config.set_checkpointing_mode(CheckpointingMode.AT_LEAST_ONCE)
    assert not config.is_unaligned_checkpoints_enabled()
    config.set_checkpointing_mode(CheckpointingMode.EXACTLY_ONCE).disable_unaligned_checkpoints()
    assert not config.is_unaligned_checkpoints_enabled()


@pytest.mark.parametrize(
    "setter",
    [
        "enable_externalized_checkpoints",
        "set_externalized_checkpoint_cleanup",
        "set_externalized_checkpoint_retention",
    ],
)
def test_older_names_of_retention(config, setter):
    getattr(config, setter)(ExternalizedCheckpointCleanup.RETAIN_ON_CANCELLATION)
    assert config.is_externalized_checkpoints_enabled()
    assert (
        config.get_externalized_checkpoint_cleanup()
        is config.get_externalized_checkpoint_retention()
        is ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION
    )
    getattr(config, setter)(ExternalizedCheckpointCleanup.NO_EXTERNALIZED_CHECKPOINTS)
    assert not config.is_externalized_checkpoints_enabled()


def test_storage_is_a_string_a_path_or_an_object(config, tmp_path):
    config.set_checkpoint_storage("hdfs://namenode:8020/flink/checkpoints")
    storage = config.get_checkpoint_storage()
    assert storage == FileSystemCheckpointStorage("hdfs://namenode:8020/flink/checkpoints")
    config.set_checkpoint_storage_dir(tmp_path)
    assert config.get_checkpoint_storage() == FileSystemCheckpointStorage(str(tmp_path))
    config.set_checkpoint_storage(JobManagerCheckpointStorage(max_state_size=7))
    storage = config.get_checkpoint_storage()
    assert isinstance(storage, JobManagerCheckpointStorage)
    assert storage.get_max_state_size() == 7


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{PREFIX}interval", "5 ms"),
        (f"{PREFIX}timeout", "9 ms"),
        (f"{PREFIX}max-concurrent-checkpoints", "0"),
        (f"{PREFIX}tolerable-failed-checkpoints", "-2"),
        (f"{PREFIX}mode", "TWICE"),
        (f"{PREFIX}externalized-checkpoint-retention", "SOMETIMES"),
        (f"{PREFIX}min-pause", "soon"),
        (f"{PREFIX}storage", "filesystem"),
    ],
)
def test_validate_names_the_key_that_is_wrong(config, configuration, key, value):
    configuration.set_string(key, value)
    with pytest.raises(ValueError, match=key):
        config.validate()


def test_validate_takes_what_is_right(config, configuration):
    config.validate()
    configuration.set_string(f"{PREFIX}interval", "0 ms")
    config.validate()
    assert not config.is_checkpointing_enabled()
    config.set_checkpoint_interval(10).set_checkpoint_storage("/checkpoints").validate()
