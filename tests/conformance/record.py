"""Asks an installed PyFlink for the answers to the corpus and writes ``expected.jsonl``.

``make conformance PYFLINK_PYTHON=...`` runs it; names of cases as arguments ask only those.
All cases run one after another on one gateway, first in thread mode, then in process mode.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.jsonl"
LIMIT = 90
WARM_UP = {"thread": "2", "process": "4"}


class TooSlow(Exception):
    """PyFlink did not answer within ``LIMIT`` seconds."""


def environment(mode: str, one_by_one: bool) -> Any:
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    configuration = Configuration()
    configuration.set_string("python.execution-mode", mode)
    if one_by_one:  # watermarks and timers come between any two elements
        configuration.set_string("python.fn-execution.bundle.size", "1")
    configuration.set_string("python.executable", sys.executable)
    configuration.set_string("python.client.executable", sys.executable)
    configuration.set_string("python.pythonpath", str(HERE))
    configuration.set_string("rest.port", "0")
    return StreamExecutionEnvironment.get_execution_environment(configuration)


def prepare(mode: str) -> None:
    """The JVM finds this interpreter and the corpus; pauses are long enough for it to start."""
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    os.environ["PYTHONPATH"] = str(HERE)
    os.environ["CONFORMANCE_WARM_UP"] = WARM_UP[mode]
    sys.path.insert(0, str(HERE))


def let_types_be_pickled() -> None:
    """A type that PyFlink has used holds a Java object, so no closure over it could be sent."""
    from pyflink.common.typeinfo import TypeInformation

    def state(self: Any) -> dict[str, Any]:
        return self.__dict__ | {"_j_typeinfo": None}

    TypeInformation.__getstate__ = state


def too_slow(*_: Any) -> None:
    raise TooSlow(f"no answer within {LIMIT} seconds")


def ask(mode: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """The answers of one mode by name of the case."""
    prepare(mode)
    from corpus import load
    from running import answer

    let_types_be_pickled()
    signal.signal(signal.SIGALRM, too_slow)
    answers = {}
    cases = [c for c in load().values() if mode in c.modes and (not names or c.name in names)]
    for number, case in enumerate(cases, 1):
        started = time.monotonic()
        signal.alarm(LIMIT)
        env = environment(mode, case.chained_only).set_parallelism(case.parallelism)
        got = answer(case, env)
        signal.alarm(0)
        text = got.pop("text", "")
        if case.fails_with is not None and case.fails_with not in text:
            print(f"  {case.name}: {case.fails_with!r} is not in its error", file=sys.stderr)
        answers[case.name] = got
        took = time.monotonic() - started
        print(f"{mode} {number}/{len(cases)} {case.name} {took:.1f} s {got}"[:160], flush=True)
    return answers


def one_mode(mode: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """``ask`` in a process of its own, and so with a JVM of its own."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "answers.json"
        subprocess.run([sys.executable, __file__, "--ask", mode, str(target), *names], check=True)
        return json.loads(target.read_text(encoding="utf-8"))


def same(case: Any, a: dict[str, Any], b: dict[str, Any]) -> bool:
    from comparing import normal

    return normal(case, a) == normal(case, b)


def record(names: list[str]) -> None:
    sys.path.insert(0, str(HERE))
    from corpus import load

    cases = load()
    known = {}
    if names and EXPECTED.exists():
        lines = EXPECTED.read_text(encoding="utf-8").splitlines()
        known = {entry["name"]: entry for entry in map(json.loads, lines)}
    thread, process = (one_mode(mode, names) for mode in ("thread", "process"))
    for name, case in cases.items():
        if name not in thread and name not in process:
            continue
        entry = {"name": name}
        if name in process and name in thread and same(case, process[name], thread[name]):
            entry |= process[name]
        else:
            entry |= {
                k: answers[name]
                for k, answers in (("process", process), ("thread", thread))
                if name in answers
            }
        known[name] = entry
    with EXPECTED.open("w", encoding="utf-8") as file:
        for name in cases:
            if name in known:
                file.write(json.dumps(known[name]) + "\n")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--ask"]:
        mode, target, *names = arguments[1:]
        Path(target).write_text(json.dumps(ask(mode, names)), encoding="utf-8")
    else:
        record(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
