"""Functions pickled by value keep their file."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from hurtig.common.errors import UserFunctionError
from hurtig.graph.codegen.inline import inline_body
from hurtig.graph.codegen.pickling import dumps


def test_file_names_survive_in_nested_code_too(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("f = lambda v: [(lambda: v)() for v in v]\n")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    f = pickle.loads(dumps(namespace["f"]))
    assert f([1, 2]) == [1, 2]
    code = f.__code__
    while code is not None:
        assert code.co_filename == str(path)
        code = next((c for c in code.co_consts if hasattr(c, "co_filename")), None)


def test_errors_of_pickled_functions_show_the_line(chain: Any, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("\nf = lambda v: 1 // v\n")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    f = pickle.loads(dumps(namespace["f"]))
    assert inline_body(f, 1) is not None
    for inline in (True, False):
        harness = chain(("map", f), inline=inline)
        try:
            harness.push([0])
        except UserFunctionError as error:
            text = error.user_traceback
        assert f'File "{path}", line 2, in <lambda>\n    f = lambda v: 1 // v\n' in text
