"""Map, filter, map over tuples."""

from benchmarks import functions as f
from benchmarks.jobs.setting import Setting

setting = Setting()
record = setting.record_type
stream = setting.stream().map(f.scale, record).filter(f.keep).map(f.shift, record)
setting.run(stream, "map-filter-map")
