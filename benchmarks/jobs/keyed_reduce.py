"""A running reduction per key."""

from benchmarks import functions as f
from benchmarks.jobs.setting import Setting

setting = Setting()
stream = setting.stream().key_by(f.key_of).reduce(f.add)
setting.run(stream, "keyed reduce")
