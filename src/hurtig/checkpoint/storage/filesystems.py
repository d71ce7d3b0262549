"""From URLs to file systems, each opened once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from hurtig.checkpoint.storage.filesystem import LocalStateFileSystem, StateFileSystem

Opener = Callable[[str, Mapping[str, str]], tuple[StateFileSystem, str]]


registered: dict[str, StateFileSystem] = {}
"""File systems by the scheme of their URLs, beside those that are found by themselves."""


class FileSystems:
    """Finds the file system of a URL or path. ``settings`` may hold keys such as ``s3.endpoint``.

    Tests give ``local`` another file system, for one that fails.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, local: StateFileSystem | None = None
    ) -> None:
        self._settings = dict(settings or {})
        self._local = local if local is not None else LocalStateFileSystem()
        self._open: dict[str, tuple[StateFileSystem, str]] = {}

    def resolve(self, url: str) -> tuple[StateFileSystem, str]:
        """The file system, and the path in it. ProgramError where there is none."""
        local = local_path(url)
        if local is not None:
            return self._local, local
        scheme, _, rest = url.partition("://")
        if scheme in registered:
            return registered[scheme], "/" + rest.strip("/")
        # All paths below one root are in one file system, and differ by what follows the root.
        root, rest = _split_root(url)
        known = self._open.get(root)
        if known is None:
            from hurtig.checkpoint.storage.remote import open_remote

            filesystem, path = open_remote(root, self._settings)
            # A second thread may have been here meanwhile: two are as good as one.
            known = self._open[root] = filesystem, path.rstrip("/")
        filesystem, base = known
        return filesystem, f"{base}/{rest}" if rest else base or "/"


def local_path(url: str) -> str | None:
    """The path of ``file:`` URLs and plain paths; None for what lies elsewhere."""
    scheme, colon, rest = url.partition(":")
    if not colon or "/" in scheme or len(scheme) < 2:
        return os.path.abspath(url)
    if scheme.lower() == "file":
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(url)
        return os.path.abspath(unquote(parts.path))
    return None if rest.startswith("//") else os.path.abspath(url)


def absolute_url(url: str) -> str:
    """Plain paths made absolute, without a slash at the end; URLs as they are."""
    if local_path(url) is not None and not url.lower().startswith("file:"):
        return os.path.abspath(url)
    stripped = url.rstrip("/")
    return stripped if not stripped.endswith(":") else url


def _split_root(url: str) -> tuple[str, str]:
    """``s3://bucket/a/b`` -> ``s3://bucket`` and ``a/b``. A query stays with the root."""
    scheme, _, rest = url.partition("://")
    rest, question, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    slash = "" if scheme.lower() in ("s3", "s3a", "s3n", "s3p", "gs", "gcs") else "/"
    return f"{scheme}://{authority}{slash}{question}{query}", path.strip("/")


def join_url(base: str, *names: str) -> str:
    """A URL or path below another."""
    if "://" not in base:
        return "/".join([base.rstrip("/"), *names])
    path, question, query = base.partition("?")
    return "/".join([path.rstrip("/"), *names]) + question + query


def parent_url(url: str) -> str:
    """The folder that a URL or path lies in."""
    path, question, query = url.partition("?") if "://" in url else (url, "", "")
    return path.rstrip("/").rpartition("/")[0] + question + query


def name_of(url: str) -> str:
    """The last part of a URL or path."""
    path = url.partition("?")[0] if "://" in url else url
    return path.rstrip("/").rpartition("/")[2]
