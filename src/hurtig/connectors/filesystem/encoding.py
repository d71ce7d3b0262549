"""Records of a batch into bytes, each encoded once, with the sink's error policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hurtig.common.serialization import Encoder, MalformedRecordError
from hurtig.connectors.sink import SinkContext
from hurtig.connectors.user_code import bad_user_record


def encode_records(
    encoder: Encoder, elements: Sequence[Any], context: SinkContext, location: str
) -> tuple[Sequence[Any], list[bytes]]:
    """The elements that can be encoded, and their bytes; the others are bad records."""
    encode = encoder.encode
    encoded: list[bytes] = []
    skipped: list[int] = []
    position = 0
    while position < len(elements):
        try:
            # extend keeps what came before an error.
            encoded.extend(map(encode, elements[position:] if position else elements))
            break
        except Exception as e:
            position = len(encoded) + len(skipped)
            element = elements[position]
            if isinstance(e, MalformedRecordError):
                context.bad_record(str(e), location, element)
            else:
                bad_user_record(context, e, element, location)
            skipped.append(position)
            position += 1
    if skipped:
        left_out = set(skipped)
        elements = [e for i, e in enumerate(elements) if i not in left_out]
    return elements, encoded
