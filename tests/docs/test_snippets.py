"""Runs what the documentation shows.

In README.md and docs/*.md:

- a ```python block is run; the blocks of one page share a directory and a namespace of their own
  per block. A block whose first line is ``# file: name.py`` is only written to that file.
- a ```console block is a session: lines after ``$ `` are run by the shell, and the lines that
  follow must be what they print (``...`` stands for anything).
- a ```text block directly after a ```python block is what that block prints.
- other fences, and fences with ``no-run`` behind the language, are not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    def __init__(self, language: str, flags: str, text: str, line: int) -> None:
        self.language = language
        self.flags = flags.split()
        self.text = text
        self.line = line


def blocks(page: Path) -> list[Block]:
    source = page.read_text()
    return [
        Block(m.group(1), m.group(2), m.group(3), source.count("\n", 0, m.start()) + 1)
        for m in FENCE.finditer(source)
    ]


def matches(expected: str, printed: str) -> bool:
    pattern = re.escape(expected.rstrip()).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, printed.rstrip(), re.DOTALL) is not None


def environment() -> dict[str, str]:
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def run(command: list[str] | str, directory: Path) -> str:
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return f"{done.stdout}" + (f"[exit code {done.returncode}]\n" if done.returncode else "")


def run_console(block: Block, directory: Path) -> None:
    for session in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = session.partition("\n")
        printed = run(command, directory)
        assert matches(expected, printed), f"$ {command}\nprinted:\n{printed}\nshown:\n{expected}"


def run_python(block: Block, following: Block | None, directory: Path) -> None:
    named = re.match(r"# file: (\S+)\n", block.text)
    if named:
        (directory / named.group(1)).write_text(block.text)
        return
    script = directory / f"snippet_{block.line}.py"
    script.write_text(block.text)
    printed = run([sys.executable, "-m", "hurtig", "run", script.name], directory)
    assert "[exit code" not in printed, printed
    if following is not None and following.language == "text":
        assert matches(following.text, printed), f"printed:\n{printed}\nshown:\n{following.text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page(page: Path, tmp_path: Path) -> None:
    found = blocks(page)
    for block, following in zip_longest(found, found[1:]):
        if "no-run" in block.flags:
            continue
        try:
            if block.language == "python":
                run_python(block, following, tmp_path)
            elif block.language == "console":
                run_console(block, tmp_path)
        except AssertionError as e:
            raise AssertionError(f"{page.name}, line {block.line}: {e}") from None


def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as code hosts make them."""
    text = FENCE.sub("", page.read_text())
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text()):
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name} links to missing {path}"
            if anchor:
                assert anchor in anchors(target), f"{page.name}: no heading {path}#{anchor}"
