"""Reads ``config.yaml`` and ``flink-conf.yaml``: the part of YAML that Flink's settings need.

Nested mappings, scalars (plain or quoted), lists of scalars, comments. Everything else is an
error that names file and line, never a guess.
"""

from __future__ import annotations

from hurtig.common.errors import ProgramError

__all__ = ["parse_configuration", "read_configuration_file"]


def read_configuration_file(path: str) -> dict[str, str]:
    """Flat ``a.b.c`` -> value of a file in UTF-8."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except (OSError, UnicodeDecodeError) as e:
        raise ProgramError(f"cannot read the configuration file {path}: {e}") from e
    return parse_configuration(text, path)


def parse_configuration(text: str, path: str = "configuration") -> dict[str, str]:
    """Flat ``a.b.c`` -> value; the items of a list are joined with ``;`` as Flink's lists are.

    ``path`` names the text in errors.
    """
    result: dict[str, str] = {}
    lists: set[str] = set()
    above: list[tuple[int, str]] = []  # indent and full key of the lines this one may belong to
    for number, raw in enumerate(text.splitlines(), 1):
        line = _without_comment(raw).rstrip()
        stripped = line.lstrip()
        if not stripped or stripped == "---":
            continue
        indent = len(line) - len(stripped)
        if "\t" in line[:indent]:
            raise _error(path, number, raw, "indentation must be spaces, not tabs")

        if stripped == "-" or stripped.startswith("- "):
            while above and above[-1][0] > indent:
                above.pop()
            owner = above[-1][1] if above else ""
            if not owner or (owner in result and owner not in lists):
                raise _error(path, number, raw, "a list item without an empty key above it")
            item = _scalar(stripped[1:].strip(), path, number, raw)
            result[owner] = f"{result[owner]};{item}" if owner in lists else item
            lists.add(owner)
            continue

        key, colon, value = _split_key(stripped)
        if not colon:
            raise _error(path, number, raw, "expected 'key: value'")
        while above and above[-1][0] >= indent:
            above.pop()
        if above and above[-1][1] in result:
            raise _error(path, number, raw, "indented under a key that has a value already")
        if indent and not above:
            raise _error(path, number, raw, "indented, but there is no key above it")
        full = f"{above[-1][1]}.{key}" if above else key
        above.append((indent, full))
        if value:
            result[full] = _value(value, path, number, raw)
    return result


def _split_key(text: str) -> tuple[str, str, str]:
    if text[0] in "'\"":
        end = text.find(text[0], 1)
        rest = text[end + 1 :].lstrip()
        if end < 0 or not rest.startswith(":"):
            return text, "", ""
        return text[1:end], ":", rest[1:].strip()
    key, colon, value = text.partition(": ")
    if not colon and text.endswith(":"):
        return text[:-1].rstrip(), ":", ""
    return key.rstrip(), colon, value.strip()


def _value(value: str, path: str, number: int, raw: str) -> str:
    if value.startswith("["):
        if not value.endswith("]"):
            raise _error(path, number, raw, "a [list] must end on its line")
        inner = value[1:-1].strip()
        items = [_scalar(item.strip(), path, number, raw) for item in inner.split(",")]
        return ";".join(items) if inner else ""
    return _scalar(value, path, number, raw)


def _scalar(value: str, path: str, number: int, raw: str) -> str:
    if not value:
        return ""
    first = value[0]
    if first in "'\"":
        if len(value) < 2 or value[-1] != first:
            raise _error(path, number, raw, "a quoted value must end on its line")
        inner = value[1:-1]
        if first == "'":
            return inner.replace("''", "'")
        if "\\" in inner:
            import ast

            return str(ast.literal_eval(value))
        return inner
    if first in "{&*!|>%@`":
        raise _error(path, number, raw, f"values that start with {first!r} need quotes here")
    if ": " in value or value.endswith(":"):
        raise _error(path, number, raw, "a value with a colon and a space needs quotes")
    return value


def _without_comment(line: str) -> str:
    quote = ""
    for i, c in enumerate(line):
        before = line[i - 1] if i else " "
        if quote:
            if c == quote and not (quote == '"' and before == "\\"):
                quote = ""
        elif c in "'\"" and before in " [,:'":  # after ': the second of '' inside a value
            quote = c
        elif c == "#" and before in " \t":
            return line[:i]
    return line


def _error(path: str, number: int, raw: str, reason: str) -> ProgramError:
    return ProgramError(f"{path}, line {number}: {reason}\n  {raw.strip()}")
