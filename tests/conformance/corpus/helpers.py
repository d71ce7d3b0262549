"""What many programs share. Pauses are long only where a JVM has to start first."""

import os
import time

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import MapFunction
from pyflink.datastream.functions import (
    AggregateFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)

WARM_UP = float(os.environ.get("CONFORMANCE_WARM_UP", "0"))
STR, INT, LONG, DOUBLE = Types.STRING(), Types.INT(), Types.LONG(), Types.DOUBLE()
KEYED = Types.TUPLE([STR, LONG])
TIMED = Types.TUPLE([STR, LONG, LONG])


def first(value):
    return value[0]


class Second(TimestampAssigner):
    """The event time is the second field, in milliseconds."""

    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Pace(MapFunction):
    """Slow enough that a watermark follows every element."""

    def __init__(self, pause=0.03):
        self.pause, self.warm_up = pause, WARM_UP

    def map(self, value):
        time.sleep(self.pause + self.warm_up)
        self.warm_up = 0
        return value


class PauseBy(MapFunction):
    """Sleeps for the element's last field, in seconds, before it passes."""

    def __init__(self):
        self.warm_up = WARM_UP

    def map(self, value):
        time.sleep(value[-1] + self.warm_up)
        self.warm_up = 0
        return value


def timed(stream, delay=0):
    """Event time; the elements reach the operators before any watermark but the last."""
    return stream.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_bounded_out_of_orderness(
            Duration.of_millis(delay)
        ).with_timestamp_assigner(Second())
    )


def from_timed(env, data, type_info=KEYED):
    """One source of event time, so that each key's elements keep their order."""
    return timed(env.from_collection(data, type_info=type_info), 1_000_000).set_parallelism(1)


def by_key(env, data, type_info=KEYED):
    """``from_timed`` keyed by the first field."""
    return from_timed(env, data, type_info).key_by(first, STR)


def paced(env, data, type_info=KEYED, delay=0):
    """Elements one by one, each followed by the watermark ``max - delay - 1``."""
    env.get_config().set_auto_watermark_interval(1)
    slow = env.from_collection(data, type_info=type_info).rebalance().map(Pace(), type_info)
    return timed(slow, delay)


class Show(ProcessWindowFunction):
    """Key, window and elements as text."""

    def process(self, key, context, elements):
        window = context.window()
        yield f"{key} {window.start}..{window.end} {list(elements)}"


class ShowAll(ProcessAllWindowFunction):
    def process(self, context, elements):
        window = context.window()
        yield f"{window.start}..{window.end} {list(elements)}"


class Mean(AggregateFunction):
    """The mean of the second field."""

    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[1], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]
