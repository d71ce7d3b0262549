from __future__ import annotations

import pickle

import pytest

from hurtig.common.errors import HurtigError
from hurtig.util import exceptions


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_exception_is_a_java_exception_with_its_text(name):
    kind = getattr(exceptions, name)
    error = kind("no such table")
    assert isinstance(error, exceptions.JavaException)
    assert isinstance(error, HurtigError)
    assert str(error) == error.stack_trace == "no such table"
    assert error.render() == f"{name}: no such table"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.stack_trace) == (kind, "no such table")
