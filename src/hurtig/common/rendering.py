"""How Flink prints a value: the text of the print sink and of the simple string encoder."""

from __future__ import annotations

from typing import Any

from hurtig.common.types import Row

__all__ = ["render_double", "render_value"]


def render_value(value: Any) -> str:
    """The text of ``value`` as Flink writes it.

    A str is itself; ``True`` is ``true``, ``None`` is ``null``, 1e10 is ``1.0E10``; a tuple is
    ``(a,1)``, a list ``[a, 1]``, a dict ``{k=1}``, a row ``+I[a, 1]``. Everything else is ``str``.
    """
    kind: type = type(value)
    if kind is str:
        text: str = value
        return text
    if kind is int:
        return str(value)
    render = _RENDER.get(kind)
    if render is not None:
        rendered: str = render(value)
        return rendered
    if isinstance(value, tuple):  # NamedTuple
        return _tuple(value)
    return str(value)


def render_double(value: float) -> str:
    """A float as ``java.lang.Double.toString`` gives it: ``1.0``, ``1.0E10``, ``NaN``."""
    size = abs(value)
    if 1e-3 <= size < 1e7 or value == 0:
        return repr(value)
    if value != value:
        return "NaN"
    if size == float("inf"):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" not in text:
        # repr switches to an exponent later than Java does.
        digits = text.lstrip("-").replace(".", "").lstrip("0").rstrip("0")
        whole = text.lstrip("-").partition(".")[0]
        if whole != "0":
            exponent = len(whole) - 1
        else:
            fraction = text.partition(".")[2]
            exponent = -(len(fraction) - len(fraction.lstrip("0")) + 1)
        sign = "-" if value < 0 else ""
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"
    mantissa, _, power = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{int(power)}"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _tuple(value: tuple[Any, ...]) -> str:
    return f"({','.join(map(render_value, value))})"


def _list(value: list[Any]) -> str:
    return f"[{', '.join(map(render_value, value))}]"


def _dict(value: dict[Any, Any]) -> str:
    entries = ", ".join([f"{render_value(k)}={render_value(v)}" for k, v in value.items()])
    return f"{{{entries}}}"


def _row(value: Row) -> str:
    return f"{value.get_row_kind()}[{', '.join(map(render_value, value))}]"


def _bytes(value: bytes | bytearray) -> str:
    # Java's bytes are signed.
    return f"[{', '.join(str(b - 256 if b > 127 else b) for b in value)}]"


def _none(_: None) -> str:
    return "null"


_RENDER: dict[type, Any] = {
    bool: _bool,
    float: render_double,
    type(None): _none,
    tuple: _tuple,
    list: _list,
    dict: _dict,
    Row: _row,
    bytes: _bytes,
    bytearray: _bytes,
}
