"""Settings by key (``pyflink.common.configuration``)."""

from __future__ import annotations

import builtins
from typing import Any, TypeVar

from hurtig.common.config_options import ConfigOption
from hurtig.common.option_values import format_value, parse_list

__all__ = ["Configuration"]

T = TypeVar("T")


class Configuration:
    """Keys and values. A value keeps the type it was set with and is read as any type it fits."""

    def __init__(self, other: Configuration | None = None, j_configuration: Any = None) -> None:
        self._values: dict[str, Any] = {}
        if other is not None:
            self._values.update(other._values)

    @classmethod
    def from_dict(cls, map: dict[str, Any]) -> Configuration:
        """A configuration of the given keys; values that are no text are written as Flink does."""
        configuration = cls()
        for key, value in map.items():
            configuration._put(key, value if isinstance(value, str) else format_value(value))
        return configuration

    def _put(self, key: str, value: Any) -> Configuration:
        if not isinstance(key, str):
            raise TypeError(f"a configuration key is a str, got {key!r} ({type(key).__name__})")
        if value is None:
            raise TypeError(f"the value of {key} is None; use remove_config to unset a key")
        self._values[key] = value
        return self

    def _read(self, key: str, value_type: str, default_value: T) -> T:
        value = self._values.get(key)
        if value is None:
            return default_value
        return ConfigOption[T](key, value_type).parse(value)

    def get(self, option: ConfigOption[T]) -> T | None:
        """The value of an option, of one of its older keys, or its default."""
        for key in (option.key, *option.fallback_keys):
            value = self._values.get(key)
            if value is not None:
                return option.parse(value)
        return option.default

    def set(self, option: ConfigOption[T], value: T) -> Configuration:
        """Sets an option."""
        option.parse(value)
        return self._put(option.key, value)

    def get_string(self, key: str, default_value: str | None) -> str | None:
        """The value as text."""
        return self._read(key, "string", default_value)

    def set_string(self, key: str, value: str) -> Configuration:
        """Sets a text."""
        return self._put(key, value if value is None else format_value(value))

    @staticmethod
    def parse_list_value(value: str | None, standard_yaml: bool = True) -> list[str]:
        """The items of a list value: ``[a, b]`` or ``a;b``.

        ``standard_yaml`` is an argument of older releases; both forms are always read.
        """
        return parse_list(value)

    def get_integer(self, key: str, default_value: int) -> int:
        """The value as int."""
        return self._read(key, "int", default_value)

    def set_integer(self, key: str, value: int) -> Configuration:
        """Sets an int."""
        return self._put(key, int(value))

    def get_boolean(self, key: str, default_value: bool) -> bool:
        """The value as bool."""
        return self._read(key, "boolean", default_value)

    def set_boolean(self, key: str, value: bool) -> Configuration:
        """Sets a bool."""
        return self._put(key, bool(value))

    def get_float(self, key: str, default_value: float) -> float:
        """The value as float."""
        return self._read(key, "float", default_value)

    def set_float(self, key: str, value: float) -> Configuration:
        """Sets a float."""
        return self._put(key, float(value))

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        """The value as bytes; ValueError where a value of another type is set."""
        value = self._values.get(key)
        if value is None:
            return default_value
        if isinstance(value, bytes):
            return bytearray(value)
        raise ValueError(f"option {key}: {value!r} was not set with set_bytearray")

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        """Sets bytes."""
        return self._put(key, bytes(value))

    def key_set(self) -> builtins.set[str]:
        """All keys that are set."""
        return set(self._values)

    def add_all_to_dict(self, target_dict: dict[str, Any]) -> None:
        """Adds all keys to a dict, values in the type they were set with."""
        target_dict.update(self._values)

    def add_all(self, other: Configuration, prefix: str | None = None) -> Configuration:
        """Adds all keys of another configuration, each after ``prefix``."""
        for key, value in other._values.items():
            self._values[(prefix or "") + key] = value
        return self

    def contains_key(self, key: str) -> bool:
        """Whether a key is set."""
        return key in self._values

    def to_dict(self) -> dict[str, str]:
        """All keys with their values as text."""
        return {key: format_value(value) for key, value in self._values.items()}

    def remove_config(self, key: str) -> bool:
        """Unsets a key; whether it was set."""
        return self._values.pop(key, None) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values))

    def __str__(self) -> str:
        entries = (f"{key}={format_value(self._values[key])}" for key in sorted(self._values))
        return f"{{{', '.join(entries)}}}"

    def __repr__(self) -> str:
        return f"Configuration({self})"
