"""A keyed process function whose value state is in RocksDB."""

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor

from benchmarks import functions as f
from benchmarks.jobs.setting import Setting


class CountAndTell(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        count, told = f.count_and_tell(value, self.count.value())
        self.count.update(count)
        yield from told


setting = Setting(**{"state.backend.type": "rocksdb"})
# Every record is made anew, or a million keys would not be met.
records = setting.stream(event_time=True)
told = setting.keyed(records).process(CountAndTell(), setting.pair_type)
setting.run(told, "state in RocksDB")
