"""Descriptors and the settings of the time to live."""

import datetime
import pickle

import pytest

from hurtig.common.errors import ProgramError
from hurtig.common.time import Duration, Time
from hurtig.common.typeinfo import Types
from hurtig.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)


def test_types():
    assert ValueStateDescriptor("v", Types.INT()).type_info == Types.INT()
    assert ListStateDescriptor("l", Types.INT()).type_info == Types.LIST(Types.INT())
    mapped = MapStateDescriptor("m", Types.STRING(), Types.INT())
    assert mapped.type_info == Types.MAP(Types.STRING(), Types.INT())
    assert mapped.get_name() == "m"


def test_reduce_functions_and_callables():
    class Max:
        def reduce(self, a, b):
            return max(a, b)

    by_object = ReducingStateDescriptor("r", Max(), Types.INT())
    by_callable = ReducingStateDescriptor("r", max, Types.INT())
    assert by_object.get_reduce_function().reduce(1, 2) == 2
    assert by_callable.get_reduce_function().reduce(1, 2) == 2
    assert pickle.loads(pickle.dumps(by_callable)).get_reduce_function().reduce(3, 2) == 3
    with pytest.raises(TypeError, match=r"'r'.*ReduceFunction"):
        ReducingStateDescriptor("r", 5, Types.INT())
    with pytest.raises(TypeError, match="no method create_accumulator"):
        AggregatingStateDescriptor("a", max, Types.INT())


@pytest.mark.parametrize("name", ["", None, 3])
def test_names(name):
    with pytest.raises(ProgramError, match="name"):
        ValueStateDescriptor(name, Types.INT())


def test_ttl_takes_a_config():
    with pytest.raises(TypeError, match="new_builder"):
        ValueStateDescriptor("v", Types.INT()).enable_time_to_live(Time.seconds(1))


@pytest.mark.parametrize(
    "ttl", [Time.seconds(2), Duration.of_seconds(2), datetime.timedelta(seconds=2)]
)
def test_lengths_of_time(ttl):
    config = StateTtlConfig.new_builder(ttl).build()
    assert config.get_ttl_millis() == 2000
    assert config.get_ttl() is ttl


@pytest.mark.parametrize(("ttl", "words"), [(5, "of_millis"), (Time.seconds(0), "positive")])
def test_bad_lengths_of_time(ttl, words):
    with pytest.raises(ProgramError, match=words):
        StateTtlConfig.new_builder(ttl)


def test_defaults_and_options():
    config = StateTtlConfig.new_builder(Time.seconds(1)).build()
    cleanup = config.get_cleanup_strategies()
    assert config.is_enabled()
    assert str(config.get_update_type()) == "UpdateType.OnCreateAndWrite"
    assert config.get_state_visibility() is StateTtlConfig.StateVisibility.NeverReturnExpired
    assert cleanup.is_cleanup_in_background()
    assert not cleanup.in_full_snapshot()
    assert cleanup.get_incremental_cleanup_strategy().get_cleanup_size() == 5
    compaction = cleanup.get_rocksdb_compact_filter_cleanup_strategy()
    assert compaction.get_query_time_after_num_entries() == 1000
    assert compaction.get_periodic_compaction_time() == Duration.of_days(30)
    config = (
        StateTtlConfig.new_builder(Time.seconds(1))
        .cleanup_full_snapshot()
        .cleanup_incrementally(9, True)
        .disable_cleanup_in_background()
        .update_ttl_on_read_and_write()
        .return_expired_if_not_cleaned_up()
        .use_processing_time()
        .build()
    )
    cleanup = config.get_cleanup_strategies()
    assert cleanup.in_full_snapshot()
    assert cleanup.get_incremental_cleanup_strategy().get_cleanup_size() == 9
    assert cleanup.get_incremental_cleanup_strategy().run_cleanup_for_every_record()
    assert cleanup.get_rocksdb_compact_filter_cleanup_strategy() is None
    again = pickle.loads(pickle.dumps(config))
    assert again.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite
    disabled = StateTtlConfig.new_builder(Time.seconds(1)).set_update_type(
        StateTtlConfig.UpdateType.Disabled
    )
    assert not disabled.build().is_enabled()
