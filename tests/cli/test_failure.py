"""What the user reads when a program fails."""

from __future__ import annotations

from textwrap import dedent


def test_traceback_begins_in_the_program(hurtig_run, tmp_path):
    done = hurtig_run(
        """
        def divide(x):
            return 1 // x

        divide(0)
        """
    )
    file = tmp_path / "job.py"
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "Traceback (most recent call last):",
        f'  File "{file}", line 5, in <module>',
        "    divide(0)",
        f'  File "{file}", line 3, in divide',
        "    return 1 // x",
        "           ~~^^~~",
        "ZeroDivisionError: integer division or modulo by zero",
    ]


def test_frames_of_other_modules_of_the_user_stay(hurtig_run, tmp_path):
    (tmp_path / "helper.py").write_text("def fail():\n    raise KeyError('k')\n")
    done = hurtig_run("import helper\nhelper.fail()")
    assert f'File "{tmp_path / "helper.py"}", line 2, in fail' in done.stderr
    assert done.stderr.count("File ") == 2


def test_import_error_has_no_frames_of_the_import_system(hurtig_run):
    done = hurtig_run("import pyflink.nothing")
    assert done.stderr.count("File ") == 1
    assert "frozen" not in done.stderr
    assert "ModuleNotFoundError: pyflink.nothing is not in this version of hurtig" in done.stderr


def test_syntax_error_reads_as_pythons(hurtig_run, tmp_path):
    done = hurtig_run("x = (1,\nprint(2\n")
    assert done.returncode == 1
    assert f'File "{tmp_path / "job.py"}", line' in done.stderr
    assert "SyntaxError" in done.stderr
    assert "hurtig" not in done.stderr.replace(str(tmp_path), "")


def test_error_inside_hurtig_says_so(hurtig_run):
    code = """
        from hurtig.common import global_configuration
        global_configuration._read_folder(None)
        """
    done = hurtig_run(code)
    assert done.stderr.count("File ") == 1
    assert "raised inside hurtig, whose frames are left out; -v shows them" in done.stderr
    verbose = hurtig_run(code, "-v").stderr
    assert "in _read_folder" in verbose
    assert "in main" in verbose


def test_error_of_a_function_that_hurtig_calls_is_the_users(hurtig_run):
    done = hurtig_run(
        """
        import json
        from hurtig.cli.terminal import LineGuard
        LineGuard(None, lambda: json.loads("{")).write("x")
        """
    )
    assert "in <lambda>" in done.stderr
    assert "JSONDecodeError" in done.stderr
    assert "hurtig: raised inside" not in done.stderr


def test_causes_are_filtered_too(hurtig_run):
    done = hurtig_run(
        """
        from hurtig.common.configuration_file import read_configuration_file
        try:
            read_configuration_file(None)
        except TypeError as e:
            raise ValueError("outer") from e
        """
    )
    assert "ValueError: outer" in done.stderr
    assert "direct cause" in done.stderr
    assert done.stderr.count("File ") == 2


def test_error_for_the_user_is_rendered(hurtig_run):
    code = """
        from hurtig.common.errors import JobExecutionError
        raise JobExecutionError("the disk is full. Make room.")
        """
    done = hurtig_run(code)
    assert done.returncode == 1
    assert done.stderr == "JobExecutionError: the disk is full. Make room.\n"
    assert "Traceback" in hurtig_run(code, "--verbose").stderr


def test_program_error_names_the_line(hurtig_run, tmp_path):
    done = hurtig_run(
        """
        from hurtig.common.configuration_file import parse_configuration
        parse_configuration("a b", "conf")  # here
        """
    )
    assert done.stderr == (
        "ProgramError: conf, line 1: expected 'key: value'\n"
        "  a b\n"
        f"  at        {tmp_path / 'job.py'}:3  "
        'parse_configuration("a b", "conf")  # here\n'
    )


def test_excepthook_of_the_program_is_asked(hurtig_run):
    done = hurtig_run(
        """
        import sys
        sys.excepthook = lambda kind, e, tb: print("mine", kind.__name__)
        raise ValueError
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "mine ValueError\n", "")


def test_output_comes_before_the_error(run_python, tmp_path):
    (tmp_path / "job.py").write_text(dedent("print('first')\n1 / 0\n"))
    code = (
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'hurtig', 'run', 'job.py'], stderr=sys.stdout)"
    )
    assert run_python("-c", code).stdout.startswith("first\nTraceback")


def test_what_hurtig_refuses_is_not_called_a_failure_inside(hurtig_run):
    code = """
        from hurtig.datastream import StreamExecutionEnvironment
        StreamExecutionEnvironment.get_execution_environment().set_parallelism(0)
        """
    done = hurtig_run(code)
    assert done.stderr.endswith("ValueError: the parallelism must be at least 1, got 0\n")
    assert "set_parallelism(0)" in done.stderr


def test_exceptions_that_are_each_others_cause(hurtig_run, tmp_path):
    done = hurtig_run(
        """
        from hurtig.common import global_configuration
        first, second = ValueError("first"), ValueError("second")
        try:
            global_configuration._read_folder(None)
        except Exception as e:
            first.__cause__, second.__cause__ = second, first
            raise first
        """
    )
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: first\n")
    assert "ValueError: second" in done.stderr
    assert "global_configuration.py" not in done.stderr


def test_groups_are_filtered_too(hurtig_run):
    done = hurtig_run(
        """
        from hurtig.common import global_configuration
        errors = []
        for n in range(2):
            try:
                global_configuration._read_folder(None)
            except Exception as e:
                errors.append(e)
        raise ExceptionGroup("both", errors)
        """
    )
    assert "ExceptionGroup: both (2 sub-exceptions)" in done.stderr
    assert "global_configuration.py" not in done.stderr
    assert done.stderr.count("line 6, in <module>") == 2
