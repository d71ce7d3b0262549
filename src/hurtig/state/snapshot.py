"""Snapshots of state: versioned containers that list their content without running code.

Layout of the bytes: magic, format version, length of the header, header (JSON), then the blobs
that the header gives the lengths of. Only blobs marked ``pickled`` are pickles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from hurtig.common.errors import HurtigError
from hurtig.state.codec import Part
from hurtig.state.files_snapshot import FilesSnapshot

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.state.descriptors import StateDescriptor

VERSION = 1
_FILES = b"HFIL"


class SnapshotFormatError(HurtigError):
    """Bytes that are no snapshot, or one of a version that this release cannot read."""


class StateMeta(NamedTuple):
    """What a snapshot says about one state."""

    name: str
    kind: str
    """``value``, ``list``, ``map``, ``reducing``, ``aggregating`` or ``timers``."""
    type: str
    """Kind and types as text; ``untyped`` where values are pickled."""
    ttl: bool = False
    types: str = ""
    """JSON: descriptions of what ``StateDescriptor.value_types`` gave (see
    ``hurtig.common.serializers``), ``null`` for untyped. Empty where nothing is known of them."""

    @staticmethod
    def of(descriptor: StateDescriptor, ttl: bool = False) -> StateMeta:
        """What is to be said about the state of a descriptor."""
        import json

        from hurtig.common.serializers import describe

        types = [None if t is None else describe(t) for t in descriptor.value_types()]
        text = json.dumps(types, separators=(",", ":"))
        return StateMeta(descriptor.name, descriptor.kind, descriptor.describe(), ttl, text)

    def value_types(self) -> tuple[TypeInformation | None, ...]:
        """The types under which it was written; none where nothing is known of them.

        ``ValueError`` where this release does not know one.
        """
        if not self.types:
            return ()
        import json

        from hurtig.common.serializers import from_description

        return tuple(None if t is None else from_description(t) for t in json.loads(self.types))

    def to_json(self) -> list[Any]:
        """For the header of a container; :meth:`from_json` is the way back."""
        import json

        return [*self[:4], json.loads(self.types) if self.types else None]

    @staticmethod
    def from_json(fields: list[Any]) -> StateMeta:
        """See :meth:`to_json`."""
        import json

        types = json.dumps(fields[4], separators=(",", ":")) if fields[4:] and fields[4] else ""
        name, kind, text, *more = fields[:4]
        return StateMeta(name, kind, text, bool(more and more[0]), types)


MANY_GROUPS = -1


class Block(NamedTuple):
    """Entries of one state; ``parts`` are parallel columns of them."""

    state: StateMeta
    key_group: int
    """That of all entries, or ``MANY_GROUPS``."""
    size: int
    parts: dict[str, Part]
    groups: tuple[int, int] = (0, 0)
    """Of ``MANY_GROUPS``: first key group and the one after the last that may have entries."""
    wanted: tuple[int, int] | None = None
    """Only the entries of these key groups count; the others belong to another subtask."""

    def for_range(self, key_groups: range) -> Block | None:
        """What of it belongs to ``key_groups``; the entries are sorted out when they are read."""
        if self.key_group != MANY_GROUPS:
            return self if self.key_group in key_groups else None
        start, stop = self.wanted or self.groups
        common = max(start, key_groups.start), min(stop, key_groups.stop)
        if common[0] >= common[1]:
            return None
        return self if common == (start, stop) else self._replace(wanted=common)


class KeyedStateSnapshot:
    """Keyed state or timers of one subtask, or of several after a merge."""

    __slots__ = ("blocks", "checkpoint_id", "max_parallelism")

    def __init__(self, checkpoint_id: int, max_parallelism: int, blocks: list[Block]) -> None:
        self.checkpoint_id = checkpoint_id
        self.max_parallelism = max_parallelism
        self.blocks = blocks

    def for_range(self, key_groups: range) -> KeyedStateSnapshot:
        """Only what belongs to ``key_groups``."""
        blocks = [found for b in self.blocks if (found := b.for_range(key_groups)) is not None]
        return KeyedStateSnapshot(self.checkpoint_id, self.max_parallelism, blocks)

    def states(self) -> list[StateMeta]:
        """The states it holds, by name."""
        return sorted({b.state for b in self.blocks})

    def to_bytes(self) -> bytes:
        """The stored form."""
        metas = self.states()
        index = {meta: i for i, meta in enumerate(metas)}
        blobs: list[bytes] = []
        header = {
            "checkpoint": self.checkpoint_id,
            "max_parallelism": self.max_parallelism,
            "states": [meta.to_json() for meta in metas],
            "blocks": [
                [index[b.state], b.key_group, b.size, _store_parts(b.parts, blobs), *b[4:]]
                for b in self.blocks
            ],
        }
        return write_container(b"HKEY", header, blobs)

    @staticmethod
    def from_bytes(data: bytes) -> KeyedStateSnapshot:
        """Read the stored form."""
        header, blobs = read_container(b"HKEY", data)
        metas = [StateMeta.from_json(meta) for meta in header["states"]]
        blocks = [
            Block(metas[state], group, size, _load_parts(parts, blobs), *_ranges(more))
            for state, group, size, parts, *more in header["blocks"]
        ]
        return KeyedStateSnapshot(header["checkpoint"], header["max_parallelism"], blocks)


class OperatorStateSnapshot:
    """Operator state of one subtask: per state its way of redistribution and its elements."""

    __slots__ = ("states",)

    def __init__(self, states: dict[str, tuple[str, StateMeta, list[Part]]]) -> None:
        self.states = states
        """name -> (``split``, ``union`` or ``broadcast``; what it is; one part per element)."""

    def to_bytes(self) -> bytes:
        """The stored form."""
        blobs: list[bytes] = []
        rows = []
        for mode, meta, parts in self.states.values():
            rows.append([mode, meta.to_json(), [encoding for encoding, _ in parts]])
            blobs.extend(content for _, content in parts)
        return write_container(b"HOPS", {"states": rows}, blobs)

    @staticmethod
    def from_bytes(data: bytes) -> OperatorStateSnapshot:
        """Read the stored form."""
        header, blobs = read_container(b"HOPS", data)
        contents = iter(blobs)
        states = {}
        for mode, fields, encodings in header["states"]:
            meta = StateMeta.from_json(fields)
            states[meta.name] = (mode, meta, [(e, next(contents)) for e in encodings])
        return OperatorStateSnapshot(states)


class OperatorSnapshot:
    """All that a checkpoint keeps of one operator subtask.

    ``keyed``, ``timers``  keyed state and timers, by key group; keyed state may be files;
    ``operator_state``     operator state;
    ``custom``             anything else, as bytes under names of the operator's choice.
    """

    __slots__ = ("custom", "keyed", "operator_state", "timers")

    def __init__(
        self,
        keyed: KeyedStateSnapshot | FilesSnapshot | None = None,
        timers: KeyedStateSnapshot | None = None,
        operator_state: OperatorStateSnapshot | None = None,
        custom: dict[str, bytes] | None = None,
    ) -> None:
        self.keyed = keyed
        self.timers = timers
        self.operator_state = operator_state
        self.custom = custom or {}

    def to_bytes(self, apart: Collection[str] = ()) -> bytes:
        """The stored form. Of a :class:`FilesSnapshot` without its ``shared`` files, and without
        those of its own whose names are in ``apart``: they are stored beside it."""
        parts = [self.keyed, self.timers, self.operator_state]
        blobs = [
            _files_to_bytes(part, apart) if isinstance(part, FilesSnapshot) else part.to_bytes()
            for part in parts
            if part is not None
        ]
        header = {"has": [part is not None for part in parts], "custom": list(self.custom)}
        return write_container(b"HOPR", header, blobs + list(self.custom.values()))

    @staticmethod
    def from_bytes(data: bytes, new_directory: Callable[[], str] | None = None) -> OperatorSnapshot:
        """Read the stored form.

        Where the keyed state is a :class:`FilesSnapshot`, its own files are written to a folder
        that ``new_directory`` must give; those that are stored beside it are to be put there.
        """
        header, blobs = read_container(b"HOPR", data)
        rest = iter(blobs)
        keyed, timers, operator_state = header["has"]
        return OperatorSnapshot(
            _read_keyed(next(rest), new_directory) if keyed else None,
            KeyedStateSnapshot.from_bytes(next(rest)) if timers else None,
            OperatorStateSnapshot.from_bytes(next(rest)) if operator_state else None,
            dict(zip(header["custom"], rest, strict=True)),
        )


def _read_keyed(
    data: bytes, new_directory: Callable[[], str] | None
) -> KeyedStateSnapshot | FilesSnapshot:
    if data[:4] != _FILES:
        return KeyedStateSnapshot.from_bytes(data)
    from pathlib import Path

    if new_directory is None:
        raise SnapshotFormatError(
            "the keyed state of this snapshot is files: a folder to restore them to is needed"
        )
    header, blobs = read_container(_FILES, data)
    directory = new_directory()
    apart = set(header["apart"])
    inside = [name for name in header["own"] if name not in apart]
    for name, content in zip(inside, blobs, strict=True):
        path = Path(directory, checked_name(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shared = [checked_name(name) for name in header["shared"]]
    return FilesSnapshot(directory, shared, header["own"], header["header"])


def checked_name(name: str) -> str:
    """A file name of a snapshot, unless it leads out of its folder: SnapshotFormatError."""
    if not name or name.startswith("/") or ".." in name.split("/"):
        raise SnapshotFormatError(f"{name!r} is no name of a file in a snapshot: it is damaged")
    return name


def _files_to_bytes(files: FilesSnapshot, apart: Collection[str]) -> bytes:
    from pathlib import Path

    inside = [Path(files.directory, name).read_bytes() for name in files.own if name not in apart]
    header = {
        "header": files.header,
        "shared": files.shared,
        "own": files.own,
        "apart": sorted(apart),
    }
    return write_container(_FILES, header, inside)


def write_container(magic: bytes, header: dict[str, Any], blobs: Iterable[bytes]) -> bytes:
    """Magic, version, header and blobs as one string of bytes."""
    import json

    blobs = list(blobs)
    header = {**header, "lengths": [len(blob) for blob in blobs]}
    head = json.dumps(header, separators=(",", ":")).encode()
    prefix = magic + VERSION.to_bytes(2, "big") + len(head).to_bytes(8, "big")
    return b"".join([prefix, head, *blobs])


def read_container(magic: bytes, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs. Raises :class:`SnapshotFormatError`."""
    import json

    if data[:4] != magic:
        raise SnapshotFormatError(
            f"not a state snapshot: it starts with {data[:4]!r} instead of {magic!r}; "
            f"the file is damaged or of another kind"
        )
    version = int.from_bytes(data[4:6], "big")
    if version > VERSION:
        raise SnapshotFormatError(
            f"the snapshot has format version {version}, this release reads up to {VERSION}: "
            f"restore it with the release that wrote it, or a later one"
        )
    start = 14 + int.from_bytes(data[6:14], "big")
    try:
        header: dict[str, Any] = json.loads(data[14:start])
        lengths: list[int] = header["lengths"]
    except (ValueError, KeyError) as e:
        raise SnapshotFormatError(f"the header of the state snapshot is damaged: {e}") from e
    if start + sum(lengths) != len(data):
        raise SnapshotFormatError(
            f"the state snapshot is cut off: {len(data)} bytes of {start + sum(lengths)}"
        )
    blobs = []
    for length in lengths:
        blobs.append(data[start : start + length])
        start += length
    return header, blobs


def _ranges(lists: list[Any]) -> list[Any]:
    return [None if each is None else tuple(each) for each in lists]


def _store_parts(parts: dict[str, Part], blobs: list[bytes]) -> list[list[Any]]:
    rows = []
    for name, (encoding, content) in parts.items():
        rows.append([name, encoding, len(blobs)])
        blobs.append(content)
    return rows


def _load_parts(rows: list[list[Any]], blobs: list[bytes]) -> dict[str, Part]:
    return {name: (encoding, blobs[position]) for name, encoding, position in rows}
