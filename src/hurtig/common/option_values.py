"""Texts of configuration values: durations, memory sizes, booleans, lists and maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = [
    "format_value",
    "parse_boolean",
    "parse_duration",
    "parse_list",
    "parse_map",
    "parse_memory",
]

_NANOS_PER_MS = 1_000_000
_DURATION_UNITS = {
    name: nanos
    for nanos, names in (
        (86_400_000 * _NANOS_PER_MS, ("d", "day", "days")),
        (3_600_000 * _NANOS_PER_MS, ("h", "hour", "hours")),
        (60_000 * _NANOS_PER_MS, ("min", "m", "minute", "minutes")),
        (1000 * _NANOS_PER_MS, ("s", "sec", "secs", "second", "seconds")),
        (_NANOS_PER_MS, ("ms", "milli", "millis", "millisecond", "milliseconds", "")),
        (1000, ("µs", "micro", "micros", "microsecond", "microseconds")),
        (1, ("ns", "nano", "nanos", "nanosecond", "nanoseconds")),
    )
    for name in names
}
_MEMORY_UNITS = {
    name: 1 << shift
    for shift, names in (
        (0, ("b", "bytes", "")),
        (10, ("k", "kb", "kibibytes")),
        (20, ("m", "mb", "mebibytes")),
        (30, ("g", "gb", "gibibytes")),
        (40, ("t", "tb", "tebibytes")),
    )
    for name in names
}
_AMOUNT = re.compile(r"\s*(\d+)\s*([a-zµμ]*)\s*\Z", re.IGNORECASE)
_ISO = re.compile(
    r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?\Z", re.IGNORECASE
)


def parse_duration(text: str) -> int:
    """Milliseconds of ``"60 s"``, ``"1min"``, ``"500"`` (milliseconds) or ISO ``"PT1M"``."""
    match = _AMOUNT.match(text)
    if match:
        nanos = _DURATION_UNITS.get(match[2].lower().replace("μ", "µ"))
        if nanos is not None:
            return int(match[1]) * nanos // _NANOS_PER_MS
    iso = _ISO.match(text.strip())
    if iso and any(iso.groups()[1:]):
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups()[1:5])
        millis = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
        millis += int((iso[6] or "0").ljust(9, "0")) // _NANOS_PER_MS
        return -millis if iso[1] else millis
    raise ValueError(
        f"{text!r} is not a length of time; write a number and one of d, h, min, s, ms, µs, ns, "
        "for example '30 s'"
    )


def parse_memory(text: str) -> int:
    """Bytes of ``"64 mb"``, ``"1g"`` or ``"1024"``; a kb is 1024 bytes."""
    match = _AMOUNT.match(text)
    factor = _MEMORY_UNITS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(
            f"{text!r} is not a memory size; write a number and one of b, kb, mb, gb, tb, "
            "for example '64 mb'"
        )
    return int(match[1]) * factor


def parse_boolean(text: str) -> bool:
    """``true`` or ``false``, in any case."""
    lowered = text.strip().lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    raise ValueError(f"{text!r} is not a boolean; write true or false")


def parse_list(text: str | None) -> list[str]:
    """The items of ``[a, 'b, c']`` (YAML) or ``a;b;c``; quotes keep a separator inside an item."""
    if text is None:
        return []
    stripped = text.strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        return _split(stripped[1:-1], ",")
    if stripped.startswith("- "):
        return [_unquoted(line.strip()[2:].strip()) for line in stripped.splitlines()]
    return _split(stripped, ";")


def parse_map(text: str | None) -> dict[str, str]:
    """The entries of ``{a: 1, b: 2}`` (YAML) or ``a:1,b:2``."""
    stripped = (text or "").strip()
    spaced = stripped.startswith("{") and stripped.endswith("}")
    entries = {}
    for item in _split(stripped[1:-1] if spaced else stripped, ",", unquote=False):
        colon = next(_outside_quotes(item, ":"), None)
        if colon is None:
            raise ValueError(f"{item!r} in {text!r} is not an entry; write key:value,key:value")
        entries[_unquoted(item[:colon].strip())] = _unquoted(item[colon + 1 :].strip())
    return entries


def format_value(value: Any) -> str:
    """The text of a value as Flink writes it: ``true``, ``[a, b]``, ``60000 ms``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, bytes | bytearray):
        import base64

        return f"!!binary |-\n  {base64.b64encode(value).decode('ascii')}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_quoted(format_value(item), ',') for item in value)}]"
    if isinstance(value, dict):
        entries = (
            f"{_quoted(str(k), ',:')}: {_quoted(format_value(v), ',')}" for k, v in value.items()
        )
        return f"{{{', '.join(entries)}}}"
    import datetime

    from hurtig.common.time import Duration, Time, to_millis

    if isinstance(value, Duration | Time | datetime.timedelta):
        return f"{to_millis(value)} ms"
    if hasattr(value, "name") and hasattr(value, "value"):  # an enum member
        return str(value.name)
    raise TypeError(f"a configuration value cannot be a {type(value).__name__}: {value!r}")


def _split(text: str, separator: str, unquote: bool = True) -> list[str]:
    items, start = [], 0
    for i in _outside_quotes(text, separator):
        items.append(text[start:i])
        start = i + 1
    items.append(text[start:])
    stripped = [item.strip() for item in items]
    return [_unquoted(item) if unquote else item for item in stripped if item]


def _outside_quotes(text: str, separator: str) -> Iterator[int]:
    quote = ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == separator:
            yield i


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def _quoted(text: str, special: str) -> str:
    if text and not any(char in text for char in f"{special}'\"[]{{}}") and text == text.strip():
        return text
    return "'" + text.replace("'", "''") + "'"
