"""A keyed process function with state."""

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


setting = Setting()
told = setting.keyed(setting.stream()).process(CountAndTell(), setting.pair_type)
setting.run(told, "keyed process")
