"""How a program is started and what it finds around itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile

import pytest

CONFIGURATION = "from hurtig.common.global_configuration import defaults; print(defaults())"


def test_arguments_after_the_program_are_its_own(hurtig_run):
    arguments = ("--parallelism", "-p", "3", "--", "-h", "-D", "--pro")
    done = hurtig_run("import sys; print(sys.argv)", arguments=arguments)
    assert done.stdout == f"{['job.py', *arguments]}\n", done.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {}),
        (["-p", "4"], {"parallelism.default": "4"}),
        (["-p4"], {"parallelism.default": "4"}),
        (["--parallelism", "4"], {"parallelism.default": "4"}),
        (["-D", "a.b=c=d", "-Dx=1"], {"a.b": "c=d", "x": "1"}),
        (["-D", "a="], {"a": ""}),
    ],
)
def test_settings_become_defaults(hurtig_run, options, expected):
    assert hurtig_run(CONFIGURATION, *options).stdout == f"{expected}\n"


def test_settings_win_over_the_configuration_file(hurtig_run, tmp_path):
    (tmp_path / "config.yaml").write_text("parallelism:\n  default: 2\na: 1\n")
    done = hurtig_run(CONFIGURATION, "-p", "4", HURTIG_CONF_DIR=str(tmp_path))
    assert done.stdout == f"{ {'parallelism.default': '4', 'a': '1'} }\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-p", "0"], "'0' is not a whole number above 0"),
        (["-p", "many"], "'many' is not a whole number above 0"),
        (["-D", "novalue"], "'novalue' is not of the form key=value"),
        (["-D", "=x"], "'=x' is not of the form key=value"),
        (["--parallel", "3"], "unrecognized option --parallel"),
        (["-pyfs", "none.zip"], "-pyfs: there is no none.zip"),
        (["-py", "a.py", "-pym", "a"], "exclude each other"),
    ],
)
def test_wrong_usage(hurtig_run, options, message):
    done = hurtig_run("print('ran')", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which program? hurtig run job.py"),
        (["none.py"], "there is no file none.py"),
        (["."], ". is a folder"),
    ],
)
def test_no_program(run_python, arguments, message):
    done = run_python("-m", "hurtig", "run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-py", "job.py"], ([], None)),
        (["-py", "job.py", "a", "-p", "5"], (["a", "-p", "5"], None)),
        (["-py", "job.py", "--input", "x"], (["--input", "x"], None)),
        (["-py", "job.py", "-p", "5", "-i"], (["-i"], "5")),  # still ours, as in Flink
        (["-py", "job.py", "--", "-p", "5"], (["-p", "5"], None)),
        (["--python=job.py", "x"], (["x"], None)),
        (["-p", "3", "--", "job.py", "--", "x"], (["--", "x"], "3")),
    ],
)
def test_where_the_arguments_of_the_program_begin(run_python, tmp_path, arguments, expected):
    (tmp_path / "job.py").write_text(
        "import sys; from hurtig.common.global_configuration import defaults\n"
        "print((sys.argv[1:], defaults().get('parallelism.default')))"
    )
    done = run_python("-m", "hurtig", "run", *arguments)
    assert done.stdout == f"{expected}\n", done.stderr


def test_module_with_files(run_python, tmp_path):
    lib = tmp_path / "lib"
    (lib / "jobs").mkdir(parents=True)
    (lib / "jobs" / "__init__.py").write_text("")
    (lib / "jobs" / "near.py").write_text("X = 1")
    (lib / "jobs" / "daily.py").write_text(
        "import sys, zipped, single\nfrom .near import X\n"
        "print(__name__, __package__, __spec__.name, sys.argv, X, zipped.Y, single.Z)"
    )
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as z:
        z.writestr("zipped.py", "Y = 2")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "single.py").write_text("Z = 3")
    done = run_python(
        *("-m", "hurtig", "run", "-pyfs", "lib,more.zip,other/single.py"),
        *("-pym", "jobs.daily", "2013"),
    )
    origin = str(lib / "jobs" / "daily.py")
    assert done.stdout == f"__main__ jobs jobs.daily {[origin, '2013']} 1 2 3\n", done.stderr


def test_package_as_module(run_python, tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "__main__.py").write_text("print(__package__)")
    assert run_python("-m", "hurtig", "run", "-pym", "pack").stdout == "pack\n"


@pytest.mark.parametrize("name", ["nomodule", "nopackage.nomodule"])
def test_module_that_does_not_exist(run_python, name):
    done = run_python("-m", "hurtig", "run", "-pym", name)
    assert done.returncode == 1
    assert f"there is no Python module {name}" in done.stderr
    assert "Traceback" not in done.stderr


def test_main_module_is_the_program(hurtig_run):
    done = hurtig_run(
        """
        import __main__, inspect, pickle, sys
        class Event:
            pass
        def double(x):
            return 2 * x
        assert __main__ is sys.modules["__main__"] and __main__.Event is Event
        assert isinstance(pickle.loads(pickle.dumps(Event())), Event)
        assert pickle.loads(pickle.dumps(double)) is double
        assert inspect.getsource(double) == "def double(x):\\n    return 2 * x\\n"
        assert __spec__ is None and __package__ is None and __doc__ is None
        x: int = 1
        assert __annotations__ == {"x": int}
        print("good")
        """
    )
    assert done.stdout == "good\n", done.stderr


def test_cloudpickled_function_of_the_program_runs_elsewhere(hurtig_run, run_python, tmp_path):
    done = hurtig_run(
        """
        import cloudpickle, pathlib
        FACTOR = 3
        def triple(x):
            return FACTOR * x
        pathlib.Path("f.pickle").write_bytes(cloudpickle.dumps(triple))
        """
    )
    assert done.returncode == 0, done.stderr
    elsewhere = run_python("-c", "import pickle; print(pickle.load(open('f.pickle', 'rb'))(2))")
    assert elsewhere.stdout == "6\n"


def test_names_live_until_the_process_ends(hurtig_run):
    done = hurtig_run(
        """
        import atexit
        WORD = "still here"
        def last():
            import __main__
            print(WORD, __main__.WORD)
        atexit.register(last)
        """
    )
    assert done.stdout == "still here still here\n"


def test_pyflink_is_hurtig(hurtig_run):
    done = hurtig_run("from pyflink.util import exceptions; print(exceptions.__name__)")
    assert done.stdout == "hurtig.util.exceptions\n"


def test_source_encoding_is_respected(run_python, tmp_path):
    source = "# -*- coding: latin-1 -*-\nprint(ascii('ä'))\n"
    (tmp_path / "job.py").write_bytes(source.encode("latin-1"))
    assert run_python("-m", "hurtig", "run", "job.py").stdout == "'\\xe4'\n"


@pytest.mark.parametrize(
    ("call", "code", "error"),
    [("", 0, ""), ("3", 3, ""), ("0", 0, ""), ("'why'", 1, "why\n")],
)
def test_system_exit_of_the_program(hurtig_run, call, code, error):
    done = hurtig_run(f"import sys; sys.exit({call})")
    assert (done.returncode, done.stderr) == (code, error)


def test_interrupt(tmp_path):
    (tmp_path / "job.py").write_text("import time; print('on', flush=True); time.sleep(30)")
    process = subprocess.Popen(
        [sys.executable, "-m", "hurtig", "run", "job.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    os.kill(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (130, "hurtig: interrupted\n")


def test_progress_line_of_a_registered_job(hurtig_run):
    done = hurtig_run(
        """
        import time
        from hurtig.client import running
        class Job:
            name = "flights"
            def metrics(self):
                return {"records_in": 7, "records_out": 5, "watermark": 0, "late": 0}
        running.register(Job())
        time.sleep(0.8)
        """,
        "--progress",
    )
    assert "flights  7 in  5 out" in done.stderr
    assert "1970-01-01 00:00:00 UTC" in done.stderr
    assert done.stderr.endswith("UTC\n\x1b[K")  # text mode: \\r reads as \\n


def test_no_progress_where_stderr_is_no_terminal(hurtig_run):
    done = hurtig_run("import threading; print([t.name for t in threading.enumerate()])")
    assert done.stdout == "['MainThread']\n"


def test_error_of_a_package_on_the_way_to_the_module(run_python, tmp_path):
    """Not to be taken for a module that does not exist."""
    package = tmp_path / "jobs"
    package.mkdir()
    (package / "__init__.py").write_text("import no_such_thing\n")
    (package / "daily.py").write_text("print('ran')\n")
    done = run_python("-m", "hurtig", "run", "-pym", "jobs.daily")
    assert done.returncode == 1
    assert "No module named 'no_such_thing'" in done.stderr
    assert f'File "{package / "__init__.py"}", line 1' in done.stderr
    assert "there is no Python module" not in done.stderr


def test_the_last_output_finds_no_reader(tmp_path):
    """What the program wrote lies in a buffer until it ends."""
    (tmp_path / "job.py").write_text("import sys\nsys.stdin.read()\nprint('late')\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "hurtig", "run", "job.py"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    process.stdin.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(20) == 141
