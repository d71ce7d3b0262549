from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hurtig
from hurtig.cli.main import COMMANDS, main


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hurtig {hurtig.__version__} (API of PyFlink 2.3.0)\n"


def test_overview_names_every_command(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command.name}" in out
        assert command.summary in out


def test_every_listed_command_can_be_called(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit) as e:
            import_module(command.module).main(["--help"])
        assert e.value.code == 0
        assert f"usage: hurtig {command.name}" in capsys.readouterr().out


def test_nothing_said_is_wrong_usage(capsys):
    assert main([]) == 2
    assert "usage: hurtig COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "hint"), [("rum", "hurtig --help"), ("job.py", "hurtig run job.py")]
)
def test_unknown_command(capsys, word, hint):
    assert main([word]) == 2
    err = capsys.readouterr().err
    assert f"'{word}' is not a command" in err
    assert hint in err


@pytest.mark.parametrize("before", [["run"], []])
def test_python_dash_m(run_python, tmp_path, before):
    (tmp_path / "job.py").write_text("import sys; print(sys.argv, __name__)")
    done = run_python("-m", "hurtig", *before, "--no-progress", "job.py", "-x")
    assert done.stdout == "['job.py', '-x'] __main__\n"


def test_python_dash_m_version(run_python):
    assert run_python("-m", "hurtig", "-V").stdout.startswith("hurtig ")


def test_installed_command(tmp_path):
    command = shutil.which("hurtig", path=str(Path(sys.executable).parent))
    assert command is not None
    (tmp_path / "job.py").write_text("import helper, sys; print(helper.X, sys.path[0])")
    (tmp_path / "helper.py").write_text("X = 1")
    done = subprocess.run(
        [command, "run", str(tmp_path / "job.py")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"1 {tmp_path}\n", done.stderr
