from __future__ import annotations

import pytest

from hurtig.common import global_configuration as g
from hurtig.common.configuration_file import parse_configuration
from hurtig.common.errors import ProgramError


@pytest.fixture(autouse=True)
def fresh():
    g.reset()
    yield
    g.reset()


def test_empty_without_file_and_settings():
    assert g.defaults() == {}


def test_what_was_set_is_given_as_a_copy():
    g.set_default("a.b", "1")
    g.defaults()["a.b"] = "2"
    assert g.defaults() == {"a.b": "1"}


@pytest.mark.parametrize("name", ["config.yaml", "flink-conf.yaml"])
def test_file_below_what_was_set(tmp_path, monkeypatch, name):
    (tmp_path / name).write_text("parallelism.default: 3\npipeline.name: from file\n")
    monkeypatch.setenv("HURTIG_CONF_DIR", str(tmp_path))
    g.set_default("parallelism.default", "5")
    assert g.defaults() == {"parallelism.default": "5", "pipeline.name": "from file"}


def test_config_yaml_goes_before_the_older_name(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("a: new\n")
    (tmp_path / "flink-conf.yaml").write_text("a: old\n")
    monkeypatch.setenv("HURTIG_CONF_DIR", str(tmp_path))
    assert g.defaults() == {"a": "new"}


def test_folder_without_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HURTIG_CONF_DIR", str(tmp_path))
    assert g.defaults() == {}


def test_folder_that_does_not_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("HURTIG_CONF_DIR", str(tmp_path / "none"))
    with pytest.raises(ProgramError, match=r"HURTIG_CONF_DIR=.*none is not a directory"):
        g.defaults()


def test_file_that_is_not_text(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("HURTIG_CONF_DIR", str(tmp_path))
    with pytest.raises(ProgramError, match=r"cannot read .*config\.yaml"):
        g.defaults()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("---\n# only a comment\n\n", {}),
        ("a.b: 1 # why", {"a.b": "1"}),
        ("a: x#y", {"a": "x#y"}),
        ("a: 'it''s: # so'", {"a": "it's: # so"}),
        ('a: "x: \\"y\\"\\n"', {"a": 'x: "y"\n'}),
        ("'a b': c", {"a b": "c"}),
        ("dir: file:///x/y", {"dir": "file:///x/y"}),
        (
            "a:\n  b:\n    c: 1\n    d: 2\n  e: 3\nf: 4",
            {"a.b.c": "1", "a.b.d": "2", "a.e": "3", "f": "4"},
        ),
        ("a:\n  b.c: 1", {"a.b.c": "1"}),
        ("a: [x, y , 'z']", {"a": "x;y;z"}),
        ("a: []", {"a": ""}),
        ("a:\n  - x\n  - y\nb: 1", {"a": "x;y", "b": "1"}),
        ("a:\n- x\n- y\nb: 1", {"a": "x;y", "b": "1"}),
        ("a:\nb: 1", {"b": "1"}),
        ("a: 1\na: 2", {"a": "2"}),
        ("a: 10 s", {"a": "10 s"}),
        ("a: -1", {"a": "-1"}),
    ],
)
def test_what_is_read(text, expected):
    assert parse_configuration(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a 1", 1, "expected 'key: value'"),
        ("a:1", 1, "expected 'key: value'"),
        ("x: 1\n  y: 2", 2, "a value already"),
        ("  x: 1", 1, "no key above"),
        ("a:\n\tb: 1", 2, "spaces, not tabs"),
        ("- x", 1, "without an empty key"),
        ("a: 1\n- x", 2, "without an empty key"),
        ("a: [x", 1, "must end on its line"),
        ("a: 'x", 1, "must end on its line"),
        ("a: {b: c}", 1, "need quotes"),
        ("a: |\n  x", 1, "need quotes"),
        ("a:\n  - b: c", 2, "needs quotes"),
        ("a: b: c", 1, "needs quotes"),
    ],
)
def test_what_is_refused_with_its_line(text, line, reason):
    with pytest.raises(ProgramError) as e:
        parse_configuration(text, "conf.yaml")
    assert f"conf.yaml, line {line}: " in str(e.value)
    assert reason in str(e.value)
