"""Checks payments against limits that change while the job runs.

hurtig run examples/broadcast_rules.py

Every subtask gets all limits (broadcast state). A payment may arrive before a limit that is
older than it: so each waits, by an event-time timer, until all limits of its time are known.
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedBroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor

LIMITS = MapStateDescriptor("limits", Types.STRING(), Types.LIST(Types.TUPLE([Types.LONG()] * 2)))

# (time in ms, currency, limit) and (time in ms, user, currency, amount)
RULES = [(0, "EUR", 100), (0, "USD", 120), (5_000, "EUR", 500)]
PAYMENTS = [
    (1_000, "ann", "EUR", 90),
    (2_000, "ann", "EUR", 300),
    (3_000, "bob", "USD", 121),
    (4_000, "bob", "CHF", 9_000),
    (6_000, "ann", "EUR", 300),
    (7_000, "bob", "EUR", 501),
]


class CheckLimits(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.waiting = runtime_context.get_list_state(
            ListStateDescriptor("waiting", Types.PICKLED_BYTE_ARRAY())
        )

    def process_broadcast_element(self, value, ctx: KeyedBroadcastProcessFunction.Context):
        time, currency, limit = value
        limits = ctx.get_broadcast_state(LIMITS)
        limits.put(currency, [*(limits.get(currency) or []), (time, limit)])

    def process_element(self, value, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext):
        self.waiting.add(value)
        ctx.timer_service().register_event_time_timer(ctx.timestamp())

    def on_timer(self, timestamp, ctx: KeyedBroadcastProcessFunction.OnTimerContext):
        limits = ctx.get_broadcast_state(LIMITS)
        payments = list(self.waiting.get())
        self.waiting.update([p for p in payments if p[0] > timestamp])
        for time, user, currency, amount in payments:
            valid = [rule for rule in limits.get(currency) or [] if rule[0] <= time]
            if time <= timestamp and valid and amount > max(valid)[1]:
                yield f"{user} pays {amount} {currency}, the limit is {max(valid)[1]}"


class FirstField(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[0]


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    event_time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(FirstField())
    rules = env.from_collection(RULES).assign_timestamps_and_watermarks(event_time)
    payments = env.from_collection(PAYMENTS).assign_timestamps_and_watermarks(event_time)
    (
        payments.key_by(lambda payment: payment[1], key_type=Types.STRING())
        .connect(rules.broadcast(LIMITS))
        .process(CheckLimits(), output_type=Types.STRING())
        .print()
    )
    env.execute("limits of payments")


if __name__ == "__main__":
    main()
