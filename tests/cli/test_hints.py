"""Hints for methods that an object of hurtig does not have."""

from __future__ import annotations

import pytest

from hurtig.cli.hints import attribute_hint
from hurtig.datastream import StreamExecutionEnvironment
from hurtig.datastream.window import GlobalWindows


def _streams():
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1])
    return {
        "env": env,
        "stream": stream,
        "windowed": stream.key_by(lambda v: v).window(GlobalWindows.create()),
        "all": stream.window_all(GlobalWindows.create()),
        "connected": stream.connect(stream),
    }


@pytest.mark.parametrize(
    ("on", "name", "hint"),
    [
        ("stream", "keyBy", "write key_by"),
        ("env", "fromCollection", "write from_collection"),
        ("stream", "window", "window belongs to a KeyedStream: call key_by(...) first"),
        ("stream", "countWindow", "count_window belongs to a KeyedStream: call key_by(...) first"),
        ("windowed", "print", "print belongs to a DataStream: call reduce, aggregate, "),
        ("all", "sink_to", "sink_to belongs to a DataStream: call reduce, aggregate, "),
        ("connected", "print", "print belongs to a DataStream: call map, flat_map or process"),
        ("stream", "flatmap", "did you mean flat_map?"),
        ("stream", "qqq", None),
    ],
)
def test_hint(on, name, hint):
    with pytest.raises(AttributeError) as caught:
        getattr(_streams()[on], name)
    got = attribute_hint(caught.value)
    assert got == hint or (hint and str(got).startswith(hint))


def test_objects_of_others_get_none():
    with pytest.raises(AttributeError) as caught:
        "".keyBy  # noqa: B018
    assert attribute_hint(caught.value) is None
    assert attribute_hint(ValueError("x")) is None


def test_it_stands_below_the_traceback(hurtig_run):
    done = hurtig_run(
        """
        from pyflink.datastream import StreamExecutionEnvironment
        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection([1]).keyBy(lambda v: v).print()
        """
    )
    assert done.stderr.endswith("has no attribute 'keyBy'\n  fix       write key_by\n")
