"""What belongs to the program, in bytes that its workers can read."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hurtig.common.program_pickle import ProgramModule, dumps_by_value, dumps_record, loads_record


def program(code: str) -> dict[str, Any]:
    """The names of a main file that cannot be imported."""
    names: dict[str, Any] = {"__name__": "a_program_without_module"}
    exec(code, names)
    return names


def test_a_function_keeps_the_name_of_its_file() -> None:
    names: dict[str, Any] = {"__name__": "a_program_without_module"}
    exec(compile("def f(): pass", "/somewhere/job.py", "exec"), names)
    assert pickle.loads(dumps_by_value(names["f"])).__code__.co_filename == "/somewhere/job.py"


def test_records_name_their_class_by_its_id() -> None:
    names = program("class Event:\n    def __init__(self, n): self.n = n")
    event = names["Event"]
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(event(1))
    shipped = pickle.loads(dumps_by_value(event))  # gives the class its id
    assert shipped is event
    data = dumps_record([event(1), event(2)])
    assert len(data) < 400
    copies = pickle.loads(data)
    assert [type(c) for c in copies] == [event, event]
    assert [c.n for c in copies] == [1, 2]


def test_plain_records_are_plainly_pickled() -> None:
    assert dumps_record([1, "a"]) == pickle.dumps([1, "a"], 5)


def test_nested_classes_keep_their_place_in_another_process() -> None:
    names = program("class Outer:\n    class Inner: pass")
    data = dumps_by_value(names["Outer"])
    code = (
        "import pickle, sys; c = pickle.loads(sys.stdin.buffer.read()); "
        "print(c.__qualname__, c.Inner.__qualname__)"
    )
    import subprocess
    import sys

    result = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True)
    assert result.stdout.split() == [b"Outer", b"Outer.Inner"], result.stderr


def test_the_module_of_a_worker_has_the_shipped_classes() -> None:
    names = program("class Shipped: pass\nclass Other: pass")
    pickle.loads(dumps_by_value(names["Shipped"]))
    module = ProgramModule("a_program_without_module")
    assert module.Shipped is names["Shipped"]
    for missing in ("Other", "__path__"):
        with pytest.raises(AttributeError, match=missing):
            getattr(module, missing)


def test_the_program_reads_classes_of_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import ModuleType

    names = program("def main():\n    class Local: pass\n    return Local")
    local = names["main"]()
    pickle.loads(dumps_by_value(local))
    # As a worker writes it, where the class has no place in a function.
    data = b"\x80\x05c" + b"a_program_without_module\nLocal\n."
    monkeypatch.setitem(
        __import__("sys").modules,
        "a_program_without_module",
        ModuleType("a_program_without_module"),
    )
    with pytest.raises(AttributeError):
        pickle.loads(data)
    assert loads_record(data) is local
    with pytest.raises(AttributeError, match="Missing"):
        loads_record(data.replace(b"Local", b"Missing"))
