"""What the programs share: command line, environment, source and sink."""

import sys

from pyflink.common import Configuration, Types, WatermarkStrategy
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

from benchmarks import functions as f
from benchmarks.data import Cycler, recorder


class Setting:
    """``RECORDS KEYS MODE TYPES``: how many, of how many keys, in which ``python.execution-mode``,
    and whether the program declares its types (``typed``) or leaves them out (``untyped``).

    ``record_type``, ``pair_type`` and ``key_type`` are ``None`` in a program without types.
    ``options`` are further settings, key -> value.
    """

    def __init__(self, **options: str) -> None:
        self.records, self.keys, mode = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
        typed = sys.argv[4] == "typed"
        self.record_type = self.pair_type = self.key_type = None
        if typed:
            self.key_type = Types.STRING()
            self.record_type = Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])
            self.pair_type = Types.TUPLE([Types.STRING(), Types.LONG()])
        configuration = Configuration()
        configuration.set_string("python.execution-mode", mode)
        for key, value in options.items():
            configuration.set_string(key, value)
        self.env = StreamExecutionEnvironment.get_execution_environment(configuration)
        self.env.set_parallelism(1)
        self.env.get_config().set_auto_watermark_interval(f.WATERMARK_INTERVAL_MS)

    def stream(self, event_time: bool = False) -> DataStream:
        """The records, made in the job from a sequence of numbers.

        Their times only go on where ``event_time``: that costs more than the functions measured.
        """
        numbers = NumberSequenceSource(0, self.records - 1)
        stream = self.env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers")
        make = recorder(self.keys) if event_time else Cycler(self.keys)
        return stream.map(make, self.record_type)

    def keyed(self, stream: DataStream) -> DataStream:
        """By the records' key."""
        return stream.key_by(f.key_of, self.key_type)

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
