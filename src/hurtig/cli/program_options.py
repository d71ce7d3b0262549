"""Options of the commands that execute a program: ``run`` and ``info``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from hurtig.common import global_configuration

if TYPE_CHECKING:
    from hurtig.cli.program import Program

__all__ = ["add_program_options", "make_parser", "parse", "program_of", "set_defaults"]


def make_parser(name: str, usage: str, description: str, epilog: str) -> argparse.ArgumentParser:
    """A parser for ``hurtig <name>``."""
    return argparse.ArgumentParser(
        prog=f"hurtig {name}",
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_program_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What says which program, and its settings."""
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
        add("-v", "--verbose", action="store_true", help="tracebacks with the engine's own frames"),
    ]


def parse(
    parser: argparse.ArgumentParser, actions: list[argparse.Action], arguments: list[str]
) -> tuple[argparse.Namespace, list[str]]:
    """Our options, and what belongs to the program: all from the first word not ours."""
    takes_value = {"-h": False, "--help": False}
    for action in actions:
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


def program_of(options: argparse.Namespace, rest: list[str]) -> Program:
    """The program that the options and the words after them name, with ``-pyfs`` in its path.
    Raises ``ProgramNotFoundError``."""
    program = _program(options, rest)
    program.search_path += _python_files(options.py_files)
    return program


def set_defaults(options: argparse.Namespace) -> None:
    """Make ``-D`` and ``-p`` the defaults of all environments of this process."""
    for key, value in options.define:
        global_configuration.set_default(key, value)
    if options.parallelism is not None:
        global_configuration.set_default("parallelism.default", str(options.parallelism))


def _program(options: argparse.Namespace, rest: list[str]) -> Program:
    from hurtig.cli.program import FileProgram, ModuleProgram, ProgramNotFoundError

    if options.python and options.pyModule:
        raise ProgramNotFoundError("-py and -pym exclude each other")
    if options.pyModule:
        return ModuleProgram(options.pyModule, rest)
    if options.python:
        return FileProgram(options.python, rest)
    if not rest:
        raise ProgramNotFoundError(f"which program? {_usage_of(options)}; --help tells more")
    return FileProgram(rest[0], rest[1:])


def _usage_of(options: argparse.Namespace) -> str:
    return "hurtig info job.py" if "json" in options else "hurtig run job.py"


def _python_files(text: str | None) -> list[str]:
    """The folders and archives to import from; a .py file stands for its folder."""
    import os.path

    from hurtig.cli.program import ProgramNotFoundError

    found = []
    for item in (text or "").split(","):
        path = os.path.abspath(item.strip())
        if not item.strip():
            continue
        if not os.path.exists(path):
            raise ProgramNotFoundError(f"-pyfs: there is no {item.strip()}")
        found.append(os.path.dirname(path) if path.endswith(".py") else path)
    return found


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value")
    return key.strip(), value
