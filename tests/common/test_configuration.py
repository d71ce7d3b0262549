from __future__ import annotations

from typing import Any

import pytest

from hurtig.common import ConfigOptions, Configuration, Duration, RowKind
from hurtig.common.config_options import ConfigOption
from hurtig.common.option_values import (
    format_value,
    parse_boolean,
    parse_duration,
    parse_map,
    parse_memory,
)


def filled() -> Configuration:
    configuration = Configuration()
    configuration.set_string("s", "x").set_integer("i", 5).set_boolean("b", True)
    configuration.set_float("f", 1.5).set_bytearray("y", bytearray(b"ab"))
    return configuration


def test_values_are_read_as_any_type_they_fit() -> None:
    c = filled()
    assert c.get_string("i", "") == "5"
    assert c.get_string("b", "") == "true"
    assert c.get_string("f", "") == "1.5"
    assert c.get_integer("i", 0) == 5
    assert c.get_float("i", 0.0) == 5.0
    assert c.get_boolean("b", False) is True
    assert c.get_bytearray("y", bytearray()) == bytearray(b"ab")
    assert Configuration.from_dict({"n": "7"}).get_integer("n", 0) == 7


def test_defaults_where_not_set() -> None:
    c = Configuration()
    assert c.get_string("k", None) is None
    assert c.get_integer("k", 7) == 7
    assert c.get_boolean("k", True) is True
    assert c.get_bytearray("k", bytearray(b"q")) == bytearray(b"q")


@pytest.mark.parametrize("read", ["get_integer", "get_boolean", "get_float", "get_bytearray"])
def test_a_value_of_another_type_is_an_error_that_names_the_key(read: str) -> None:
    with pytest.raises(ValueError, match="option s: 'x'"):
        getattr(filled(), read)("s", None)


def test_to_dict_and_text() -> None:
    assert filled().to_dict() == {
        "s": "x",
        "i": "5",
        "b": "true",
        "f": "1.5",
        "y": "!!binary |-\n  YWI=",
    }
    target: dict[str, object] = {}
    filled().add_all_to_dict(target)
    assert target == {"s": "x", "i": 5, "b": True, "f": 1.5, "y": b"ab"}
    assert str(Configuration.from_dict({"b": "1", "a": "2"})) == "{a=2, b=1}"


def test_copies_prefixes_and_removal() -> None:
    c = filled()
    copy = Configuration(c)
    assert copy == c
    assert hash(copy) == hash(c)
    copy.add_all(Configuration.from_dict({"k": "1"}), "p.")
    assert copy.key_set() == {"s", "i", "b", "f", "y", "p.k"}
    assert not c.contains_key("p.k")
    assert copy.remove_config("p.k") is True
    assert copy.remove_config("p.k") is False


def test_wrong_keys_and_values() -> None:
    with pytest.raises(TypeError, match="remove_config"):
        Configuration().set_string("k", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key is a str"):
        Configuration().set_string(1, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a;b;c", ["a", "b", "c"]),
        ("[a, b, c]", ["a", "b", "c"]),
        ("[a;b]", ["a;b"]),
        ("a, b", ["a, b"]),
        ("'a;x';b", ["a;x", "b"]),
        ('["a, b", c]', ["a, b", "c"]),
        ("[file:///a.py, x:1]", ["file:///a.py", "x:1"]),
        ("- a\n- 'b c'", ["a", "b c"]),
        ("'it''s'", ["it's"]),
        ("", []),
        (None, []),
    ],
)
def test_parse_list_value(text: str | None, items: list[str]) -> None:
    assert Configuration.parse_list_value(text) == items
    assert Configuration.parse_list_value(text, standard_yaml=False) == items


def test_lists_and_maps_survive_their_text() -> None:
    items = ["a, b", "it's", "c", "", "x;y", " z"]
    assert Configuration.parse_list_value(format_value(items)) == items
    entries = {"a": "1", "b:c": "d, e"}
    assert parse_map(format_value(entries)) == entries
    assert parse_map("a:1,b:2") == {"a": "1", "b": "2"}
    with pytest.raises(ValueError, match="not an entry"):
        parse_map("a")


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("60s", 60_000),
        ("1 min", 60_000),
        ("1m", 60_000),
        ("2 h", 7_200_000),
        ("1d", 86_400_000),
        ("500", 500),
        ("5 ms", 5),
        ("1500 µs", 1),
        ("PT1M", 60_000),
        ("PT0.5S", 500),
        ("P1DT1H", 90_000_000),
    ],
)
def test_parse_duration(text: str, millis: int) -> None:
    assert parse_duration(text) == millis


