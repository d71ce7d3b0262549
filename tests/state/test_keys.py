"""Keys: canonical forms, stable bytes, key groups and routes."""

import datetime
import pickle
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hurtig.common.typeinfo import Types
from hurtig.common.types import Row, RowKind
from hurtig.state.key_groups import murmur_hash
from hurtig.state.keys import (
    KeyGuard,
    KeyRouter,
    UnhashableKeyError,
    canonical_key,
    default_max_parallelism,
    key_group_for,
    key_group_range,
    operator_index,
    stable_key_bytes,
    unwrap_key,
)

Point = namedtuple("Point", "x y")


class Plain(Enum):
    A = 1


class Number(IntEnum):
    ONE = 1


@dataclass(frozen=True)
class Id:
    part: object


numbers = st.one_of(
    st.integers(-2, 2),
    st.booleans(),
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, float("nan"), float("inf"), -0.0]),
    st.sampled_from([Decimal(1), Decimal("1.0"), Decimal("0.5"), Decimal("NaN")]),
)
scalars = st.one_of(numbers, st.none(), st.sampled_from(["", "a", "1", b"", b"a", Number.ONE]))
keys = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(inner, max_size=2),
        inner.map(Id),
        st.tuples(inner, inner).map(lambda t: Point(*t)),
        inner.map(Row),
    ),
    max_leaves=5,
)


def identity(key):
    """Type and value, as a naive reader would write it down."""
    if isinstance(key, tuple):
        return type(key).__name__, [identity(k) for k in key]
    if isinstance(key, frozenset):
        return "frozenset", sorted([identity(k) for k in key], key=repr)
    if isinstance(key, Id):
        return "Id", identity(key.part)
    if isinstance(key, Row):
        return "Row", [identity(k) for k in key]
    if isinstance(key, Decimal):
        return "Decimal", str(key.normalize())
    if isinstance(key, float):
        return "float", repr(key + 0.0)
    return type(key).__name__, repr(key)


@settings(max_examples=400, deadline=None)
@given(st.lists(keys, max_size=12))
def test_canonical_keys_are_equal_iff_type_and_value_are(batch):
    canonical = KeyGuard().canonical(list(batch))
    groups: dict[object, set[str]] = {}
    for raw, key in zip(batch, canonical, strict=True):
        groups.setdefault(key, set()).add(repr(identity(raw)))
        assert repr(identity(unwrap_key(key))) == repr(identity(raw))
    assert all(len(names) == 1 for names in groups.values())
    assert len(groups) == len({repr(identity(raw)) for raw in batch})


@settings(max_examples=400, deadline=None)
@given(keys, keys)
def test_bytes_agree_with_canonical_equality(a, b):
    same = canonical_key(a) == canonical_key(b)
    assert (stable_key_bytes(a) == stable_key_bytes(b)) == same
    assert stable_key_bytes(canonical_key(a)) == stable_key_bytes(a)


@given(keys)
def test_canonical_keys_survive_pickle(key):
    canonical = canonical_key(key)
    again = pickle.loads(pickle.dumps(canonical, 5))
    assert again == canonical
    assert hash(again) == hash(canonical)


@given(st.lists(keys, min_size=1, max_size=8), st.integers(0, 8))
def test_a_keys_form_does_not_depend_on_its_batch(batch, at):
    guard = KeyGuard()
    at %= len(batch)
    assert guard.canonical(list(batch))[at] == guard.canonical([batch[at]])[0]


@pytest.mark.parametrize(
    "batch",
    [["a", "b"], [1, 2], [None, "a", 3, b"x"], [("a", 1), ("b", 2)], [(), ("a",)]],
)
def test_ordinary_batches_pass_untouched(batch):
    assert KeyGuard().canonical(batch) is batch


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ([1, 2], ["[1, 2]", "tuple"]),
        ({"a": 1}, ["{'a': 1}", "items"]),
        ({1}, ["{1}", "frozenset"]),
        (("a", [7]), ["('a', [7])", "list", "tuple"]),
        (("a", ("b", {"c": 1})), ["dict"]),
        (bytearray(b"x"), ["bytes("]),
        (Id([1]), ["Id", "__hash__"]),
    ],
)
def test_unhashable_keys_are_named_with_the_fix(key, words):
    with pytest.raises(UnhashableKeyError) as caught:
        KeyGuard().canonical(["ok", key])
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_own_enums_and_rows_of_different_kind():
    assert canonical_key(Plain.A) is Plain.A
    assert canonical_key(Number.ONE) != 1
    inserted, deleted = Row(1), Row.of_kind(RowKind.DELETE, 1)
    assert stable_key_bytes(inserted) != stable_key_bytes(deleted)
    assert stable_key_bytes(Row(a=1)) != stable_key_bytes(Row(1))


def test_numpy_scalars_are_keys_of_their_own_type():
    np = pytest.importorskip("numpy")
    batch = [1, np.int64(1), np.float64(1.0), 1.0, np.str_("a"), "a", np.float64("nan")]
    canonical = KeyGuard().canonical(batch)
    assert len(set(canonical)) == len(batch)
    assert canonical_key(np.float64("nan")) == canonical[-1]


def test_equal_moments_in_two_zones_have_equal_bytes():
    utc = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
    east = utc.astimezone(datetime.timezone(datetime.timedelta(hours=3)))
    assert utc == east
    assert stable_key_bytes(utc) == stable_key_bytes(east)
    assert stable_key_bytes(utc) != stable_key_bytes(utc.replace(tzinfo=None))


