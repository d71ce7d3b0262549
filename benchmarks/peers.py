"""The engines compared with, each in a virtual environment of its own, made when first needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name(".venvs")


class PeerMissingError(Exception):
    """A peer cannot run here; says why."""


class Peer(NamedTuple):
    """What to install for an engine, and the environment variable that names a Python with it."""

    name: str
    module: str
    requirement: str
    variable: str
    needs_java: bool = False


PYFLINK = Peer("PyFlink", "pyflink", "apache-flink==2.3.0", "PYFLINK_PYTHON", needs_java=True)
BYTEWAX = Peer("Bytewax", "bytewax", "bytewax==0.21.1", "BYTEWAX_PYTHON")
PATHWAY = Peer("Pathway", "pathway", "pathway", "PATHWAY_PYTHON")
PEERS = (PYFLINK, BYTEWAX, PATHWAY)


class Installed(NamedTuple):
    """A Python in which the peer can be imported."""

    peer: Peer
    python: Path
    version: str

    @property
    def environment(self) -> Mapping[str, str]:
        """As in an activated environment: PyFlink's JVM calls plain ``python``."""
        path = f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {"PATH": path}


def find(peer: Peer, given: str | None = None) -> Installed:
    """The peer's Python: ``given``, or that of its variable, or one made in ``.venvs``.

    Raises :class:`PeerMissingError`.
    """
    if peer.needs_java and not _java():
        raise PeerMissingError(f"{peer.name} needs Java: neither JAVA_HOME nor java on the PATH")
    chosen = given or os.environ.get(peer.variable)
    if chosen:
        python = Path(chosen).absolute()
    else:
        python = FOLDER / peer.module / "bin" / "python"
        if _version(peer, python) is None:
            _install(peer, python)
    version = _version(peer, python)
    if version is None:
        raise PeerMissingError(f"{python} cannot import {peer.module}")
    return Installed(peer, python, version)


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return (home is not None and Path(home, "bin", "java").exists()) or bool(shutil.which("java"))


def _install(peer: Peer, python: Path) -> None:
    folder = python.parent.parent
    log = FOLDER / f"{peer.module}.log"
    print(f"installing {peer.requirement} (once; what pip says goes to {log.name}) ...", flush=True)
    FOLDER.mkdir(exist_ok=True)
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "--disable-pip-version-check", "install", peer.requirement],
    ]
    with log.open("w") as output:
        for step in steps:
            done = subprocess.run(step, stdout=output, stderr=subprocess.STDOUT, check=False)
            if done.returncode != 0:
                raise PeerMissingError(
                    f"{peer.requirement} could not be installed, see benchmarks/.venvs/{log.name}; "
                    f"name a Python that has it with {peer.variable}=..."
                )


def _version(peer: Peer, python: Path) -> str | None:
    """The installed version; ``None`` where the peer cannot be found."""
    name = peer.requirement.partition("==")[0]
    code = (
        "import importlib.util as u, importlib.metadata as m; "
        f"print(m.version({name!r}) if u.find_spec({peer.module!r}) else '')"
    )
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None