@pytest.mark.parametrize("text", ["", "5 lightyears", "s", "P", "1.5 s"])
def test_parse_duration_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        parse_duration(text)


def test_parse_memory_and_boolean() -> None:
    assert parse_memory("64 mb") == 64 << 20
    assert parse_memory("1g") == 1 << 30
    assert parse_memory("1024") == 1024
    assert parse_boolean("TRUE") is True
    with pytest.raises(ValueError, match="64 mb"):
        parse_memory("64 m b")
    with pytest.raises(ValueError, match="true or false"):
        parse_boolean("yes")


def test_options() -> None:
    size = ConfigOptions.key("a.size").int_type().default_value(3)
    c = Configuration()
    assert c.get(size) == 3
    assert c.set(size, 9).get(size) == 9
    with pytest.raises(ValueError, match=r"option a\.size: 'x' is not a whole number"):
        Configuration.from_dict({"a.size": "x"}).get(size)
    assert c.get(ConfigOptions.key("other").string_type().no_default_value()) is None
    pause = ConfigOptions.key("p").duration_type().no_default_value()
    assert Configuration().set(pause, 5).get(pause) == 5
    assert Configuration.from_dict({"p": Duration.of_seconds(2)}).get(pause) == 2000


def test_older_keys_and_choices() -> None:
    mode = ConfigOption[str]("new.mode", "enum", "A", "", ("old.mode",), ("A", "B"))
    assert Configuration.from_dict({"old.mode": "B"}).get(mode) == "B"
    assert Configuration.from_dict({"old.mode": "B", "new.mode": "a"}).get(mode) == "a"
    with pytest.raises(ValueError, match="none of A, B"):
        Configuration.from_dict({"new.mode": "C"}).get(mode)


@pytest.mark.parametrize(
    ("make", "given", "parsed"),
    [
        ("boolean_type", "TRUE", True),
        ("boolean_type", False, False),
        ("int_type", " 2 ", 2),
        ("long_type", str(2**40), 2**40),
        ("float_type", "1.5", 1.5),
        ("double_type", 3, 3.0),
        ("string_type", True, "true"),
        ("string_type", 1.5, "1.5"),
        ("duration_type", "2 min", 120_000),
        ("memory_type", "1 kb", 1024),
    ],
)
def test_types_of_options(make: str, given: object, parsed: object) -> None:
    option = getattr(ConfigOptions.key("k"), make)().no_default_value()
    found = option.parse(given)
    assert found == parsed
    assert type(found) is type(parsed)
    assert Configuration().get(option) is None


@pytest.mark.parametrize(
    ("value_type", "given", "parsed"),
    [
        ("list", "a;b", ["a", "b"]),
        ("list", ["a", 1], ["a", "1"]),
        ("map", "a:1,b:2", {"a": "1", "b": "2"}),
        ("map", {"a": 1, 2: True}, {"a": "1", "2": "true"}),
        ("enum", RowKind.DELETE, "DELETE"),
    ],
)
def test_types_that_only_hurtigs_options_have(value_type: str, given: Any, parsed: object) -> None:
    assert ConfigOption[Any]("k", value_type).parse(given) == parsed


@pytest.mark.parametrize(
    ("value_type", "given", "message"),
    [
        ("int", 1.0, "1.0 is not a whole number"),
        ("int", True, "True is not a whole number"),
        ("double", "x", "'x' is not a number"),
        ("double", False, "False is not a number"),
        ("boolean", "no", "write true or false"),
        ("duration", "soon", "not a length of time"),
        ("memory", "much", "not a memory size"),
        ("map", "x", "write key:value"),
    ],
)
def test_values_of_another_type(value_type: str, given: object, message: str) -> None:
    with pytest.raises(ValueError, match=rf"option a\.b: .*{message}"):
        ConfigOption[Any]("a.b", value_type).parse(given)


def test_options_are_values() -> None:
    option = ConfigOption("k", "int", 3)
    assert option == ConfigOptions.key("k").int_type().default_value(3)
    assert hash(option) == hash(ConfigOption("k", "int", 3))
    assert option != ConfigOption("k", "int", 4)
    assert option != ConfigOption("k", "long", 3)
    assert option != "k"
    described = option.with_description("how many")
    assert (described.description, option.description) == ("how many", "")
    assert described == option
    assert repr(option) == "ConfigOption(k, int, default=3)"
    with pytest.raises(ValueError, match="'number' is not a type of options: string, boolean"):
        ConfigOption("k", "number")
