"""The program that the soak runs: windows and a keyed process function, into file sinks."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from pyflink.common import Duration, Encoder, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    FileSink,
    FileSource,
    RollingPolicy,
    StreamFormat,
)
from pyflink.datastream.functions import (
    KeyedProcessFunction,
    MapFunction,
    ProcessWindowFunction,
)
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

from hurtig.connectors.datagen.rate_limiter import RateLimiterStrategy
from hurtig.connectors.datagen.source import DataGeneratorSource
from soak import records

RECORD = Types.TUPLE([Types.STRING(), Types.STRING(), Types.LONG(), Types.LONG()])


class EventTime(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[2])


class Pace(MapFunction):
    """Lets ``rate`` records a second pass, all at once when there is a file ``quick``."""

    def __init__(self, rate: float, quick: str) -> None:
        self._rate = rate
        self._quick = quick

    def open(self, runtime_context: Any) -> None:
        self._pause = 20 * runtime_context.get_number_of_parallel_subtasks() / self._rate
        self._count = 0
        self._hurry = os.path.exists(self._quick)

    def map(self, value: Any) -> Any:
        self._count += 1
        if self._count % 20 == 0 and not self._hurry:
            time.sleep(self._pause)
            self._hurry = os.path.exists(self._quick)
        return value


class Totals(KeyedProcessFunction):
    """Running totals of each key, and sums of buckets of event time when they end. A file below
    ``beats`` tells when an attempt met its first record."""

    def __init__(self, beats: str) -> None:
        self._beats = beats

    def open(self, runtime_context: Any) -> None:
        self._total = runtime_context.get_state(
            ValueStateDescriptor("total", Types.TUPLE([Types.LONG(), Types.LONG()]))
        )
        self._buckets = runtime_context.get_map_state(
            MapStateDescriptor("buckets", Types.LONG(), Types.LONG())
        )
        self._subtask = runtime_context.get_index_of_this_subtask()
        self._met = False

    def process_element(self, value: Any, ctx: Any) -> Iterator[str]:
        if not self._met:
            self._met = True
            open(f"{self._beats}/{self._subtask}-{time.time():.3f}", "w").close()
        count, total = self._total.value() or (0, 0)
        count, total = count + 1, total + value[3]
        self._total.update((count, total))
        end = value[2] - value[2] % records.BUCKET + records.BUCKET
        self._buckets.put(end, (self._buckets.get(end) or 0) + value[3])
        ctx.timer_service().register_event_time_timer(end - 1)
        if count % records.EMIT_EVERY == 0:
            yield f"total,{value[0]},{count},{total}"

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[str]:
        end = timestamp + 1
        yield f"bucket,{ctx.get_current_key()},{end},{self._buckets.get(end)}"
        self._buckets.remove(end)


class WindowLine(ProcessWindowFunction):
    def process(self, key: str, context: Any, elements: Iterable[Any]) -> Iterator[str]:
        values = [element[3] for element in elements]
        yield f"window,{key},{context.window().start},{len(values)},{sum(values)}"


def parse(line: str) -> tuple[str, str, int, int]:
    key, window_key, timestamp, value = line.split(",")
    return key, window_key, int(timestamp), int(value)


def sink(path: str, policy: Any) -> FileSink:
    encoder = Encoder.simple_string_encoder()
    return FileSink.for_row_format(path, encoder).with_rolling_policy(policy).build()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", choices=["generator", "files"], default="generator")
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--input", default="")
    options = parser.parse_args()
    folder = options.folder
    os.makedirs(f"{folder}/beats", exist_ok=True)
    env = StreamExecutionEnvironment.get_execution_environment()
    disorder = records.DISORDER
    stream: Any
    if options.source == "generator":
        generator = DataGeneratorSource(
            partial(records.generated, count=options.records),
            options.records // records.LANES * records.LANES,
            RateLimiterStrategy.per_second(50_000),
            RECORD,
        )
        stream = env.from_source(generator, WatermarkStrategy.no_watermarks(), "generator")
        stream.set_parallelism(records.LANES)
    else:
        # Readers take the files in turn: one may be some files behind the others.
        disorder += options.records // options.files * records.STEP * 3
        source = FileSource.for_record_stream_format(
            StreamFormat.text_line_format(), options.input
        ).build()
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "files")
        stream = stream.map(parse, RECORD)
    quick = f"{folder}/quick"
    watermarks = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(disorder))
    # The lanes of the generator stay what they are: one subtask each.
    paced = stream.map(Pace(options.rate, quick), RECORD)
    if options.source == "generator":
        paced.set_parallelism(records.LANES)
    timed = paced.assign_timestamps_and_watermarks(watermarks.with_timestamp_assigner(EventTime()))
    if options.source == "generator":
        timed.set_parallelism(records.LANES)
    windows = timed.key_by(lambda v: v[1], Types.STRING()).window(
        TumblingEventTimeWindows.of(Duration.of_millis(records.WINDOW))
    )
    windows.process(WindowLine(), Types.STRING()).sink_to(
        sink(f"{folder}/windows", RollingPolicy.default_rolling_policy(1 << 16, 2000, 2000))
    )
    totals = timed.key_by(lambda v: v[0], Types.STRING()).process(
        Totals(f"{folder}/beats"), Types.STRING()
    )
    totals.sink_to(sink(f"{folder}/totals", RollingPolicy.on_checkpoint_rolling_policy()))
    env.execute(f"soak-{options.source}")


if __name__ == "__main__":
    main()
