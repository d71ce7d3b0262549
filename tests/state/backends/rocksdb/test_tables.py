"""Tables of operators, whose objects change in place, against plain dicts."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_tests import Backends

from hurtig.state.descriptors import MapStateDescriptor, ValueStateDescriptor

BACKENDS = Backends(**{"hurtig.rocksdb.cache-entries": "6"})
NAMESPACES = ["", (0, 10), (10, 20)]
KEYS = [1, "b", None, (1, "x"), 2.5, frozenset({3})]


@pytest.fixture(autouse=True)
def closed():
    yield
    BACKENDS.close()


STEPS = [
    *("set", "set", "plain", "none", "pop"),
    *("append", "append", "append_late", "nested", "all"),
    *("drop", "clear_key", "flush", "restore", "look"),
]
steps = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, len(NAMESPACES) - 1),
        st.integers(0, len(KEYS) - 1),
        st.integers(0, 99),
    ),
    min_size=5,
    max_size=50,
)


@pytest.mark.parametrize("kind", [ValueStateDescriptor, MapStateDescriptor])
@settings(max_examples=60, deadline=None)
@given(script=steps)
def test_against_dicts(kind, script):
    backend = BACKENDS()
    model = {}
    for n, (step, at, which, number) in enumerate(script):
        descriptor = kind("t")
        namespace, key = NAMESPACES[at], KEYS[which]
        table = backend.table(descriptor, namespace)
        want = model.setdefault(namespace, {})
        if step == "set":
            table[key] = {"list": [number]}
            want[key] = {"list": [number]}
        elif step in ("append", "nested", "append_late"):
            entry = table.get(key)
            assert (entry is None) == (want.get(key) is None)
            if isinstance(entry, dict):
                if step == "append_late":  # the cache may turn meanwhile, once
                    for other in KEYS[:3]:
                        table.get(other)
                entry["list"].append(number)
                want[key]["list"].append(number)
        elif step == "plain":
            table[key] = number
            want[key] = number
        elif step == "none":
            table[key] = None
            want[key] = None
        elif step == "pop":
            assert table.pop(key, 0) == want.pop(key, 0)
        elif step == "all":
            for each, entry in table.items():
                if isinstance(entry, dict):
                    entry["list"].append(number)
                    want[each]["list"].append(number)
        elif step == "drop":
            backend.drop_namespace(descriptor, namespace)
            want.clear()
        elif step == "clear_key":
            backend.clear_key(key)
            for entries in model.values():
                entries.pop(key, None)
        elif step == "flush":
            backend.flush()
        elif step == "restore":
            snapshot = backend.snapshot(n, canonical=bool(number % 2))
            former, backend = backend, BACKENDS()
            backend.restore([snapshot], range(128))
            former.close()
            table = backend.table(kind("t"), namespace)
        assert dict(table.items()) == want
        assert bool(table) == bool(want)
        assert len(table) == len(want)
        assert key in table if key in want else key not in table
    for namespace, want in copy.deepcopy(model).items():
        assert dict(backend.table(kind("t"), namespace)) == want
    filled = {ns for ns, entries in model.items() if entries}
    assert set(backend.namespaces(kind("t"))) == filled


def test_what_is_only_read_is_not_written_again():
    backend = Backends(**{"hurtig.rocksdb.cache-entries": "100"})()
    table = backend.table(ValueStateDescriptor("t"))
    for key in range(10):
        table[key] = [key]
    first = backend.snapshot(1)
    assert [table[key] for key in range(10)] == [[key] for key in range(10)]
    assert backend.snapshot(2).shared == first.shared
    table[3].append(1)
    third = backend.snapshot(3)
    assert set(third.shared) > set(first.shared)
    backend.close()
