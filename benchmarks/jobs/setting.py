"""What the programs share: command line, environment, source and sink."""

import sys

from pyflink.common import Configuration, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from benchmarks import functions as f
from benchmarks.data import recorder


class Setting:
    """``RECORDS KEYS MODE``: how many, of how many keys, in which ``python.execution-mode``."""

    def __init__(self) -> None:
        self.records, self.keys, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
        configuration = Configuration()
        configuration.set_string("python.execution-mode", mode)
        self.env = StreamExecutionEnvironment.get_execution_environment(configuration)
        self.env.set_parallelism(1)
        self.env.get_config().set_auto_watermark_interval(f.WATERMARK_INTERVAL_MS)

    def stream(self) -> DataStream:
        """The records, made in the job from a sequence of numbers."""
        numbers = NumberSequenceSource(0, self.records - 1)
        stream = self.env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers")
        return stream.map(recorder(self.keys))

    def run(self, stream: DataStream, name: str) -> None:
        """Throw the results away."""
        stream.sink_to(discarding_sink())
        self.env.execute(name)


def discarding_sink():
    """PyFlink has no name for Flink's discarding sink, hurtig has."""
    try:
        from pyflink.datastream.connectors import DiscardingSink
    except ImportError:
        from pyflink.datastream.connectors.base import Sink
        from pyflink.java_gateway import get_gateway

        flink = get_gateway().jvm.org.apache.flink
        return Sink(flink.streaming.api.functions.sink.v2.DiscardingSink())
    return DiscardingSink()
