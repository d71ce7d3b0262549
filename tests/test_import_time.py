"""Start-up is a feature: what an import loads, and how long it takes."""

from __future__ import annotations

import pytest

HEAVY = {
    "asyncio",
    "cloudpickle",
    "concurrent.futures",
    "fastavro",
    "inspect",
    "msgspec",
    "multiprocessing",
    "numpy",
    "pandas",
    "pyarrow",
}

API = "from hurtig.datastream import StreamExecutionEnvironment"
COMMAND = """
import hurtig, hurtig.cli.main, hurtig.cli.run
hurtig.install_as_pyflink()
"""


@pytest.fixture(autouse=True)
def without_coverage(monkeypatch):
    """Coverage of subprocesses imports modules of its own."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.mark.parametrize("imports", [API, COMMAND], ids=["api", "command"])
def test_no_heavy_module_is_loaded(run_python, imports):
    done = run_python("-c", f"{imports}\nimport sys; print(*sys.modules)", check=True)
    assert not HEAVY & set(done.stdout.split())


# Twice the time it is meant to take: the machine may be busy.
@pytest.mark.parametrize(
    ("imports", "seconds"), [(API, 0.3), (COMMAND, 0.12)], ids=["api", "command"]
)
def test_import_is_quick(run_python, imports, seconds):
    code = (
        f"import time; start = time.perf_counter()\n{imports}\nprint(time.perf_counter() - start)"
    )
    run_python("-c", code, check=True)  # writes the byte code
    best = min(float(run_python("-c", code, check=True).stdout) for _ in range(5))
    assert best < seconds
