"""Jobs that fail and go on, with state in RocksDB."""

import time
from collections import Counter

import pytest

from hurtig.common import Configuration, Types, WatermarkStrategy
from hurtig.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from hurtig.datastream.connectors.number_seq import NumberSequenceSource
from hurtig.datastream.state import MapStateDescriptor, ValueStateDescriptor

RECORDS, KEYS = 4000, 40
FAIL_AT = (1500, 3800)

_told = []
_failed = set()
_first = []


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))
        self.seen = runtime_context.get_map_state(MapStateDescriptor("seen"))

    def process_element(self, value, ctx):
        if value in FAIL_AT and value not in _failed:
            _failed.add(value)
            raise RuntimeError(f"fails at {value}")
        if value == 0:
            _first.append(value)
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        self.seen.put(value, True)
        ctx.timer_service().register_event_time_timer(10**6 + value)
        assert len(list(self.seen.keys())) == count

    def on_timer(self, timestamp, ctx):
        _told.append((ctx.get_current_key(), timestamp - 10**6, self.count.value()))
        yield timestamp


def slowly(value):
    if value % 10 == 0:
        time.sleep(0.001)  # or all is read before the first barrier
    return value


@pytest.fixture(autouse=True)
def nothing_told():
    _told.clear()
    _failed.clear()
    _first.clear()


def run(tmp_path, parallelism, **settings):
    configuration = Configuration()
    given = {
        "state.backend.type": "rocksdb",
        "state.backend.rocksdb.localdir": str(tmp_path / "local"),
        "hurtig.rocksdb.cache-entries": "50",
        "hurtig.rocksdb.timers-in-memory": "100",
        "execution.target": "local",
        "execution.checkpointing.interval": "50 ms",
        "execution.checkpointing.dir": f"file://{tmp_path}/checkpoints",
        "execution.checkpointing.incremental": "true",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "5",
        "restart-strategy.fixed-delay.delay": "1 ms",
    } | settings
    for key, value in given.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    numbers = NumberSequenceSource(0, RECORDS - 1)
    stream = env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers")
    keyed = stream.map(slowly).key_by(lambda v: v % KEYS)
    keyed.process(Count(), Types.LONG()).print()
    env.execute()


@pytest.mark.parametrize("parallelism", [1, 2])
@pytest.mark.parametrize("incremental", ["true", "false"])
def test_state_and_timers_survive_failures(tmp_path, parallelism, incremental, capsys):
    run(tmp_path, parallelism, **{"execution.checkpointing.incremental": incremental})
    assert _failed == set(FAIL_AT)
    assert len(_first) == 1  # it went on from a checkpoint
    each = RECORDS // KEYS
    # What fired before a failure may fire again; state never counts a record twice.
    assert {(key, count) for key, _, count in _told} == {(key, each) for key in range(KEYS)}
    assert set(Counter(number for _, number, _ in _told)) == set(range(RECORDS))
    left = [p for p in (tmp_path / "local").glob("*/*") if p.is_dir()]
    assert left == []


def test_files_that_are_still_here_are_not_read_from_the_storage(tmp_path, monkeypatch):
    from hurtig.checkpoint import restore

    taken = []
    take = restore._take_local
    monkeypatch.setattr(
        restore, "_take_local", lambda *args: taken.append(take(*args)) or taken[-1]
    )
    run(tmp_path, 1, **{"execution.state-recovery.from-local": "true"})
    assert len(_first) == 1
    assert taken
    assert all(taken)


def test_a_failed_job_leaves_no_folder(tmp_path):
    with pytest.raises(Exception, match="fails at"):
        run(tmp_path, 1, **{"restart-strategy.type": "none"})
    assert [p for p in (tmp_path / "local").glob("*/*") if p.is_dir()] == []
