"""Options of ``hurtig run`` that say where jobs run and from what they start."""

from __future__ import annotations

import argparse

from hurtig.common import global_configuration

__all__ = ["UsageError", "add_run_options", "set_run_defaults"]

_TARGET = "execution.target"
_RECOVERY = "execution.state-recovery"
_MODES = ("NO_CLAIM", "CLAIM", "LEGACY")


class UsageError(Exception):
    """Exit code 2."""


def add_run_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add them; the actions, for telling them from the program's words."""
    add = parser.add_argument
    return [
        add("-d", "--detached", action="store_true", help="submit, and do not wait for the job"),
        add(
            "-m",
            "--jobmanager",
            metavar="HOST:PORT",
            help="submit to the JobManager with this REST address",
        ),
        add("--dir", metavar="DIR", help="folder of the cluster (default: ~/.hurtig/cluster)"),
        add(
            "-t",
            "--target",
            metavar="TARGET",
            help="where jobs run, as execution.target: local, remote ...",
        ),
        add(
            "-s",
            "--fromSavepoint",
            metavar="PATH",
            help="start from this savepoint or retained checkpoint",
        ),
        add(
            "-n",
            "--allowNonRestoredState",
            "--allow-non-restored-state",
            dest="allow_non_restored",
            action="store_true",
            help="state whose operator is not in the program any more may be left behind",
        ),
        add(
            "-rm",
            "--restoreMode",
            "-claimMode",
            "--claimMode",
            dest="claim_mode",
            type=_mode,
            metavar="MODE",
            help="whom the savepoint belongs to: NO_CLAIM (the user, default), CLAIM (the job, "
            "which deletes it in time), LEGACY",
        ),
        add(
            "-sae",
            "--shutdownOnAttachedExit",
            dest="shutdown",
            action="store_true",
            help="with -m: Ctrl-C cancels the job",
        ),
        add(
            "--progress",
            action=argparse.BooleanOptionalAction,
            default=None,
            help="a line on stderr while a job runs (default: on in a terminal)",
        ),
    ]


def set_run_defaults(options: argparse.Namespace) -> None:
    """Make them the defaults of all environments of this process. Raises :class:`UsageError`."""
    put = global_configuration.set_default
    if options.fromSavepoint:
        put(f"{_RECOVERY}.path", options.fromSavepoint)
        if options.allow_non_restored:
            put(f"{_RECOVERY}.ignore-unclaimed-state", "true")
        if options.claim_mode:
            put(f"{_RECOVERY}.claim-mode", options.claim_mode)
    elif options.allow_non_restored or options.claim_mode:
        raise UsageError("-n and -rm say how to start from a savepoint: name one with -s PATH")
    if options.target:
        put(_TARGET, options.target)
    if options.detached or options.jobmanager:
        if options.target not in (None, "remote"):
            raise UsageError(f"-d and -m submit the job; -t {options.target} runs it here")
        put(_TARGET, "remote")
    if options.dir:
        put("hurtig.cluster.dir", options.dir)
    if options.jobmanager:
        from hurtig.cli import jobs

        try:
            host, port = jobs.split_address(options.jobmanager)
        except jobs.UsageError as e:
            raise UsageError(str(e)) from None
        put("rest.address", host)
        put("rest.port", port)
    if options.shutdown:
        put("execution.shutdown-on-attached-exit", "true")
    if _submits(options):
        put("execution.attached", "false" if options.detached else "true")


def _submits(options: argparse.Namespace) -> bool:
    if options.detached or options.jobmanager or options.target:
        return options.target in (None, "remote")
    return dict(options.define).get(_TARGET) == "remote"


def _mode(text: str) -> str:
    mode = text.upper().replace("-", "_")
    if mode not in _MODES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_MODES)}")
    return mode
