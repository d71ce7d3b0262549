"""``hurtig change``: new settings for a running job."""

from __future__ import annotations

import argparse

from hurtig.cli import jobs as common

__all__ = ["main"]

_EPILOG = """\
The id may be left out where exactly one job runs, and cut short where its beginning is unique.
What can be changed: when checkpoints are taken (execution.checkpointing.interval, .min-pause),
when they are given up (.timeout, .tolerable-failed-checkpoints), whether barriers overtake
(.unaligned.enabled, .aligned-checkpoint-timeout). It takes effect at once, and stays when the job
is restarted.

examples:
  hurtig change execution.checkpointing.interval="10 s"
  hurtig change 9f0c2a execution.checkpointing.timeout="20 min"
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = common.make_parser(
        "change",
        "hurtig change [options] [ID] KEY=VALUE ...",
        "Change settings of a running job.",
        _EPILOG,
    )
    parser.add_argument("words", nargs="+", metavar="ID KEY=VALUE", help="the job; its settings")
    options = parser.parse_args(arguments)
    return common.command("change", lambda: _change(options))


def _change(options: argparse.Namespace) -> None:
    words = list(options.words)
    wanted = None if "=" in words[0] else words.pop(0)
    if not words:
        raise common.UsageError("which settings? KEY=VALUE")
    try:
        settings = dict(common.key_value(word) for word in words)
    except argparse.ArgumentTypeError as e:
        raise common.UsageError(str(e)) from None
    client = common.client_of(options)
    job = common.find_job(client, wanted)
    common.job_control(client, job).change_settings(settings)
    print(f"Job {job['jid']} now has {', '.join(f'{k}={v}' for k, v in settings.items())}")
