"""Memory sizes and slot sharing groups."""

from __future__ import annotations

import pickle

import pytest

from hurtig.datastream.slot_sharing_group import MemorySize, SlotSharingGroup


def test_memory_size_in_units():
    size = MemorySize((3 << 40) + (1 << 20) + 5)
    assert size.get_bytes() == (3 << 40) + (1 << 20) + 5
    assert size.get_kibi_bytes() == (3 << 30) + (1 << 10)
    assert size.get_mebi_bytes() == (3 << 20) + 1
    assert size.get_gibi_bytes() == 3 << 10
    assert size.get_tebi_bytes() == 3
    assert MemorySize.of_mebi_bytes(5).get_bytes() == 5 << 20


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (2048, "2 kb"),
        (5 << 20, "5 mb"),
        (1 << 30, "1 gb"),
        (7 << 50, "7168 tb"),
    ],
)
def test_memory_size_as_text(size, text):
    assert str(MemorySize(size)) == text


def test_memory_sizes_compare():
    small, large = MemorySize(1), MemorySize(2)
    assert small < large
    assert small <= large
    assert small <= MemorySize(1)
    assert large > small
    assert small == MemorySize(1)
    assert small != large
    assert hash(small) == hash(MemorySize(1))
    assert pickle.loads(pickle.dumps(large)) == large
    with pytest.raises(TypeError):
        assert small < 2


def test_memory_size_refuses():
    with pytest.raises(ValueError, match="negative"):
        MemorySize(-1)
    for bad in (None, "1 mb", 1.5, True):
        with pytest.raises(TypeError, match="number of bytes"):
            MemorySize(bad)  # type: ignore[arg-type]


def test_a_group_without_resources():
    group = SlotSharingGroup.builder("g").build()
    assert group.get_name() == "g"
    assert group.get_cpu_cores() is None
    assert group.get_task_heap_memory() is None
    assert group.get_task_off_heap_memory() is None
    assert group.get_managed_memory() is None
    assert group.get_external_resources() == {}


def full(name: str = "g") -> SlotSharingGroup:
    return (
        SlotSharingGroup.builder(name)
        .set_cpu_cores(1.5)
        .set_task_heap_memory_mb(10)
        .set_task_off_heap_memory_mb(20)
        .set_managed_memory_mb(30)
        .set_external_resource("gpu", 1)
        .build()
    )


def test_a_group_with_resources():
    group = full()
    assert group.get_cpu_cores() == 1.5
    assert group.get_task_heap_memory() == MemorySize.of_mebi_bytes(10)
    assert group.get_task_off_heap_memory() == MemorySize.of_mebi_bytes(20)
    assert group.get_managed_memory() == MemorySize.of_mebi_bytes(30)
    assert group.get_external_resources() == {"gpu": 1.0}
    assert group == full()
    assert hash(group) == hash(full())
    assert group != full("h")
    assert group != SlotSharingGroup.builder("g").build()
    assert pickle.loads(pickle.dumps(group)) == group


def test_memory_that_is_not_said_is_none_at_all():
    group = (
        SlotSharingGroup.builder("g").set_cpu_cores(1).set_task_heap_memory(MemorySize(1)).build()
    )
    assert group.get_task_off_heap_memory() == MemorySize(0)
    assert group.get_managed_memory() == MemorySize(0)


@pytest.mark.parametrize(
    ("setter", "arguments"),
    [
        ("set_cpu_cores", (1.0,)),
        ("set_task_heap_memory_mb", (1,)),
        ("set_task_off_heap_memory", (MemorySize(1),)),
        ("set_managed_memory", (MemorySize(0),)),
        ("set_external_resource", ("gpu", 1.0)),
    ],
)
def test_resources_need_cores_and_heap(setter, arguments):
    builder = SlotSharingGroup.builder("g")
    getattr(builder, setter)(*arguments)
    with pytest.raises(ValueError, match="set_cpu_cores and set_task_heap_memory"):
        builder.build()


@pytest.mark.parametrize(
    ("setter", "arguments"),
    [
        ("set_cpu_cores", (0,)),
        ("set_cpu_cores", (-1.0,)),
        ("set_task_heap_memory_mb", (0,)),
        ("set_managed_memory_mb", (-1,)),
        ("set_external_resource", ("gpu", -1.0)),
    ],
)
def test_amounts_that_cannot_be(setter, arguments):
    with pytest.raises(ValueError):
        getattr(SlotSharingGroup.builder("g"), setter)(*arguments)


def test_a_group_has_a_name():
    with pytest.raises(TypeError, match="name"):
        SlotSharingGroup.builder(None)  # type: ignore[arg-type]
