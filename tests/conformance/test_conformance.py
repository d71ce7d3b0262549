"""Every program of the corpus answers as PyFlink did, however it is executed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import hurtig

HERE = Path(__file__).parent
# The recorder runs under another interpreter, where the corpus is no part of a package either.
sys.path.insert(0, str(HERE))
hurtig.install_as_pyflink()

from comparing import normal  # noqa: E402
from corpus import Case, load  # noqa: E402
from running import answer  # noqa: E402

CASES = load()
EXPECTED = {
    entry["name"]: entry
    for entry in map(json.loads, (HERE / "expected.jsonl").read_text(encoding="utf-8").splitlines())
}


def ask(case: Case, parallelism: int | None = None, chaining: bool = True, batch: bool = False):
    from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism or case.parallelism)
    if not chaining:
        env.disable_operator_chaining()
    if batch:
        env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    return answer(case, env)


def expected(case: Case) -> dict[str, Any]:
    """PyFlink's answer, or hurtig's own where it deviates with a reason."""
    if case.deviation is not None:
        return {"error": ""} if case.ours == "error" else {"output": case.ours}
    entry = EXPECTED[case.name]
    return entry.get(case.takes) or entry.get("process") or entry.get("thread") or entry


def check(case: Case, got: dict[str, Any], ordered: bool | None = None) -> None:
    wanted = expected(case)
    if normal(case, got, ordered) != normal(case, wanted, ordered):
        pytest.fail(f"expected {wanted.get('output', 'an error')}\ngot {got}", pytrace=False)
    if case.fails_with is not None:
        assert case.fails_with in got["text"]


def cases(wanted: Any = None) -> Any:
    chosen = [case for case in CASES.values() if wanted is None or wanted(case)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


@cases()
def test_answers(case):
    check(case, ask(case))


@cases(lambda case: not case.chained_only)
def test_answers_without_chaining(case):
    check(case, ask(case, chaining=False))


@cases(lambda case: case.spread and "error" not in expected(case))
def test_answers_at_parallelism_2(case):
    check(case, ask(case, parallelism=2), ordered=False)


@cases(lambda case: case.bounded)
def test_answers_in_batch_mode(case):
    check(case, ask(case, batch=True), ordered=False)


def test_every_case_is_recorded():
    assert list(EXPECTED) == list(CASES)


@cases(lambda case: case.deviation is not None)
def test_a_deviation_deviates(case):
    entry = EXPECTED[case.name]
    recorded = [entry[mode] for mode in case.modes if mode in entry] or [entry]
    answers = [normal(case, each) for each in recorded]
    assert normal(case, expected(case)) not in answers


def test_recorded_answers_name_no_paths():
    text = json.dumps(EXPECTED)
    assert not re.search(r"(/[\w.-]+){3,}", text)
    assert "site-packages" not in text
