"""A fast path for JSON rows of plain types: msgspec checks and builds all fields at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from hurtig.common.types import new_row
from hurtig.formats.field_types import INTEGER_BITS, FieldType, Kind

_PLAIN: dict[Kind, Any] = {
    Kind.STRING: str,
    Kind.BOOLEAN: bool,
    Kind.FLOAT: float,
    Kind.DOUBLE: float,
}


def strict_row_decoder(field: FieldType, fail_on_missing: bool) -> Callable[[bytes], Any] | None:
    """A function from JSON to a row; ``None`` where the type has other fields than plain ones.

    It raises ``msgspec.MsgspecError`` for all that is not exactly of the declared types, also for
    what Flink's conversions would accept: then the general way decides.
    """
    import msgspec

    fields: list[Any] = []
    for i, f in enumerate(field.fields):
        bits = INTEGER_BITS.get(f.kind)
        plain = _PLAIN.get(f.kind)
        if bits is not None:
            limit = 1 << (bits - 1)
            plain = Annotated[int, msgspec.Meta(ge=-limit, le=limit - 1)]
        if plain is None:
            return None
        fields.append((f"f{i}", plain | None) if fail_on_missing else (f"f{i}", plain | None, None))
    if not fields:
        return None
    struct = msgspec.defstruct(
        "Fields", fields, rename={f"f{i}": name for i, name in enumerate(field.names)}, gc=False
    )
    decode = msgspec.json.Decoder(struct).decode
    to_tuple = msgspec.structs.astuple
    names = field.names
    if field.kind is Kind.TUPLE:
        return lambda message: to_tuple(decode(message))
    return lambda message: new_row(names, list(to_tuple(decode(message))))
