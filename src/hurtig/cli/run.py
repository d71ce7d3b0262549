"""``hurtig run``: runs a program in this process, or submits its jobs to a JobManager."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hurtig.cli import broken_pipe, failure, program_options
from hurtig.cli.program import ProgramNotFoundError
from hurtig.cli.run_options import UsageError, add_run_options, set_run_defaults

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
Without -d, -m and -t its jobs run in this process and its workers. With -d or -m this process runs
the program, but each execute() submits its job to a JobManager (hurtig cluster start).

examples:
  hurtig run job.py --input flights.csv
  hurtig run -p 4 -D execution.runtime-mode=BATCH job.py
  hurtig run -pyfs lib.zip,helpers.py -pym jobs.daily 2013-01-01
  hurtig run -d -p 4 job.py                 submit, and return at once
  hurtig run -s file:///savepoints/savepoint-9f0c2a-0123456789ab job.py

configuration:
  -D and -p are defaults: what the program itself sets wins over them, and they win over the file
  config.yaml (or flink-conf.yaml) in the folder that HURTIG_CONF_DIR names. Often used keys:
    parallelism.default=4              as -p 4
    execution.runtime-mode=BATCH       or STREAMING, AUTOMATIC
    pipeline.auto-watermark-interval=200 ms
    execution.buffer-timeout.interval=10 ms

Ctrl-C cancels the running job cleanly, a second Ctrl-C stops at once. A submitted job goes on.
exit code: 0 done, 1 the program failed, 2 wrong usage, 130 interrupted,
141 nobody reads its output any more (as in: hurtig run job.py | head);
sys.exit(n) in the program gives n.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code. ``SystemExit`` of the program passes through."""
    parser = program_options.make_parser(
        "run", _USAGE, "Run a program written for PyFlink or hurtig.", _EPILOG
    )
    actions = program_options.add_program_options(parser) + add_run_options(parser)
    options, rest = program_options.parse(parser, actions, arguments)
    try:
        program = program_options.program_of(options, rest)
        program_options.set_defaults(options)
        set_run_defaults(options)
    except (ProgramNotFoundError, UsageError) as e:
        sys.stderr.write(f"hurtig run: {e}\n")
        return 2

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


def _progress(wanted: bool | None) -> AbstractContextManager[object]:
    if sys.stderr.isatty() if wanted is None else wanted:
        from hurtig.cli.progress import ProgressLine
        from hurtig.client import running

        return ProgressLine(lambda: [(job.name, job.metrics()) for job in running.jobs()])
    from contextlib import nullcontext

    return nullcontext()
