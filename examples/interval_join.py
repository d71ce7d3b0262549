"""Joins each order with the payments that follow it within a minute.

hurtig run examples/interval_join.py

PyFlink has no ``interval_join``; hurtig adds the one of Flink's Java API.
"""

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessJoinFunction, StreamExecutionEnvironment

# (order, time in seconds, what)
ORDERS = [("o1", 0, "book"), ("o2", 10, "lamp"), ("o3", 20, "desk"), ("o4", 30, "sofa")]
# (order, time in seconds, amount): out of order by up to half a minute
PAYMENTS = [
    ("o2", 40, 15),
    ("o1", 25, 20),
    ("o3", 81, 90),
    ("o4", 60, 400),
    ("o4", 90, 300),
]


class SecondField(TimestampAssigner):
    """Event time in milliseconds."""

    def extract_timestamp(self, value, record_timestamp):
        return value[1] * 1000


class Paid(ProcessJoinFunction):
    def process_element(self, left, right, ctx: ProcessJoinFunction.Context):
        order, _, what = left
        seconds = (ctx.get_right_timestamp() - ctx.get_left_timestamp()) // 1000
        yield f"{order} {what}: {right[2]} after {seconds} s"


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    event_time = WatermarkStrategy.for_bounded_out_of_orderness(
        Duration.of_seconds(30)
    ).with_timestamp_assigner(SecondField())

    def by_order(records):
        timed = env.from_collection(records).assign_timestamps_and_watermarks(event_time)
        return timed.key_by(lambda record: record[0], key_type=Types.STRING())

    (
        by_order(ORDERS)
        .interval_join(by_order(PAYMENTS))
        .between(Duration.of_seconds(0), Duration.of_seconds(60))
        .process(Paid(), output_type=Types.STRING())
        .print()
    )
    env.execute("orders and payments")


if __name__ == "__main__":
    main()
