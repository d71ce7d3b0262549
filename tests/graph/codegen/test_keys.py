"""Key extractors: one generated comprehension over a batch."""

from __future__ import annotations

from typing import Any

import pytest

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.keys import compile_key_extractor


class Selector:
    def __init__(self, index: int) -> None:
        self.index = index

    def get_key(self, value: Any) -> Any:
        return value[self.index]


def by_closure(index: int) -> Any:
    return lambda value: value[index]


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("selector", [lambda v: v[1], Selector(1), by_closure(1)])
def test_keys_of_a_batch(selector: Any, inline: bool) -> None:
    extract = compile_key_extractor(selector, inline=inline)
    assert extract.generated.inlined == inline
    assert extract([(1, "a"), (2, "b")]) == ["a", "b"]
    assert extract([]) == []


def test_a_builtin_is_called() -> None:
    assert compile_key_extractor(len)(["a", "bcd"]) == [1, 3]


@pytest.mark.parametrize("inline", [True, False])
def test_an_error_names_record_and_reader(inline: bool) -> None:
    extract = compile_key_extractor(lambda v: v["k"], "Reduce", "uid-1", inline=inline)
    with pytest.raises(UserFunctionError) as caught:
        extract([{"k": 1}, {"x": 2}, {"k": 3}])
    error = caught.value
    assert error.operator == "key selector of Reduce"
    assert error.uid == "uid-1"
    assert error.record_text == "{'x': 2}"
    assert error.user_traceback.splitlines()[1].endswith("in <lambda>")
    assert error.user_traceback.endswith("KeyError: 'k'\n")
    assert "_h_" not in error.user_traceback


def test_errors_read_the_same_inlined_or_called() -> None:
    texts = set()
    for inline in (True, False):
        extract = compile_key_extractor(lambda v: 1 + v.key, inline=inline)
        with pytest.raises(UserFunctionError) as caught:
            extract([1])
        texts.add(caught.value.user_traceback)
    assert len(texts) == 1


def test_the_last_record_is_found_too() -> None:
    extract = compile_key_extractor(lambda v: 1 // v)
    with pytest.raises(UserFunctionError) as caught:
        extract([1, 2, 0])
    assert caught.value.record_text == "0"


def test_a_call_that_fails_shows_the_place_of_the_selector() -> None:
    extract = compile_key_extractor(lambda a, b: a, "Reduce", "uid-1")
    with pytest.raises(UserFunctionError, match=rf"function  .*<lambda>, {__file__}:\d+"):
        extract([1])
