"""The configuration that every environment of this process starts from.

Mirrors Flink's ``GlobalConfiguration``. Two layers, the later wins: the configuration file in the
folder that ``HURTIG_CONF_DIR`` names (``config.yaml``, else ``flink-conf.yaml``), and what the
command line set (``-D key=value``, ``-p N``).
"""

from __future__ import annotations

import os

__all__ = ["CONF_DIR", "defaults", "reset", "set_default"]

CONF_DIR = "HURTIG_CONF_DIR"
_FILE_NAMES = ("config.yaml", "flink-conf.yaml")

_set: dict[str, str] = {}
_from_files: dict[str, dict[str, str]] = {}


def defaults() -> dict[str, str]:
    """Key -> value, as text; a copy.

    Raises ``ProgramError`` where the configuration file cannot be read, with file and line.
    """
    return _file_defaults() | _set


def set_default(key: str, value: str) -> None:
    """Set a default for all environments created from now on, above the file's."""
    _set[key] = value


def reset() -> None:
    """Forget what was set and read, for tests that run several programs in one process."""
    _set.clear()
    _from_files.clear()


def _file_defaults() -> dict[str, str]:
    folder = os.environ.get(CONF_DIR)
    if not folder:
        return {}
    known = _from_files.get(folder)
    if known is None:
        known = _from_files[folder] = _read_folder(folder)
    return known


def _read_folder(folder: str) -> dict[str, str]:
    from hurtig.common.configuration_file import read_configuration_file
    from hurtig.common.errors import ProgramError

    if not os.path.isdir(folder):
        raise ProgramError(f"{CONF_DIR}={folder} is not a directory. Correct or unset it.")
    for name in _FILE_NAMES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return read_configuration_file(path)
    return {}
