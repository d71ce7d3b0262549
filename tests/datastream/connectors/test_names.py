"""PyFlink's modules of connectors give the classes of the engine's packages."""

from __future__ import annotations

import importlib

import pytest

from hurtig.datastream import connectors


@pytest.mark.parametrize("name", connectors.__all__)
def test_every_name_is_the_class_of_its_module(name):
    found = getattr(connectors, name)
    module = importlib.import_module(f"hurtig.datastream.connectors.{connectors._HOME[name]}")
    assert isinstance(found, type)
    assert found.__name__ == name
    assert found is getattr(module, name)
    assert name in module.__all__


def test_all_names_are_listed():
    assert sorted(connectors._HOME) == connectors.__all__ == dir(connectors)
    scope: dict[str, object] = {}
    exec("from hurtig.datastream.connectors import *", scope)
    assert set(connectors.__all__) <= scope.keys()


def test_a_name_that_does_not_exist():
    with pytest.raises(AttributeError, match=r"hurtig\.datastream\.connectors.*'Nothing'"):
        connectors.Nothing  # noqa: B018
    with pytest.raises(ImportError, match="Nothing"):
        exec("from hurtig.datastream.connectors import Nothing")


def test_using_one_loads_no_other(run_python):
    code = """\
import sys
from hurtig.datastream.connectors import NumberSequenceSource
loaded = [m for m in sys.modules if m.startswith("hurtig.datastream.connectors.")]
assert loaded == ["hurtig.datastream.connectors.number_seq"], loaded
"""
    run_python("-c", code, check=True)
