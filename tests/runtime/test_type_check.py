"""Results that do not fit their declared type, under each error policy."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common import Types
from hurtig.common.errors import UserFunctionError
from hurtig.datastream import DataStream, StreamExecutionEnvironment
from hurtig.testing import collect_all


def lengths(policy: str) -> DataStream:
    env = StreamExecutionEnvironment.get_execution_environment()
    given: list[Any] = ["a", 1, "b", None, 2, "c"]
    words = env.from_collection(given).map(lambda v: v, output_type=Types.INT()).name("ints")
    return words.on_error(policy)


def test_fail_names_operator_and_record() -> None:
    with pytest.raises(UserFunctionError) as caught:
        list(lengths("fail").execute_and_collect())
    assert caught.value.operator == "ints"
    assert caught.value.record_text == "'a'"


def test_skip_keeps_what_fits(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(lengths("skip").execute_and_collect()) == [1, 2]
    assert capfd.readouterr().err.count("WARN [ints] a record is set aside") == 1


def test_dead_letters_hold_what_does_not_fit() -> None:
    stream = lengths("dead-letter")
    results = collect_all(good=stream, bad=stream.get_dead_letters())
    assert results["good"] == [1, 2]
    assert [letter.record for letter in results["bad"]] == ["a", "b", None, "c"]
    assert all("INT" in letter.reason for letter in results["bad"])