def test_declared_types_convert():
    assert KeyGuard(Types.DOUBLE()).canonical([1, 2.5]) == [1.0, 2.5]
    assert all(type(k) is float for k in KeyGuard(Types.DOUBLE()).canonical([1, 2]))
    a, b = KeyGuard(Types.DOUBLE()).canonical([float("nan"), float("nan")])
    assert a == b
    batch = ["a", "b"]
    assert KeyGuard(Types.STRING()).canonical(batch) is batch
    guard = KeyGuard(Types.TUPLE([Types.STRING(), Types.LONG()]))
    assert guard.canonical([("a", 1)]) == [("a", 1)]
    mixed = KeyGuard(Types.PICKLED_BYTE_ARRAY()).canonical([1, 1.0, True])
    assert len(set(mixed)) == 3


def test_a_self_referring_key_has_bytes():
    class Loop:
        pass

    Loop.__qualname__ = "Loop"
    globals()["Loop"] = Loop
    key = Loop()
    key.me = key
    assert stable_key_bytes(key)[:1] == b"P"


def test_equal_objects_that_share_parts_differently_have_equal_bytes():
    text = "".join(["a", "b"])
    assert stable_key_bytes(Id(Box(text, text))) == stable_key_bytes(
        Id(Box("ab"[:], "".join("ab")))
    )


class Box:
    def __init__(self, a, b):
        self.pair = (a, b)


def test_the_bytes_are_fixed():
    assert [stable_key_bytes(k) for k in (None, True, 1, -7, 1.5, "ü", b"x", 2**70)] == [
        b"N",
        b"T",
        b"i1",
        b"i-7",
        b"d\x3f\xf8\x00\x00\x00\x00\x00\x00",
        b"s\xc3\xbc",
        b"bx",
        b"I\x40\x00\x00\x00\x00\x00\x00\x00\x00",
    ]
    assert stable_key_bytes(("a", 1)) == b"t2:sa2:i1"
    assert stable_key_bytes(Decimal("12.50")) == b"D+125e-1"
    assert stable_key_bytes(datetime.date(2024, 1, 2)) == b"a2024-01-02"
    # A change here would send restored state to other subtasks.
    expected = [75, 107, 61, 47, 62]
    assert [key_group_for(k, 128) for k in ("a", "user-1", 1, None, ("a", 1))] == expected


def test_the_hash_seed_has_no_influence():
    code = (
        "from hurtig.state.keys import key_group_for as g;"
        "print([g(k, 4096) for k in ('a', frozenset({'x', 'y', 'z'}), (1, 'b'))])"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_murmur_of_known_codes():
    # Flink's MathUtils.murmurHash is MurmurHash3 x86_32 of four bytes with seed 0.
    assert murmur_hash(0) == 0x2362F9DE
    assert all(0 <= murmur_hash(c) < 1 << 31 for c in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF))


@given(st.integers(1, 200), st.integers(1, 200))
def test_ranges_partition_the_key_groups(a, b):
    parallelism, max_parallelism = min(a, b), max(a, b)
    owners = [operator_index(g, max_parallelism, parallelism) for g in range(max_parallelism)]
    for index in range(parallelism):
        own = key_group_range(max_parallelism, parallelism, index)
        assert [g for g, owner in enumerate(owners) if owner == index] == list(own)


def test_key_groups_are_filled_evenly():
    counts = [0] * 128
    for i in range(12_800):
        counts[key_group_for(f"user-{i}", 128)] += 1
    assert min(counts) > 50
    assert max(counts) < 160


def test_default_max_parallelism():
    assert [default_max_parallelism(p) for p in (1, 85, 86, 128, 200, 30_000)] == [
        128,
        128,
        256,
        256,
        512,
        32768,
    ]


def test_routes_agree_across_routers_and_forms():
    batch = [1, 1.0, True, "a", None, ("a", 1.0), ("a", 1)]
    canonical = KeyGuard().canonical(batch)
    one, two = KeyRouter(128, 7), KeyRouter(128, 7)
    expected = [operator_index(key_group_for(k, 128), 128, 7) for k in batch]
    assert one.route(canonical) == expected
    assert two.route(canonical[::-1]) == expected[::-1]
    assert one.route(canonical) == expected
    assert KeyRouter(128, 1).route([1, 2]) == [0, 0]


def test_a_router_forgets(monkeypatch):
    monkeypatch.setattr("hurtig.state.key_groups._ROUTES_KEPT", 10)
    router = KeyRouter(128, 4)
    for start in range(0, 100, 20):
        router.route(list(range(start, start + 20)))
    assert len(router._routes) <= 20


def test_parallelism_above_the_maximum_is_refused():
    with pytest.raises(ValueError, match="set_max_parallelism"):
        KeyRouter(4, 5)


@pytest.mark.parametrize("key", [True, 1.0, Decimal(1), Number.ONE])
def test_keys_that_equal_one_are_told_apart_across_batches(key):
    guard = KeyGuard()
    assert guard.canonical([key]) != guard.canonical([1])
    assert guard.canonical([("a", key)]) != guard.canonical([("a", 1)])
    assert guard.canonical([key, key])[1] == guard.canonical([1, key])[1]


def test_both_zeros_are_one_key():
    assert canonical_key(-0.0) == canonical_key(0.0)
    assert stable_key_bytes(-0.0) == stable_key_bytes(0.0)
