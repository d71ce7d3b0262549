"""Options: a key, the type of its value, its default (``pyflink.common.config_options``)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Generic, TypeVar

from hurtig.common import option_values

__all__ = ["ConfigOption", "ConfigOptions"]

T = TypeVar("T")


class ConfigOption(Generic[T]):
    """One setting. Durations are read as milliseconds (int), memory sizes as bytes (int)."""

    __slots__ = ("choices", "default", "description", "fallback_keys", "key", "value_type")

    def __init__(
        self,
        key: str,
        value_type: str = "string",
        default: T | None = None,
        description: str = "",
        fallback_keys: Sequence[str] = (),
        choices: Sequence[str] = (),
    ) -> None:
        if value_type not in _PARSERS:
            raise ValueError(f"{value_type!r} is not a type of options: {', '.join(_PARSERS)}")
        self.key = key
        self.value_type = value_type
        self.default = default
        self.description = description
        self.fallback_keys = tuple(fallback_keys)
        self.choices = tuple(choices)

    def parse(self, value: Any) -> T:
        """The value in the option's type; ValueError names the key and what it takes."""
        try:
            parsed = _PARSERS[self.value_type](value)
        except ValueError as e:
            raise ValueError(f"option {self.key}: {e}") from None
        if self.choices and str(parsed).upper().replace("_", "-") not in {
            choice.upper().replace("_", "-") for choice in self.choices
        }:
            raise ValueError(f"option {self.key}: {value!r} is none of {', '.join(self.choices)}")
        return parsed  # type: ignore[no-any-return]

    def with_description(self, description: str) -> ConfigOption[T]:
        """A copy with a description."""
        return ConfigOption(
            self.key,
            self.value_type,
            self.default,
            description,
            self.fallback_keys,
            self.choices,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConfigOption) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self.key)

    def _key(self) -> tuple[Any, ...]:
        return self.key, self.value_type, self.default, self.fallback_keys

    def __repr__(self) -> str:
        return f"ConfigOption({self.key}, {self.value_type}, default={self.default!r})"


class ConfigOptions:
    """Makes options: ``ConfigOptions.key("a.b").int_type().default_value(3)``."""

    def __init__(self, j_config_options: object = None) -> None:
        self._j_config_options = j_config_options

    @staticmethod
    def key(key: str) -> ConfigOptions.OptionBuilder:
        """Starts an option of that key."""
        return ConfigOptions.OptionBuilder(key)

    class OptionBuilder:
        """Takes the type."""

        def __init__(self, key: str) -> None:
            self._key = key

        def _typed(self, value_type: str) -> ConfigOptions.TypedConfigOptionBuilder[Any]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key, value_type)

        def boolean_type(self) -> ConfigOptions.TypedConfigOptionBuilder[bool]:
            """A bool."""
            return self._typed("boolean")

        def int_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """An int."""
            return self._typed("int")

        def long_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """An int."""
            return self._typed("long")

        def float_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """A float."""
            return self._typed("float")

        def double_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """A float."""
            return self._typed("double")

        def string_type(self) -> ConfigOptions.TypedConfigOptionBuilder[str]:
            """A str."""
            return self._typed("string")

        def duration_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """A length of time, read as milliseconds."""
            return self._typed("duration")

        def memory_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """A memory size, read as bytes."""
            return self._typed("memory")

    class TypedConfigOptionBuilder(Generic[T]):
        """Takes the default."""

        def __init__(self, key: str, value_type: str) -> None:
            self._key = key
            self._value_type = value_type

        def default_value(self, value: T) -> ConfigOption[T]:
            """An option with this default."""
            return ConfigOption(self._key, self._value_type, value)

        def no_default_value(self) -> ConfigOption[T]:
            """An option without default: reading it where it is not set gives None."""
            return ConfigOption(self._key, self._value_type)


def _to_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        if isinstance(value, str):
            return int(value.strip())
    except ValueError:
        pass
    raise ValueError(f"{value!r} is not a whole number")


def _to_float(value: Any) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, str | int | float):
            return float(value)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is not a number")


def _to_boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else option_values.parse_boolean(str(value))


def _to_duration(value: Any) -> int:
    return option_values.parse_duration(option_values.format_value(value))


def _to_memory(value: Any) -> int:
    return option_values.parse_memory(option_values.format_value(value))


def _to_list(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [option_values.format_value(item) for item in value]
    return option_values.parse_list(str(value))


def _to_map(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(k): option_values.format_value(v) for k, v in value.items()}
    return option_values.parse_map(str(value))


def _to_enum(value: Any) -> str:
    return str(value.name if isinstance(value, Enum) else value)


_PARSERS: dict[str, Any] = {
    "string": option_values.format_value,
    "boolean": _to_boolean,
    "int": _to_int,
    "long": _to_int,
    "float": _to_float,
    "double": _to_float,
    "duration": _to_duration,
    "memory": _to_memory,
    "list": _to_list,
    "map": _to_map,
    "enum": _to_enum,
}
