"""Reading state that was written under other types than those that are declared now.

Types are compared by their descriptions (see :mod:`hurtig.common.serializers.description`). A row
may get and lose fields, found by name; numbers may get wider; what had no type may get one that its
values have, and the other way round. Anything else is a :class:`StateMigrationError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hurtig.state.codec import PACKED, TYPED, Part, StateMigrationError, decode, split_packed
from hurtig.state.unpickling import StateLoads, may_change
from hurtig.state.values import IMMUTABLE, pack

if TYPE_CHECKING:
    from hurtig.common.typeinfo import TypeInformation
    from hurtig.state.descriptors import StateDescriptor
    from hurtig.state.snapshot import StateMeta

Conversion = Callable[[Any], Any]

_WHOLE = ("byte", "short", "int", "long", "big_int")
_BROKEN = ("float", "double")
_PICKLED = "pickled"


class IncompatibleTypeError(ValueError):
    """Values of one type cannot be read as another; the message says of which part."""


class StateReader:
    """Reads the columns of one state of a snapshot as its descriptor declares it now."""

    def __init__(self, meta: StateMeta, descriptor: StateDescriptor, what: str = "state") -> None:
        self._declared = descriptor.describe()
        self._meta = meta
        self._what = what
        self._types = descriptor.value_types()
        self._loads = StateLoads()
        if meta.kind != descriptor.kind:
            raise self._error("the kind is another one")
        try:
            self._written = meta.value_types() or self._types
            self._conversions = [
                conversion_between(_inner(written), _inner(now))
                for written, now in zip(self._written, self._types, strict=True)
            ]
        except ValueError as e:
            raise self._error(str(e)) from e

    @property
    def changed(self) -> bool:
        """Whether values have to be converted."""
        return any(c is not None for c in self._conversions)

    def plain(self, part: Part) -> list[Any]:
        """A column that is under no type."""
        return self._guarded(lambda: decode(part, None, self._loads))

    def values(self, part: Part, index: int) -> list[Any]:
        """Live values of the type at that place of ``StateDescriptor.value_types``."""
        return self._guarded(lambda: self._convert(self._decode(part, index), part[0], index))

    def stored(self, part: Part, index: int) -> list[Any]:
        """Stored forms; those that were pickled are not opened where nothing has changed."""
        if part[0] == PACKED and self._conversions[index] is None and not may_change(part[1]):
            packed: list[Any] = self._guarded(lambda: split_packed(part[1]))
            return packed
        values = self.values(part, index)
        if IMMUTABLE.issuperset(set(map(type, values))):
            return values
        return [pack(value) for value in values]

    def raw(self, part: Part) -> list[Any]:
        """Entries as an operator keeps them; values of value and reducing state are converted."""
        entries = self.plain(part)
        if self._meta.kind in ("value", "reducing"):
            return self._guarded(lambda: self._convert(entries, part[0], -1))
        return entries

    def _decode(self, part: Part, index: int) -> list[Any]:
        return decode(part, self._written[index], self._loads)

    def _convert(self, values: list[Any], encoding: str, index: int) -> list[Any]:
        conversion = self._conversions[index]
        if conversion is None:
            return values
        # Values that did not follow their type were pickled: they stay as they are.
        convert = conversion if encoding == TYPED else _leniently(conversion)
        return [None if value is None else convert(value) for value in values]

    def _guarded(self, read: Callable[[], list[Any]]) -> list[Any]:
        try:
            return read()
        except Exception as e:
            raise self._error(str(e) or type(e).__name__) from e

    def _error(self, why: str) -> StateMigrationError:
        name, written = self._meta.name, self._meta.type
        return StateMigrationError(
            f"{self._what} {name!r} was written as {written} and is now declared as "
            f"{self._declared}: {why}. Declare the former type, or give the new state another "
            f"name; hurtig.savepoint reads what was written"
        )


def conversion_between(written: Any, declared: Any) -> Conversion | None:
    """How values of one described type become those of another; ``None``: they are the same.

    Raises :class:`IncompatibleTypeError`.
    """
    written, declared = _without_wrapper(written), _without_wrapper(declared)
    if written == declared or declared == _PICKLED:
        return None
    if written == _PICKLED:
        return _check_of(declared)
    if isinstance(written, str) or isinstance(declared, str):
        return _between_basic(written, declared)
    kind = written["kind"]
    if kind != declared["kind"]:
        raise _incompatible(written, declared)
    if kind == "row":
        return _between_rows(written, declared)
    if kind == "tuple":
        return _between_tuples(written, declared)
    if kind == "map":
        return _between_maps(written, declared)
    if "element" in written:
        element = conversion_between(written["element"], declared["element"])
        if element is None:
            return None
        return lambda values: [None if v is None else element(v) for v in values]
    raise _incompatible(written, declared)


def _between_basic(written: Any, declared: Any) -> Conversion | None:
    for chain in (_WHOLE, _BROKEN):
        if written in chain and declared in chain and chain.index(written) < chain.index(declared):
            return None  # Python has one type for all of them
    raise _incompatible(written, declared)


def _between_rows(written: Any, declared: Any) -> Conversion | None:
    if written["named"] != declared["named"] and len(written["fields"]) != len(declared["fields"]):
        raise _incompatible(written, declared)
    by_name = written["named"] == declared["named"]
    before = {f["name"] if by_name else i: i for i, f in enumerate(written["fields"])}
    positions: list[int | None] = []
    conversions: list[Conversion | None] = []
    for i, field in enumerate(declared["fields"]):
        position = before.get(field["name"] if by_name else i)
        positions.append(position)
        if position is None:
            conversions.append(None)
            continue
        try:
            former = written["fields"][position]["type"]
            conversions.append(conversion_between(former, field["type"]))
        except IncompatibleTypeError as e:
            raise IncompatibleTypeError(f"field {field['name']!r}: {e}") from None
    names = tuple(f["name"] for f in declared["fields"]) if declared["named"] else None
    same = positions == list(range(len(before))) and not any(conversions)
    if same and by_name:
        return None
    from hurtig.common.types import Row, new_row

    pairs = list(zip(positions, conversions, strict=True))

    def convert(row: Any) -> Any:
        if not isinstance(row, Row) or len(row) != len(before):
            raise TypeError(f"{row!r} is no row of {len(before)} fields")
        values = list(row)
        fields = [
            None if p is None else values[p] if c is None or values[p] is None else c(values[p])
            for p, c in pairs
        ]
        return new_row(names, fields, row.get_row_kind())

    return convert


def _between_tuples(written: Any, declared: Any) -> Conversion | None:
    if len(written["fields"]) != len(declared["fields"]):
        raise _incompatible(written, declared)
    pairs = zip(written["fields"], declared["fields"], strict=True)
    conversions = [conversion_between(a, b) for a, b in pairs]
    if not any(conversions):
        return None
    return lambda values: tuple(
        v if c is None or v is None else c(v) for v, c in zip(values, conversions, strict=True)
    )


def _between_maps(written: Any, declared: Any) -> Conversion | None:
    key = conversion_between(written["key"], declared["key"]) or _same
    value = conversion_between(written["value"], declared["value"]) or _same
    if key is _same and value is _same:
        return None
    return lambda entries: {key(k): None if v is None else value(v) for k, v in entries.items()}


def _same(value: Any) -> Any:
    return value


def _check_of(declared: Any) -> Conversion:
    """For values that were under no type: do they have the one that is declared now?"""
    from hurtig.common.coercion.conform import batch_check
    from hurtig.common.serializers import VERSION, from_description

    fits = batch_check(from_description({"version": VERSION, "type": declared}), none_ok=True)

    def check(value: Any) -> Any:
        if not fits([value]):
            raise IncompatibleTypeError(
                f"a value of type {type(value).__name__} does not have the type {text_of(declared)}"
            )
        return value

    return check


def _leniently(conversion: Conversion) -> Conversion:
    def convert(value: Any) -> Any:
        try:
            return conversion(value)
        except (TypeError, AttributeError, KeyError):
            return value

    return convert


def _without_wrapper(description: Any) -> Any:
    while isinstance(description, dict) and description["kind"] == "external":
        description = description["of"]
    return description


def _inner(type_info: TypeInformation | None) -> Any:
    from hurtig.common.serializers import describe

    return describe(type_info)["type"]


def text_of(description: Any) -> str:
    """A description in few words: ``row(a: int, b: string)``."""
    description = _without_wrapper(description)
    if isinstance(description, str):
        return "untyped" if description == _PICKLED else description
    kind = str(description["kind"])
    if kind == "row":
        fields = [f"{field['name']}: {text_of(field['type'])}" for field in description["fields"]]
        return f"row({', '.join(fields)})"
    if kind == "tuple":
        return f"tuple({', '.join(map(text_of, description['fields']))})"
    if kind == "map":
        return f"map({text_of(description['key'])}, {text_of(description['value'])})"
    if "element" in description:
        return f"{kind}({text_of(description['element'])})"
    return str(description.get("time_type", kind))


def _incompatible(written: Any, declared: Any) -> IncompatibleTypeError:
    return IncompatibleTypeError(f"{text_of(written)} cannot be read as {text_of(declared)}")
