"""What a program brings along: requirements, archives, modules."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hurtig.common.errors import ProgramError


@pytest.fixture
def requirements(env, tmp_path):
    def check(text: str) -> None:
        path = tmp_path / "requirements.txt"
        path.write_text(text)
        env.set_python_requirements(str(path))

    return check


@pytest.mark.parametrize(
    "line",
    [
        "pytest",
        "PyTest>=1",
        "  pytest ~= 8.0  # why",
        "pytest[dev]",
        "pytest-xdist==1",
        "pytest_xdist",
        "pytest (>=1)",
        "pytest @ https://example.org/pytest.whl",
        "pytest==8 \\",
        "",
        "# no-such-thing",
        "-r no-such-thing.txt",
        "--extra-index-url https://example.org",
        "https://example.org/no-such-thing.whl",
        "git+https://example.org/no-such-thing.git",
        "./no-such-thing.whl",
        "wheels/no_such_thing.whl",
        "no-such-thing; python_version < '3'",
    ],
)
def test_requirements_that_are_met_or_are_not_names_of_packages(requirements, line):
    requirements(f"{line}\n")


@pytest.mark.parametrize(
    "line", ["no-such-thing", "no-such-thing>=1", "no-such-thing # a; b", "no-such-thing[x]==1"]
)
def test_packages_that_are_missing(requirements, line):
    with pytest.raises(
        ProgramError, match=r"not installed here: no-such-thing, other\.thing\. .*-r"
    ):
        requirements(f"pytest\n{line}\nother.thing\n")


def test_no_requirements_file(env, tmp_path):
    with pytest.raises(FileNotFoundError):
        env.set_python_requirements(str(tmp_path / "none.txt"))


@pytest.fixture
def archive(tmp_path: Path):
    """Makes ``packed/data.<ending>`` with one file."""

    def make(ending: str) -> str:
        (tmp_path / "packed").mkdir()
        content = tmp_path / "word.txt"
        content.write_text("hello")
        path = tmp_path / "packed" / f"data.{ending}"
        if ending == "zip":
            with zipfile.ZipFile(path, "w") as packed:
                packed.write(content, "in/word.txt")
        else:
            with tarfile.open(path, "w:gz") as packed:
                packed.add(content, "in/word.txt")
        return str(path)

    return make


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
@pytest.mark.parametrize("target", [None, "mine"])
def test_functions_find_an_archive_by_its_name(env, archive, tmp_path, monkeypatch, ending, target):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    env.add_python_archive(archive(ending), target)
    place = target or f"data.{ending}"
    stream = env.from_collection([place]).map(lambda name: Path(name, "in/word.txt").read_text())
    assert list(stream.execute_and_collect()) == ["hello"]


def test_an_archive_in_the_working_directory_stays(env, archive, tmp_path, monkeypatch):
    path = archive("zip")
    monkeypatch.chdir(tmp_path / "packed")
    env.add_python_archive(path)
    assert zipfile.is_zipfile("data.zip")
    assert Path("data.zip.unpacked/in/word.txt").read_text() == "hello"


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_archives_that_are_none(env, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in" / "broken.zip"
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProgramError, match=r"cannot unpack '.*broken\.zip'"):
        env.add_python_archive(str(path))


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("kind", ["module", "folder", "zip"])
def test_python_files_become_importable(env, tmp_path, monkeypatch, kind, prefix):
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"helper_{kind}_{len(prefix)}"
    module = tmp_path / f"{name}.py"
    module.write_text("def twice(x):\n    return 2 * x\n")
    given = {"module": module, "folder": tmp_path, "zip": tmp_path / "helpers.zip"}[kind]
    if kind == "zip":
        with zipfile.ZipFile(given, "w") as packed:
            packed.write(module, module.name)
        module.unlink()
    env.add_python_file(f"{prefix}{given}")
    env.add_python_file(f"{prefix}{given}")
    place = str(tmp_path if kind == "module" else given)
    assert sys.path.count(place) == 1

    def use(value: int) -> int:
        return __import__(name).twice(value)

    assert list(env.from_collection([4]).map(use).execute_and_collect()) == [8]


def test_a_python_file_that_does_not_exist(env, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"add_python_file: '.*none\.py' does not exist"):
        env.add_python_file(str(tmp_path / "none.py"))
