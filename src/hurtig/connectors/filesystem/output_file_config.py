"""OutputFileConfig: how part files are named."""

from __future__ import annotations


class OutputFileConfig:
    """Prefix and suffix of part files: ``<prefix>-<unique id>-<counter><suffix>``."""

    def __init__(self, part_prefix: str = "part", part_suffix: str = "") -> None:
        for name, value in (("part_prefix", part_prefix), ("part_suffix", part_suffix)):
            if not isinstance(value, str) or "/" in value:
                raise ValueError(f"{name} must be a str without '/', got {value!r}")
        self._part_prefix = part_prefix
        self._part_suffix = part_suffix

    @staticmethod
    def builder() -> OutputFileConfigBuilder:
        """A builder with ``part`` and no suffix."""
        return OutputFileConfig.OutputFileConfigBuilder()

    def get_part_prefix(self) -> str:
        """The beginning of the name."""
        return self._part_prefix

    def get_part_suffix(self) -> str:
        """The end of the name."""
        return self._part_suffix

    class OutputFileConfigBuilder:
        """Builder of :class:`OutputFileConfig`."""

        def __init__(self) -> None:
            self._prefix = "part"
            self._suffix = ""

        def with_part_prefix(self, prefix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """The beginning of the name."""
            self._prefix = prefix
            return self

        def with_part_suffix(self, suffix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """The end of the name, such as ``.csv``."""
            self._suffix = suffix
            return self

        def build(self) -> OutputFileConfig:
            """The configuration."""
            return OutputFileConfig(self._prefix, self._suffix)


OutputFileConfigBuilder = OutputFileConfig.OutputFileConfigBuilder
