"""Timers of keyed process functions."""

from pyflink.datastream import KeyedProcessFunction, TimeDomain
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

from .case import case
from .helpers import INT, LONG, STR, Pace, by_key, first, paced


class Register(KeyedProcessFunction):
    """Registers the timers that ``times`` gives for an element; tells when they fire."""

    def __init__(self, times, quiet=True):
        self.times, self.quiet = times, quiet

    def process_element(self, value, ctx):
        for time in self.times(value):
            ctx.timer_service().register_event_time_timer(time)
        if not self.quiet:
            yield "element", value[0], ctx.timer_service().current_watermark()

    def on_timer(self, timestamp, ctx):
        watermark = ctx.timer_service().current_watermark()
        yield "timer", ctx.get_current_key(), timestamp, watermark


@case(spread=True)
def case_timer_at_the_end_of_input(env):
    return by_key(env, [("a", 5)]).process(Register(lambda v: [v[1] + 10**12]))


@case(spread=True)
def case_timer_order_and_duplicates(env):
    return by_key(env, [("a", 5), ("a", 6)]).process(Register(lambda v: [30, 10, 20, 10]))


@case(ordered=False, spread=True)
def case_timer_of_many_keys(env):
    keys = [(chr(97 + i), i) for i in range(8)]
    return by_key(env, keys).process(Register(lambda v: [7, 3]))


@case(chained_only=True)
def case_timer_fires_as_the_watermark_passes(env):
    data = [("a", 100), ("a", 200), ("a", 300)]
    return paced(env, data).key_by(first, STR).process(Register(lambda v: [v[1] + 50], quiet=False))


@case(chained_only=True)
def case_timer_exactly_at_the_watermark(env):
    data = [("a", 100), ("a", 110), ("a", 111)]
    return paced(env, data).key_by(first, STR).process(Register(lambda v: [109], quiet=False))


@case(chained_only=True)
def case_timer_in_the_past_fires_with_the_next_watermark(env):
    data = [("a", 100), ("a", 200), ("a", 300)]
    return paced(env, data).key_by(first, STR).process(Register(lambda v: [1], quiet=False))


@case(spread=True)
def case_timer_deleted(env):
    class Delete(KeyedProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            service.register_event_time_timer(value[1])
            service.register_event_time_timer(1000)
            service.delete_event_time_timer(value[1])
            service.delete_event_time_timer(77)

        def on_timer(self, timestamp, ctx):
            yield timestamp

    return by_key(env, [("a", 5), ("a", 6)]).process(Delete())


@case(spread=True)
def case_timer_deleted_of_another_key_stays(env):
    class Delete(KeyedProcessFunction):
        def process_element(self, value, ctx):
            if value[0] == "a":
                ctx.timer_service().register_event_time_timer(50)
            else:
                ctx.timer_service().delete_event_time_timer(50)

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), timestamp

    return by_key(env, [("a", 5), ("b", 6)]).process(Delete())


@case(spread=True, takes="thread")
def case_timer_registers_the_next(env):
    class Chain(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(10)

        def on_timer(self, timestamp, ctx):
            yield timestamp
            if timestamp < 40:
                ctx.timer_service().register_event_time_timer(timestamp + 10)

    return by_key(env, [("a", 1)]).process(Chain())


@case(spread=True)
def case_timer_reads_and_clears_state(env):
    class Batch(KeyedProcessFunction):
        def open(self, runtime_context):
            self.items = runtime_context.get_list_state(ListStateDescriptor("items", LONG))

        def process_element(self, value, ctx):
            self.items.add(value[1])
            end = value[1] - value[1] % 10 + 10
            ctx.timer_service().register_event_time_timer(end)

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), timestamp, list(self.items.get())
            self.items.clear()

    return by_key(env, [("a", 1), ("a", 5), ("b", 7), ("a", 12)]).process(Batch())


@case(spread=True)
def case_timer_domain_and_timestamp(env):
    class Domain(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_event_time_timer(44)

        def on_timer(self, timestamp, ctx):
            yield ctx.time_domain() == TimeDomain.EVENT_TIME, timestamp

    return by_key(env, [("a", 5)]).process(Domain())


@case(spread=True)
def case_timer_output_carries_its_timestamp(env):
    class Stamp(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield "element", ctx.timestamp()

    return (
        by_key(env, [("a", 5), ("a", 9)])
        .process(Register(lambda v: [400]))
        .key_by(lambda v: v[1], STR)
        .process(Stamp())
    )


@case(spread=True)
def case_timer_output_windows_by_its_timestamp(env):
    class Once(KeyedProcessFunction):
        def open(self, runtime_context):
            self.count = runtime_context.get_state(ValueStateDescriptor("count", INT))

        def process_element(self, value, ctx):
            self.count.update((self.count.value() or 0) + 1)
            ctx.timer_service().register_event_time_timer(10)

        def on_timer(self, timestamp, ctx):
            yield ctx.get_current_key(), self.count.value()

    return by_key(env, [("a", 5), ("b", 6), ("a", 7)]).process(Once())


@case(chained_only=True)
def case_processing_time_timer_due_before_the_end(env):
    class Soon(KeyedProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            if value[1] == 1:
                service.register_processing_time_timer(service.current_processing_time() + 20)
            yield value[0]

        def on_timer(self, timestamp, ctx):
            yield "timer", ctx.get_current_key(), ctx.time_domain() == TimeDomain.PROCESSING_TIME

    slow = env.from_collection([("a", 1), ("b", 2)]).rebalance().map(Pace(0.3))
    return slow.key_by(first, STR).process(Soon())


@case()
def case_processing_time_timer_pending_at_the_end_is_dropped(env):
    class Later(KeyedProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            service.register_processing_time_timer(service.current_processing_time() + 10**7)
            yield value

        def on_timer(self, timestamp, ctx):
            yield "timer"

    return env.from_collection([("a", 1)]).key_by(first, STR).process(Later())


@case(chained_only=True)
def case_processing_time_timer_deleted(env):
    class Never(KeyedProcessFunction):
        def process_element(self, value, ctx):
            service = ctx.timer_service()
            if value[1] == 1:
                due = service.current_processing_time() + 60
                service.register_processing_time_timer(due)
                service.delete_processing_time_timer(due)
            yield value[0]

        def on_timer(self, timestamp, ctx):
            yield "timer"

    slow = env.from_collection([("a", 1), ("b", 2)]).rebalance().map(Pace(0.2))
    return slow.key_by(first, STR).process(Never())
