"""How S3 is reached: Flink's ``s3.*`` keys, else what the AWS tools look at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from hurtig.common.errors import ProgramError
from hurtig.common.option_values import parse_boolean

S3_SCHEMES = frozenset(["s3", "s3a", "s3n", "s3p"])
"""``s3a`` and ``s3p`` pick a library in Flink; here they are the same."""

KEYS: dict[str, tuple[str, ...]] = {
    "endpoint": ("s3.endpoint", "s3a.endpoint", "fs.s3a.endpoint"),
    "access_key": ("s3.access-key", "s3.access.key", "fs.s3a.access.key"),
    "secret_key": ("s3.secret-key", "s3.secret.key", "fs.s3a.secret.key"),
    "session_token": ("s3.session-token", "s3.session.token", "fs.s3a.session.token"),
    "region": ("s3.region", "s3.endpoint.region", "fs.s3a.endpoint.region"),
    "path_style": ("s3.path.style.access", "s3.path-style-access", "fs.s3a.path.style.access"),
}
"""What is set -> the keys it is read from, the first wins."""

_ENVIRONMENT = {
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
"""Access keys are not here: the library looks at the environment, profiles and roles itself."""


def s3_arguments(url: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of ``pyarrow.fs.S3FileSystem``. ProgramError for settings that cannot be."""
    arguments: dict[str, Any] = {}
    access_key, secret_key = _setting("access_key", settings), _setting("secret_key", settings)
    if (access_key is None) != (secret_key is None):
        given, missing = ("s3.access-key", "s3.secret-key")[:: 1 if access_key else -1]
        raise ProgramError(f"{given} is set, but {missing} is not: set both, or neither")
    if access_key is not None:
        arguments["access_key"] = access_key
        arguments["secret_key"] = secret_key
        token = _setting("session_token", settings)
        if token is not None:
            arguments["session_token"] = token
    endpoint = _setting("endpoint", settings)
    if endpoint:
        scheme, separator, rest = endpoint.partition("://")
        if separator and scheme not in ("http", "https"):
            raise ProgramError(
                f"s3.endpoint is {endpoint!r}; write http://host:port or https://..."
            )
        arguments["endpoint_override"] = (rest if separator else endpoint).rstrip("/")
        arguments["scheme"] = scheme if separator else "https"
        path_style = _setting("path_style", settings)
        if path_style is not None and not _boolean(path_style):
            arguments["force_virtual_addressing"] = True
    region = _setting("region", settings)
    if region is None and not endpoint:
        region = _region_of(_bucket(url))
    if region is not None:
        arguments["region"] = region
    return arguments


def open_s3(arguments: dict[str, Any]) -> Any:
    """A ``pyarrow.fs.S3FileSystem``."""
    from pyarrow import fs

    try:
        # One request for a small file instead of three; releases before 20 do not know it.
        return fs.S3FileSystem(**arguments, allow_delayed_open=True)
    except TypeError:
        return fs.S3FileSystem(**arguments)


def s3_path(url: str) -> str:
    """``bucket/key`` of a URL. Keys are taken as they are written."""
    _bucket(url)
    return url.partition("://")[2].rstrip("/")


def _bucket(url: str) -> str:
    bucket = url.partition("://")[2].partition("/")[0]
    if not bucket:
        raise ProgramError(f"{url!r} names no bucket; write s3://bucket/folder")
    return bucket


def _boolean(text: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError as e:
        raise ProgramError(f"s3.path.style.access: {e}") from None


def _setting(name: str, settings: Mapping[str, str]) -> str | None:
    for key in KEYS[name]:
        if settings.get(key):
            return str(settings[key])
    for variable in _ENVIRONMENT.get(name, ()):
        if os.environ.get(variable):
            return os.environ[variable]
    return None


def _region_of(bucket: str) -> str | None:
    from pyarrow import fs

    try:
        region: str = fs.resolve_s3_region(bucket)
    except OSError:  # no such bucket, or no way to it: the first access says so
        return None
    return region
