"""What backends and checkpoint storages have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod


class SettingsObject(ABC):
    """A handy form of configuration keys. Equal are two of the same kind and settings."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Configuration key -> value."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SettingsObject)
            and type(self) is type(other)
            and self.settings() == other.settings()
        )

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.settings().items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings()})"
