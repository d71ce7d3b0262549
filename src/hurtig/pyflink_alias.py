"""The ``pyflink`` alias: ``import pyflink.x.y`` gives the module object of ``hurtig.x.y``.

Both names lead to one object, so classes, enums and ``isinstance`` agree whatever name a program
imported. Two modules are not shared, because they answer differently: ``pyflink`` itself and
``pyflink.version`` report the PyFlink release whose API hurtig has, not hurtig's own version.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hurtig.pyflink_incidental import hand_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
else:
    Loader = object  # importing importlib.abc would cost a quarter of the command's start-up

__all__ = ["install", "is_installed"]

_ALIAS = "pyflink"
_TARGET = "hurtig"


def install() -> None:
    """Put the alias in front of all other finders; does nothing where it is there already."""
    if is_installed():
        return
    foreign = sys.modules.get(_ALIAS)
    if foreign is not None:
        where = getattr(foreign, "__file__", None) or "an unknown place"
        raise ImportError(
            f"pyflink was already imported from {where}. "
            "Call hurtig.install_as_pyflink() before the first import of pyflink, "
            "or start the program with: hurtig run",
            name=_ALIAS,
        )
    sys.meta_path.insert(0, _AliasFinder())


def is_installed() -> bool:
    """Whether ``pyflink`` stands for ``hurtig`` in this process."""
    return any(isinstance(finder, _AliasFinder) for finder in sys.meta_path)


class _AliasFinder:
    """Answers for ``pyflink`` and all below it, and for nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        head, _, tail = fullname.partition(".")
        if head != _ALIAS:
            return None
        name = f"{_TARGET}.{tail}" if tail else _TARGET
        real = _find_or_none(name)
        if real is None:
            # The name attribute is hurtig's: `from pyflink import x` would swallow pyflink.x
            # and report a bare "cannot import name".
            raise ModuleNotFoundError(f"{fullname} is not in this version of hurtig", name=name)
        loader = _FacadeLoader() if tail in _FACADES else _SharedLoader(name)
        spec = ModuleSpec(fullname, loader, origin=real.origin)
        spec.submodule_search_locations = real.submodule_search_locations
        return spec


def _find_or_none(name: str) -> ModuleSpec | None:
    """The spec of a module of hurtig; None only where it, or a parent, does not exist."""
    try:
        return find_spec(name)
    except ModuleNotFoundError as e:
        if e.name is not None and (name == e.name or name.startswith(f"{e.name}.")):
            return None
        raise


class _SharedLoader(Loader):
    """Hands out hurtig's own module object, as it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just set the alias's spec on it; relative imports, reload and
        # pickling by reference go by the real one.
        module.__spec__ = self._spec
        hand_on(module)


class _FacadeLoader(Loader):
    """Makes a module of its own that answers what only PyFlink's name may answer."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        _FACADES[spec.name.partition(".")[2]](module, import_module(_TARGET))


def _fill_package(module: ModuleType, hurtig: ModuleType) -> None:
    from hurtig.version import PYFLINK_API_VERSION

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name.startswith("__"):
            raise AttributeError(f"module {_ALIAS!r} has no attribute {name!r}")
        if name in _FACADES:
            return import_module(f"{_ALIAS}.{name}")
        return getattr(hurtig, name)

    vars(module).update(
        __doc__=hurtig.__doc__,
        __file__=hurtig.__file__,
        __version__=PYFLINK_API_VERSION,
        __all__=["__version__"],
        __getattr__=__getattr__,
    )


def _fill_version(module: ModuleType, hurtig: ModuleType) -> None:
    from hurtig.version import PYFLINK_API_VERSION

    vars(module).update(__version__=PYFLINK_API_VERSION, __all__=["__version__"])


#: What follows ``pyflink`` in the name -> what fills that module.
_FACADES = {"": _fill_package, "version": _fill_version}
