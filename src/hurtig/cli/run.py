"""``hurtig run``: runs a program in this process."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from hurtig.cli import broken_pipe, failure
from hurtig.cli.program import FileProgram, ModuleProgram, Program, ProgramNotFoundError
from hurtig.common import global_configuration

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["main"]

_USAGE = """\
hurtig run [options] job.py [arguments of job.py]
       hurtig run [options] -py job.py [arguments]
       hurtig run [options] -pym package.module [arguments]"""

_EPILOG = """\
Options stand before the program; all that follows it is the program's own. With -py and -pym the
program's own begins at the first word that is no option of this command.
The program may say pyflink or hurtig in its imports, and runs the same.

examples:
  hurtig run job.py --input flights.csv
  hurtig run -p 4 -D execution.runtime-mode=BATCH job.py
  hurtig run -pyfs lib.zip,helpers.py -pym jobs.daily 2013-01-01

configuration:
  -D and -p are defaults: what the program itself sets wins over them, and they win over the file
  config.yaml (or flink-conf.yaml) in the folder that HURTIG_CONF_DIR names. Often used keys:
    parallelism.default=4              as -p 4
    execution.runtime-mode=BATCH       or STREAMING, AUTOMATIC
    pipeline.auto-watermark-interval=200 ms
    execution.buffer-timeout.interval=10 ms

Ctrl-C cancels the running job cleanly, a second Ctrl-C stops at once.
exit code: 0 done, 1 the program failed, 2 wrong usage, 130 interrupted,
141 nobody reads its output any more (as in: hurtig run job.py | head);
sys.exit(n) in the program gives n.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code. ``SystemExit`` of the program passes through."""
    options, rest = _parse(arguments)
    try:
        program = _program(options, rest)
        for path in _python_files(options.py_files):
            program.search_path.append(path)
    except ProgramNotFoundError as e:
        sys.stderr.write(f"hurtig run: {e}\n")
        return 2
    for key, value in options.define:
        global_configuration.set_default(key, value)
    if options.parallelism is not None:
        global_configuration.set_default("parallelism.default", str(options.parallelism))

    import hurtig

    hurtig.install_as_pyflink()
    try:
        with _progress(options.progress):
            program.run()
    except KeyboardInterrupt:
        sys.stderr.write("hurtig: interrupted\n")
        return 130
    except Exception as e:
        if broken_pipe.reader_is_gone(e):
            return broken_pipe.leave_quietly()
        failure.report(e, program.file, verbose=options.verbose)
        return 1
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return broken_pipe.leave_quietly()
    return 0


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our options, and what belongs to the program: all from the first word not ours."""
    parser = argparse.ArgumentParser(
        prog="hurtig run",
        usage=_USAGE,
        description="Run a program written for PyFlink or hurtig in this process.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    takes_value = {"-h": False, "--help": False}
    for action in _add_options(parser):
        takes_value.update(dict.fromkeys(action.option_strings, action.nargs != 0))

    end = 0
    while end < len(arguments):
        word = arguments[end]
        if word in takes_value:
            end += 1 + takes_value[word]
        elif takes_value.get(word.partition("=")[0]) or re.match(r"-D.|-p\d", word):
            end += 1  # the value is in the same word
        else:
            break
    options = parser.parse_args(arguments[:end])
    rest = arguments[end:]
    if rest[:1] == ["--"]:
        del rest[0]
    elif rest and rest[0].startswith("-") and not (options.python or options.pyModule):
        parser.error(f"unrecognized option {rest[0]}")
    return options, rest


def _add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    add = parser.add_argument
    return [
        add("-p", "--parallelism", type=_positive, metavar="N", help="subtasks per operator"),
        add(
            "-D",
            dest="define",
            action="append",
            default=[],
            type=_key_value,
            metavar="KEY=VALUE",
            help="a setting under Flink's key; may be repeated",
        ),
        add("-py", "--python", metavar="FILE", help="the program, as in Flink's command line"),
        add("-pym", "--pyModule", metavar="MODULE", help="a module to run as the program"),
        add(
            "-pyfs",
            "--pyFiles",
            dest="py_files",
            metavar="PATHS",
            help="what the program may import besides: .py, .zip, .whl, .egg files or folders, "
            "separated by commas",
        ),
        add(
            "--progress",
            action=argparse.BooleanOptionalAction,
            default=None,
            help="a line on stderr while a job runs (default: on in a terminal)",
        ),
        add("-v", "--verbose", action="store_true", help="tracebacks with the engine's own frames"),
    ]


def _program(options: argparse.Namespace, rest: list[str]) -> Program:
    if options.python and options.pyModule:
        raise ProgramNotFoundError("-py and -pym exclude each other")
    if options.pyModule:
        return ModuleProgram(options.pyModule, rest)
    if options.python:
        return FileProgram(options.python, rest)
    if not rest:
        raise ProgramNotFoundError("which program? hurtig run job.py; --help tells more")
    return FileProgram(rest[0], rest[1:])


def _python_files(text: str | None) -> list[str]:
    """The folders and archives to import from; a .py file stands for its folder."""
    import os.path

    found = []
    for item in (text or "").split(","):
        path = os.path.abspath(item.strip())
        if not item.strip():
            continue
        if not os.path.exists(path):
            raise ProgramNotFoundError(f"-pyfs: there is no {item.strip()}")
        found.append(os.path.dirname(path) if path.endswith(".py") else path)
    return found


def _progress(wanted: bool | None) -> AbstractContextManager[object]:
    if sys.stderr.isatty() if wanted is None else wanted:
        from hurtig.cli.progress import ProgressLine
        from hurtig.client import running

        return ProgressLine(lambda: [(job.name, job.metrics()) for job in running.jobs()])
    from contextlib import nullcontext

    return nullcontext()


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    return key.strip(), value
