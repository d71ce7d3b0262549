"""Timestamps and watermarks."""

from pyflink.common import Duration, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction

from .case import case
from .helpers import KEYED, Second, first, from_timed, paced

EVENTS = [("a", 100), ("b", 400), ("c", 200), ("d", 900), ("e", 50)]


class Look(ProcessFunction):
    """Element, its timestamp and the watermark before it."""

    def process_element(self, value, ctx):
        yield value[0], ctx.timestamp(), ctx.timer_service().current_watermark()


@case(chained_only=True)
def case_watermark_follows_the_greatest_timestamp(env):
    return paced(env, EVENTS).process(Look())


@case(chained_only=True)
def case_watermark_bounded_delay(env):
    return paced(env, EVENTS, delay=250).process(Look())


@case(chained_only=True)
def case_watermark_through_a_chain(env):
    stream = paced(env, EVENTS).map(lambda v: v, output_type=KEYED).filter(lambda v: v[0] != "b")
    return stream.process(Look())


@case(chained_only=True)
def case_watermark_of_the_second_strategy(env):
    class Negated(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return 1000 - value[1]

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Negated())
    return paced(env, EVENTS[:3]).assign_timestamps_and_watermarks(strategy).process(Look())


@case(spread=True)
def case_timestamp_given_to_the_assigner(env):
    class Plus(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return record_timestamp + 1

    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value[0], ctx.timestamp()

    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Plus())
    return from_timed(env, EVENTS).assign_timestamps_and_watermarks(strategy).process(Stamp())


@case(spread=True)
def case_timestamp_kept_by_flat_map_and_key_by(env):
    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    stream = from_timed(env, EVENTS[:2]).flat_map(lambda v: [v[0], v[0] + "'"])
    return stream.key_by(first).process(_keyed_stamp())


def _keyed_stamp():
    from pyflink.datastream import KeyedProcessFunction

    class Stamp(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    return Stamp()


@case(spread=True)
def case_timestamp_of_a_rolling_result(env):
    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value, ctx.timestamp()

    data = [("a", 10), ("a", 30), ("a", 20)]
    return (
        from_timed(env, data)
        .key_by(first)
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
        .process(Stamp())
    )


@case(chained_only=True)
def case_watermark_monotonous(env):
    env.get_config().set_auto_watermark_interval(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    return paced(env, EVENTS).assign_timestamps_and_watermarks(strategy).process(Look())


@case(chained_only=True)
def case_watermark_negative_timestamps(env):
    return paced(env, [("a", -300), ("b", -100), ("c", 0)]).process(Look())


@case(
    deviation="with_idleness() keeps the timestamp assigner",
    ours=["('a', 100)", "('b', 400)"],
)
def case_watermark_with_idleness_keeps_the_assigner(env):
    class Stamp(ProcessFunction):
        def process_element(self, value, ctx):
            yield value[0], ctx.timestamp()

    strategy = (
        WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(5))
        .with_timestamp_assigner(Second())
        .with_idleness(Duration.of_seconds(5))
    )
    stream = env.from_collection(EVENTS[:2], type_info=KEYED)
    return stream.assign_timestamps_and_watermarks(strategy).process(Stamp())


@case()
def case_watermark_only_the_last_when_all_is_read_at_once(env):
    class Range(ProcessFunction):
        def process_element(self, value, ctx):
            watermark = ctx.timer_service().current_watermark()
            yield value[0], watermark < -(2**62)

    return from_timed(env, EVENTS).process(Range())
