"""Asks a slow service about each record, with many requests under way at once.

hurtig run examples/async_enrichment.py

Each of the 200 requests takes 50 ms, and one in ten fails at first and is tried again: together
they take a fraction of the ten seconds that they would take one after the other.
"""

import asyncio
import time

from pyflink.common import Time, Types
from pyflink.datastream import (
    AsyncDataStream,
    AsyncFunction,
    AsyncRetryStrategy,
    StreamExecutionEnvironment,
)

CITIES = ["Oslo", "Lima", "Pune", "Accra"]


class LookUpCity(AsyncFunction):
    """Stands for a client of a database or a web service."""

    def open(self, runtime_context):
        self.asked = set()

    async def async_invoke(self, value):
        await asyncio.sleep(0.05)
        if value % 10 == 0 and value not in self.asked:
            self.asked.add(value)
            raise ConnectionError(f"no answer about customer {value}")
        return [(value, CITIES[value % len(CITIES)])]


def main() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    customers = env.from_collection(list(range(200)), Types.INT())
    enriched = AsyncDataStream.unordered_wait_with_retry(
        customers,
        LookUpCity(),
        timeout=Time.seconds(5),
        async_retry_strategy=AsyncRetryStrategy.fixed_delay(
            max_attempts=3,
            backoff_time_millis=20,
            exception_predicate=lambda error: isinstance(error, ConnectionError),
        ),
        capacity=100,
        output_type=Types.TUPLE([Types.INT(), Types.STRING()]),
    )
    started = time.perf_counter()
    with enriched.execute_and_collect("async enrichment") as results:
        cities = [city for _, city in results]
    for city in CITIES:
        print(f"{city} {cities.count(city)}")
    print(f"{len(cities)} answers in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
