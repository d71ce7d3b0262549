"""An aggregate over event-time tumbling windows of input that is out of order."""

from pyflink.common import Duration, Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction
from pyflink.datastream.window import TumblingEventTimeWindows

from benchmarks import functions as f
from benchmarks.data import DISORDER_MS
from benchmarks.jobs.setting import Setting


class RecordTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[2]


class Total(f.Total, AggregateFunction):
    pass


setting = Setting()
strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(DISORDER_MS))
timed = setting.stream(event_time=True).assign_timestamps_and_watermarks(
    strategy.with_timestamp_assigner(RecordTime())
)
window = TumblingEventTimeWindows.of(Time.milliseconds(f.window_ms(setting.keys)))
totals = setting.keyed(timed).window(window).aggregate(Total(), output_type=setting.pair_type)
setting.run(totals, "tumbling window")
