"""Slot sharing groups and their resources (``pyflink.datastream.slot_sharing_group``)."""

from __future__ import annotations

from functools import total_ordering

__all__ = ["MemorySize", "SlotSharingGroup"]


@total_ordering
class MemorySize:
    """A number of bytes; immutable, hashable, ordered."""

    __slots__ = ("_bytes",)

    def __init__(self, bytes_size: int | None = None) -> None:
        if bytes_size is None or isinstance(bytes_size, bool) or not isinstance(bytes_size, int):
            raise TypeError(f"a memory size is a number of bytes, got {bytes_size!r}")
        if bytes_size < 0:
            raise ValueError(f"a memory size must not be negative, got {bytes_size} bytes")
        self._bytes = bytes_size

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> MemorySize:
        """So many times 1024 * 1024 bytes."""
        return MemorySize(mebi_bytes << 20)

    def get_bytes(self) -> int:
        """All of it in bytes."""
        return self._bytes

    def get_kibi_bytes(self) -> int:
        """Whole kibibytes, rounded down."""
        return self._bytes >> 10

    def get_mebi_bytes(self) -> int:
        """Whole mebibytes, rounded down."""
        return self._bytes >> 20

    def get_gibi_bytes(self) -> int:
        """Whole gibibytes, rounded down."""
        return self._bytes >> 30

    def get_tebi_bytes(self) -> int:
        """Whole tebibytes, rounded down."""
        return self._bytes >> 40

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemorySize) and self._bytes == other._bytes

    def __lt__(self, other: MemorySize) -> bool:
        if not isinstance(other, MemorySize):
            return NotImplemented
        return self._bytes < other._bytes

    def __le__(self, other: MemorySize) -> bool:
        if not isinstance(other, MemorySize):
            return NotImplemented
        return self._bytes <= other._bytes

    def __hash__(self) -> int:
        return hash((MemorySize, self._bytes))

    def __reduce__(self) -> tuple[type[MemorySize], tuple[int]]:
        return MemorySize, (self._bytes,)

    def __str__(self) -> str:
        size, unit = self._bytes, "bytes"
        for larger in ("kb", "mb", "gb", "tb"):
            if not size or size % 1024:
                break
            size, unit = size // 1024, larger
        return f"{size} {unit}"

    def __repr__(self) -> str:
        return f"MemorySize({self})"


class SlotSharingGroup:
    """Operators that may share a slot, and what one such slot needs. Made by ``builder``.

    Without resources all of them are None. With them, CPU cores and heap memory are both set.
    """

    def __init__(
        self,
        name: str,
        cpu_cores: float | None = None,
        task_heap_memory: MemorySize | None = None,
        task_off_heap_memory: MemorySize | None = None,
        managed_memory: MemorySize | None = None,
        external_resources: dict[str, float] | None = None,
    ) -> None:
        self._name = name
        self._cpu_cores = cpu_cores
        self._task_heap_memory = task_heap_memory
        self._task_off_heap_memory = task_off_heap_memory
        self._managed_memory = managed_memory
        self._external_resources = dict(external_resources or {})

    def get_name(self) -> str:
        """The name that ``slot_sharing_group`` of an operator also takes."""
        return self._name

    def get_managed_memory(self) -> MemorySize | None:
        """Memory for state backends and sorting."""
        return self._managed_memory

    def get_task_heap_memory(self) -> MemorySize | None:
        """Memory for objects."""
        return self._task_heap_memory

    def get_task_off_heap_memory(self) -> MemorySize | None:
        """Memory outside the heap."""
        return self._task_off_heap_memory

    def get_cpu_cores(self) -> float | None:
        """CPU cores, fractions too."""
        return self._cpu_cores

    def get_external_resources(self) -> dict[str, float]:
        """Name of a resource (``gpu``) -> amount."""
        return dict(self._external_resources)

    @staticmethod
    def builder(name: str) -> SlotSharingGroup.Builder:
        """Starts a group of that name."""
        return SlotSharingGroup.Builder(name)

    def _key(self) -> tuple[object, ...]:
        return (
            self._name,
            self._cpu_cores,
            self._task_heap_memory,
            self._task_off_heap_memory,
            self._managed_memory,
            tuple(sorted(self._external_resources.items())),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotSharingGroup) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if self._cpu_cores is None:
            return f"SlotSharingGroup({self._name!r})"
        return (
            f"SlotSharingGroup({self._name!r}, {self._cpu_cores} cores, "
            f"heap {self._task_heap_memory}, off-heap {self._task_off_heap_memory}, "
            f"managed {self._managed_memory}, {self._external_resources})"
        )

    class Builder:
        """Collects the resources of a group. Setters return the builder and raise ValueError."""

        def __init__(self, name: str) -> None:
            if not isinstance(name, str):
                raise TypeError(f"the name of a slot sharing group is a str, got {name!r}")
            self._name = name
            self._cpu_cores: float | None = None
            self._task_heap_memory: MemorySize | None = None
            self._task_off_heap_memory: MemorySize | None = None
            self._managed_memory: MemorySize | None = None
            self._external_resources: dict[str, float] = {}

        def set_cpu_cores(self, cpu_cores: float) -> SlotSharingGroup.Builder:
            """CPU cores, more than 0."""
            if not cpu_cores > 0:
                raise ValueError(f"cpu_cores must be positive, got {cpu_cores}")
            self._cpu_cores = float(cpu_cores)
            return self

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Memory for objects, more than 0."""
            if not task_heap_memory.get_bytes():
                raise ValueError("task_heap_memory must be positive, got 0 bytes")
            self._task_heap_memory = task_heap_memory
            return self

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Memory for objects in mebibytes, more than 0."""
            return self.set_task_heap_memory(MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(
            self, task_off_heap_memory: MemorySize
        ) -> SlotSharingGroup.Builder:
            """Memory outside the heap."""
            self._task_off_heap_memory = task_off_heap_memory
            return self

        def set_task_off_heap_memory_mb(
            self, task_off_heap_memory_mb: int
        ) -> SlotSharingGroup.Builder:
            """Memory outside the heap in mebibytes."""
            return self.set_task_off_heap_memory(MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Memory for state backends and sorting."""
            self._managed_memory = managed_memory
            return self

        def set_managed_memory_mb(self, managed_memory_mb: int) -> SlotSharingGroup.Builder:
            """Memory for state backends and sorting in mebibytes."""
            return self.set_managed_memory(MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> SlotSharingGroup.Builder:
            """An amount of another resource, for example ``gpu``."""
            if value < 0:
                raise ValueError(f"the external resource {name} must not be negative, got {value}")
            self._external_resources[name] = float(value)
            return self

        def build(self) -> SlotSharingGroup:
            """The group. ValueError where there are resources, but not both cores and heap."""
            if self._cpu_cores is not None and self._task_heap_memory is not None:
                return SlotSharingGroup(
                    self._name,
                    self._cpu_cores,
                    self._task_heap_memory,
                    self._task_off_heap_memory or MemorySize(0),
                    self._managed_memory or MemorySize(0),
                    self._external_resources,
                )
            if self._external_resources or any(
                resource is not None
                for resource in (
                    self._cpu_cores,
                    self._task_heap_memory,
                    self._task_off_heap_memory,
                    self._managed_memory,
                )
            ):
                raise ValueError(
                    f"the slot sharing group {self._name!r} has resources, but not both of those "
                    "that are needed; call set_cpu_cores and set_task_heap_memory"
                )
            return SlotSharingGroup(self._name)
