"""Requirements and archives that a program brings along."""

from __future__ import annotations

import os
import re
import shutil

from hurtig.common.errors import ProgramError

# A name, then extras, a version, a URL, a comment or the end. Files, URLs and options are no names.
_REQUIREMENT = re.compile(
    r"\s*([A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?)\s*(?=$|[\[(<>=!~@;#\\])", re.IGNORECASE
)


def check_requirements(path: str) -> None:
    """Raise :class:`ProgramError` naming the packages of a requirements file that are missing.

    Versions are not compared. Requirements that depend on the platform (``; python_version ...``),
    options and paths are left to pip.
    """
    from importlib import metadata

    missing = []
    with open(path, encoding="utf-8-sig") as lines:
        for line in lines:
            match = _REQUIREMENT.match(line)
            if match is None or ";" in line.partition(" #")[0]:
                continue
            try:
                metadata.version(match.group(1))
            except metadata.PackageNotFoundError:
                missing.append(match.group(1))
    if missing:
        raise ProgramError(
            f"packages of {path} are not installed here: {', '.join(missing)}. Functions run in "
            f"this interpreter: pip install -r {path}"
        )


def unpack_archive(archive_path: str, target_dir: str | None) -> None:
    """Unpack a zip or tar archive where functions find it by a relative path."""
    target = os.path.abspath(target_dir or os.path.basename(archive_path))
    if os.path.isfile(target):  # the archive itself lies in the working directory
        target += ".unpacked"
    try:
        shutil.unpack_archive(archive_path, target)
    except (OSError, ValueError, shutil.ReadError) as e:
        raise ProgramError(f"cannot unpack {archive_path!r}: {e}") from e
