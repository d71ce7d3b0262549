"""Map, filter, map over tuples."""

from benchmarks import functions as f
from benchmarks.jobs.setting import Setting

setting = Setting()
stream = setting.stream().map(f.scale).filter(f.keep).map(f.shift)
setting.run(stream, "map-filter-map")
