"""Executes the user's program as ``__main__``, as ``python job.py`` and ``python -m job`` would.

The program gets a fresh ``__main__`` module that stays registered until the process ends: pickle,
cloudpickle, ``atexit`` functions and threads find the program's names there.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

__all__ = ["FileProgram", "ModuleProgram", "Program", "ProgramNotFoundError"]


class ProgramNotFoundError(Exception):
    """What was named on the command line does not exist or cannot be a program."""


class Program(Protocol):
    """A program and what it is started with."""

    file: str
    """The file whose frames are where the user's part of a traceback begins."""
    search_path: list[str]
    """Where the program's imports are looked for, before everything else."""

    def run(self) -> None:
        """Execute it; all that it raises passes through."""
        ...


class FileProgram:
    """``python job.py arguments``."""

    def __init__(self, path: str, arguments: list[str]) -> None:
        if not os.path.exists(path):
            raise ProgramNotFoundError(f"there is no file {path}")
        if os.path.isdir(path):
            raise ProgramNotFoundError(f"{path} is a folder; name a Python file in it")
        self._argv = [path, *arguments]
        self.file = os.path.abspath(path)
        self.search_path = [os.path.dirname(os.path.realpath(path))]

    def run(self) -> None:
        sys.argv[:] = self._argv
        _search_first(self.search_path)
        with open(self.file, "rb") as f:
            code = compile(f.read(), self.file, "exec", dont_inherit=True)
        _execute(code, file=self.file, spec=None)


class ModuleProgram:
    """``python -m module arguments``."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        self._module = module
        self._arguments = arguments
        self.file = ""
        self.search_path = [os.getcwd()]

    def run(self) -> None:
        _search_first(self.search_path)
        spec = self._find()
        code = spec.loader.get_code(spec.name)  # type: ignore[union-attr]
        assert spec.origin is not None
        self.file = spec.origin
        sys.argv[:] = [spec.origin, *self._arguments]
        _execute(code, file=spec.origin, spec=spec)

    def _find(self) -> ModuleSpec:
        from hurtig.common.errors import ProgramError

        name = self._module
        try:
            spec = find_spec(name)
            if spec is not None and spec.submodule_search_locations is not None:
                name = f"{name}.__main__"
                spec = find_spec(name)
        except ModuleNotFoundError as e:
            if e.name is None or not f"{name}.".startswith(f"{e.name}."):
                raise  # an import inside one of the packages
            spec = None
        if spec is None or spec.origin is None or not hasattr(spec.loader, "get_code"):
            raise ProgramError(
                f"there is no Python module {name} in {os.pathsep.join(self.search_path)} "
                "or the installed packages; -pyfs adds places to look in"
            )
        return spec


def _search_first(paths: list[str]) -> None:
    """Put paths in front, instead of the folder of the ``hurtig`` command."""
    if not sys.flags.safe_path:
        del sys.path[:1]
    sys.path[:0] = paths


def _execute(code: CodeType, file: str, spec: ModuleSpec | None) -> None:
    main = ModuleType("__main__")
    main.__file__ = file
    main.__spec__ = spec
    main.__package__ = spec.parent if spec else None
    main.__loader__ = spec.loader if spec else SourceFileLoader("__main__", file)
    vars(main).update(__builtins__=__builtins__, __annotations__={}, __cached__=None)
    sys.modules["__main__"] = main
    exec(code, vars(main))
