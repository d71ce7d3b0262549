"""Results on their way back to the program."""

from __future__ import annotations

import gc
import pickle

import pytest

from hurtig.common.errors import JobExecutionError
from hurtig.connectors.collection.sink import CollectSink, collect_buffers


def test_a_copy_of_the_sink_fills_the_buffer(write_to):
    sink = CollectSink()
    writer = write_to(pickle.loads(pickle.dumps(sink)))
    writer.write(1, None)
    writer.write("a")
    assert [sink.buffer.popleft() for _ in range(3)] == [1, None, "a"]
    assert not sink.buffer


def test_two_sinks_do_not_share(write_to):
    one, two = CollectSink(), CollectSink()
    write_to(one).write(1)
    assert list(one.buffer) == [1]
    assert not two.buffer


def test_is_full_from_its_capacity_on(write_to):
    sink = CollectSink()
    sink.buffer.capacity = 3
    writer = write_to(sink)
    writer.write(1, 2)
    assert not sink.buffer.full
    writer.write(3)
    assert sink.buffer.full
    sink.buffer.popleft()
    assert not sink.buffer.full


def test_an_unbounded_one_is_never_full(write_to):
    sink = CollectSink(bounded=False)
    write_to(sink).write(*range(100_000))
    assert not sink.buffer.full


def test_a_closed_buffer_takes_nothing(write_to):
    sink = CollectSink()
    writer = write_to(sink)
    writer.write(1)
    sink.buffer.close()
    writer.write(2)
    assert not sink.buffer


def test_the_buffer_goes_with_its_sink(write_to):
    sink = CollectSink()
    key, copy = sink.id, pickle.loads(pickle.dumps(sink))
    assert key in collect_buffers
    del sink
    gc.collect()
    assert key not in collect_buffers
    with pytest.raises(JobExecutionError, match="cannot be collected"):
        write_to(copy)
