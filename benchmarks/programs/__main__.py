"""Runs one workload on one engine in this process and prints one line of JSON.

``python -m benchmarks.programs ENGINE WORKLOAD RECORDS KEYS [--check]``. Before the clock starts
the records exist, and the workload has run over a few of them, so that imports are not counted
(they are in the comparison of start-up). CPU seconds are those of all threads of this process.
``--check`` collects the results and prints what they hash to instead of throwing them away.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import sys
import time
from typing import Any

from benchmarks import data

WARM_UP = 100


def main(arguments: list[str]) -> None:
    engine, workload, count, keys = arguments[0], arguments[1], int(arguments[2]), int(arguments[3])
    collected: list[Any] | None = [] if "--check" in arguments else None
    program = importlib.import_module(f"benchmarks.programs.{engine}")
    prepare = getattr(program, "prepare", _as_they_are)
    made = data.records(count, keys)
    program.run(workload, prepare(workload, made[:WARM_UP]), keys, None)
    records = prepare(workload, made)
    # What was made beforehand is no state of anybody: no collector should walk it.
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    program.run(workload, records, keys, collected)
    result: dict[str, Any] = {
        "records": count,
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
    }
    if collected is not None:
        digest = hashlib.sha256("\n".join(sorted(map(repr, collected))).encode())
        result |= {"results": len(collected), "digest": digest.hexdigest()[:16]}
    print(json.dumps(result))


def _as_they_are(workload: str, records: Any) -> Any:
    return records


if __name__ == "__main__":
    main(sys.argv[1:])
