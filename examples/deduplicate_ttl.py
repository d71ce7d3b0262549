"""Drops repetitions: the same event of a user counts again only after a while.

hurtig run examples/deduplicate_ttl.py

What a user has done is kept in state that forgets each entry one second after it was written.
"""

import time

from pyflink.common import Time, Types
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor, StateTtlConfig

# (pause before the event in seconds, user, event)
EVENTS = [
    (0.01, "ann", "login"),
    (0.01, "ann", "login"),
    (0.01, "bob", "login"),
    (0.01, "ann", "buy"),
    (0.01, "ann", "buy"),
    (1.50, "ann", "buy"),
    (0.01, "bob", "login"),
]


class Deduplicate(KeyedProcessFunction):
    def open(self, runtime_context):
        seen = MapStateDescriptor("seen", Types.STRING(), Types.BOOLEAN())
        seen.enable_time_to_live(
            StateTtlConfig.new_builder(Time.seconds(1))
            .update_ttl_on_create_and_write()
            .never_return_expired()
            .build()
        )
        self.seen = runtime_context.get_map_state(seen)

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        user, event = value
        if not self.seen.contains(event):
            self.seen.put(event, True)
            yield f"{user} {event}"


def after_pause(event):
    pause, user, name = event
    time.sleep(pause)
    return user, name


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    (
        env.from_collection(EVENTS)
        .map(after_pause)
        .key_by(lambda event: event[0], key_type=Types.STRING())
        .process(Deduplicate(), output_type=Types.STRING())
        .print()
    )
    env.execute("deduplicate")


if __name__ == "__main__":
    main()
