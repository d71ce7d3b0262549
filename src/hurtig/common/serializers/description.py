"""Types as JSON, for metadata that must be readable without running code.

``describe`` and ``from_description`` are inverse; ``fingerprint`` tells two types apart.
"""

from __future__ import annotations

from typing import Any

from hurtig.common import typeinfo as t

VERSION = 1
"""Of the descriptions and of the bytes that the serializers write."""

_SINGLE: dict[str, type[t.TypeInformation]] = {
    "date": t.DateTypeInfo,
    "time": t.TimeTypeInfo,
    "timestamp": t.TimestampTypeInfo,
    "pickled": t.PickledBytesTypeInfo,
}
_ELEMENTS: dict[str, type[Any]] = {
    "list": t.ListTypeInfo,
    "primitive_array": t.PrimitiveArrayTypeInfo,
    "basic_array": t.BasicArrayTypeInfo,
    "object_array": t.ObjectArrayTypeInfo,
}
_BASIC = {basic.name.lower(): basic for basic in t.BasicType}
_NAME_OF: dict[type[Any], str] = {c: n for n, c in (*_SINGLE.items(), *_ELEMENTS.items())}


def describe(type_info: t.TypeInformation | None) -> dict[str, Any]:
    """``{"version": 1, "type": ...}``; JSON-able. No type at all is described as ``pickled``."""
    return {"version": VERSION, "type": _describe(type_info)}


def from_description(description: dict[str, Any]) -> t.TypeInformation:
    """The type that was described; ValueError where this release does not know it."""
    version = description.get("version")
    if version != VERSION:
        raise ValueError(
            f"type description of version {version!r}: this release reads version {VERSION}; "
            "read it with the release that wrote it"
        )
    return _build(description["type"])


def fingerprint(type_info: t.TypeInformation | None) -> str:
    """16 hexadecimal digits, the same in every process and release for the same description."""
    import hashlib
    import json

    text = json.dumps(describe(type_info), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _describe(type_info: t.TypeInformation | None) -> Any:
    if type_info is None:
        return "pickled"
    if isinstance(type_info, t.BasicTypeInfo):
        return type_info._basic_type.name.lower()
    name = _NAME_OF.get(type(type_info))
    if name in _SINGLE:
        return name
    if name is not None:
        element: t.TypeInformation = type_info._element_type  # type: ignore[attr-defined]
        return {"kind": name, "element": _describe(element)}
    if isinstance(type_info, t.TupleTypeInfo):
        return {"kind": "tuple", "fields": [_describe(f) for f in type_info.get_field_types()]}
    if isinstance(type_info, t.RowTypeInfo):
        fields = zip(type_info.get_field_names(), type_info.get_field_types(), strict=True)
        return {
            "kind": "row",
            "named": type_info._named,
            "fields": [{"name": field, "type": _describe(f)} for field, f in fields],
        }
    if isinstance(type_info, t.MapTypeInfo):
        return {
            "kind": "map",
            "key": _describe(type_info._key_type_info),
            "value": _describe(type_info._value_type_info),
        }
    if isinstance(type_info, t.LocalTimeTypeInfo):
        return {"kind": "local_time", "time_type": type_info._time_type.name.lower()}
    if isinstance(type_info, t.ExternalTypeInfo):
        return {"kind": "external", "of": _describe(type_info._type_info)}
    return "pickled"


def _build(description: Any) -> t.TypeInformation:
    if isinstance(description, str):
        if description == "instant":
            return t.InstantTypeInfo(t.BasicType.INSTANT)
        if description in _BASIC:
            return t.BasicTypeInfo(_BASIC[description])
        if description in _SINGLE:
            return _SINGLE[description]()
        raise ValueError(f"type {description!r} is unknown to this release")
    kind = description.get("kind")
    if kind in _ELEMENTS:
        made: t.TypeInformation = _ELEMENTS[kind](_build(description["element"]))
        return made
    if kind == "tuple":
        return t.TupleTypeInfo([_build(f) for f in description["fields"]])
    if kind == "row":
        fields = description["fields"]
        names = [f["name"] for f in fields] if description["named"] else None
        return t.RowTypeInfo([_build(f["type"]) for f in fields], names)
    if kind == "map":
        return t.MapTypeInfo(_build(description["key"]), _build(description["value"]))
    if kind == "local_time":
        return t.LocalTimeTypeInfo(t.LocalTimeTypeInfo.TimeType[description["time_type"].upper()])
    if kind == "external":
        return t.ExternalTypeInfo(_build(description["of"]))
    raise ValueError(f"type of kind {kind!r} is unknown to this release")
