"""A running reduction per key."""

from benchmarks import functions as f
from benchmarks.jobs.setting import Setting

setting = Setting()
stream = setting.keyed(setting.stream()).reduce(f.add)
setting.run(stream, "keyed reduce")
