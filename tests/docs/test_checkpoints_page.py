"""The tables of docs/checkpoints.md agree with the options."""

from __future__ import annotations

import re
from pathlib import Path

from hurtig.common.option_values import format_value, parse_duration
from hurtig.common.options import option

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "checkpoints.md").read_text()


def test_settings_have_the_defaults_of_the_options() -> None:
    rows = re.findall(r"^\| `([a-z.-]+)` \| (`[^`]*`)? ?\| [A-Z`]", PAGE, re.MULTILINE)
    assert len(rows) == 9
    for key, default in rows:
        known = option("execution.checkpointing." + key)
        if known.default is None:
            assert default == ""
        else:
            unit = " ms" if known.value_type == "duration" else ""
            assert default == f"`{format_value(known.default)}{unit}`", key


def test_restart_strategies_have_the_defaults_of_the_options() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| [a-z][^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE)
    found = 0
    for strategy, keys in rows:
        for key, default in re.findall(r"`([a-z-]+)` \(([^)]*)\)", keys):
            known = option(f"restart-strategy.{strategy}.{key}")
            found += 1
            if default == "no limit":
                assert known.default == 2**31 - 1
            elif known.value_type == "duration":
                assert known.default == parse_duration(default), key
            else:
                assert known.default == float(default), key
    assert found == 11
