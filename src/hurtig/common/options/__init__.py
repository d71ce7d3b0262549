"""All keys that are known, and the warning for a key that is not.

The tables load when first asked for: most programs set few options or none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from hurtig.common.config_options import ConfigOption

__all__ = [
    "add_current_keys",
    "check_values",
    "closest_key",
    "is_known",
    "known_options",
    "option",
    "warn_unknown_keys",
]

PREFIXES = (
    "hurtig.",
    "metrics.reporter.",
    "metrics.scope.variables.",
    "env.",
    "containerized.",
    "execution.async-state.",
    "execution.batch.",
    "execution.program-config.",
    "pipeline.cep.",
    "python.internal.",
    "python.logging.",
    "rest.cache.",
    "rest.flamegraph.",
    "rest.profiling.",
    "slotmanager.",
    "metrics.internal.",
    "jobmanager.adaptive-batch-scheduler.",
    "jobmanager.partition.",
    "jobmanager.web.",
    "state.backend.latency-track.",
    "state.latency-track.",
    "state.size-track.",
    "table.exec.async-",
    "table.exec.delta-join.",
    "table.exec.local-hash-agg.",
    "table.exec.resource.",
    "table.exec.sink.upsert-materialize-strategy.",
    "table.optimizer.runtime-filter.",
    "table.optimizer.skewed-join-optimization.",
    "table.secret-store",
    "taskmanager.net.",
    "taskmanager.runtime.",
    "taskmanager.system-out.",
    "fs.",
    "s3.",
    "s3a.",
    "presto.",
    "gs.",
    "azure.",
    "security.",
    "kubernetes.",
    "yarn.",
    "ray.",
    "zookeeper.",
    "high-availability.",
    "historyserver.",
    "akka.",
    "pekko.",
    "blob.",
    "cluster.",
    "classloader.",
    "compiler.",
    "external-resource",
    "jobmanager.adaptive-scheduler.",
    "job-autoscaler.",
    "plugin.",
    "queryable-state.",
    "resourcemanager.",
    "sql-client.",
    "sql-gateway.",
    "state.backend.rocksdb.",
    "state.backend.changelog.",
    "state.changelog.",
    "state.backend.forst.",
    "table.catalog-store.",
    "table.resources.",
    "traces.reporter.",
    "events.reporter.",
    "taskmanager.network.",
    "taskmanager.memory.jvm-",
    "taskmanager.memory.framework.",
    "taskmanager.debug.",
    "taskmanager.jvm-",
    "jobmanager.memory.jvm-",
)
"""Families whose keys are not listed one by one."""

_log = logging.getLogger("hurtig.configuration")
_warned: set[str] = set()


@cache
def known_options() -> dict[str, ConfigOption[Any]]:
    """Key -> option, older keys included: they lead to the option of today."""
    from hurtig.common.options import cluster, execution, rocksdb, state, table

    options: dict[str, ConfigOption[Any]] = {}
    tables = (execution, state, rocksdb, cluster, table)
    for listed in (t.OPTIONS for t in tables):
        options.update((o.key, o) for o in listed)
    for known in list(options.values()):
        for key in known.fallback_keys:
            options.setdefault(key, known)
    return options


def option(key: str) -> ConfigOption[Any]:
    """The option of a key; KeyError with the closest known key where there is none."""
    try:
        return known_options()[key]
    except KeyError:
        raise KeyError(_unknown(key)) from None


def add_current_keys(configuration: Any) -> None:
    """Set, for each older key of a Configuration, also the key of today, where it is not set."""
    keys = configuration.key_set()
    known = known_options()
    for key in keys:
        today = known.get(key)
        if today is not None and today.key != key and today.key not in keys:
            configuration.set_string(today.key, configuration.get_string(key, None))


def is_known(key: str) -> bool:
    """Whether a key is listed or belongs to a family that is not listed key by key."""
    if key in known_options() or key.startswith(PREFIXES):
        return True
    from hurtig.common.options.accepted import ACCEPTED

    return key in ACCEPTED


def closest_key(key: str) -> str | None:
    """The known key that is most like ``key``; None where none is."""
    import difflib

    found = difflib.get_close_matches(key, known_options(), n=1, cutoff=0.75)
    return found[0] if found else None


def warn_unknown_keys(configuration: Any) -> list[str]:
    """Logs one warning for each key that nobody reads; the unknown keys, also those warned before.

    ``configuration`` is a Configuration, a dict or an iterable of keys.
    """
    keys: Iterable[str] = (
        configuration.key_set() if hasattr(configuration, "key_set") else configuration
    )
    unknown = [key for key in sorted(keys) if not is_known(key)]
    for key in unknown:
        if key not in _warned:
            _warned.add(key)
            _log.warning("%s", _unknown(key))
    return unknown


def check_values(configuration: Any) -> None:
    """Raises ``ProgramError`` for a value that does not fit its key."""
    from hurtig.common.errors import ProgramError

    for key, value in sorted(configuration.to_dict().items()):
        known = known_options().get(key)
        if known is None:
            continue
        try:
            known.parse(value)
        except ValueError as e:
            raise ProgramError(str(e)) from None


def _unknown(key: str) -> str:
    like = closest_key(key)
    hint = f"did you mean {like}?" if like else "it has no effect"
    return f"unknown configuration key {key}: {hint}"
