"""The alias changes the process that installs it, so each case has an interpreter of its own."""

from __future__ import annotations

from textwrap import dedent

import pytest


@pytest.fixture
def run(run_python):
    """Runs code after ``install_as_pyflink()`` and gives what it printed."""

    def run_code(code: str, install: bool = True, **env: str) -> str:
        head = "import hurtig; hurtig.install_as_pyflink()\n" if install else ""
        done = run_python("-c", head + dedent(code), env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run_code


@pytest.fixture
def real_pyflink(tmp_path) -> str:
    """A folder with a package ``pyflink`` that is not ours."""
    package = tmp_path / "site" / "pyflink"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("REAL = True\n")
    (package / "only_there.py").write_text("")
    return str(package.parent)


def test_every_module_is_the_same_object_under_both_names(run):
    out = run(
        """
        import importlib, pkgutil, sys
        count = 0
        for found in pkgutil.walk_packages(hurtig.__path__, "hurtig."):
            tail = found.name.partition(".")[2]
            if tail in ("version", "__main__"):
                continue
            alias = importlib.import_module("pyflink." + tail)
            real = importlib.import_module(found.name)
            assert alias is real is sys.modules["pyflink." + tail], found.name
            assert real.__name__ == real.__spec__.name == found.name, found.name
            assert not real.__spec__._initializing
            package = found.name if found.ispkg else found.name.rpartition(".")[0]
            assert real.__package__ == package, found.name
            count += 1
        print(count)
        """
    )
    assert int(out) > 10


def test_forms_of_import(run):
    out = run(
        """
        import pyflink.util.exceptions
        import pyflink.util.exceptions as by_name
        from pyflink.util import exceptions
        from pyflink.util.exceptions import TableException
        from hurtig.util.exceptions import TableException as ours
        print(pyflink.util.exceptions is by_name is exceptions, TableException is ours)
        """
    )
    assert out == "True True"


def test_hurtig_imported_first_stays_as_it_is(run):
    out = run(
        """
        import hurtig, hurtig.util.exceptions as before
        spec = before.__spec__
        hurtig.install_as_pyflink()
        import pyflink.util.exceptions as after
        print(after is before, before.__spec__ is spec, before.__loader__ is spec.loader)
        """,
        install=False,
    )
    assert out == "True True True"


def test_pickle_by_reference_under_both_names(run):
    out = run(
        """
        import pickle
        from pyflink.util.exceptions import TableException
        data = pickle.dumps(TableException, protocol=0)
        print(b"hurtig.util" in data, pickle.loads(data) is TableException)
        print(pickle.loads(data.replace(b"hurtig.", b"pyflink.")) is TableException)
        """
    )
    assert out.split() == ["True", "True", "True"]


def test_reload_keeps_the_module(run):
    out = run(
        """
        import importlib, pyflink.util.exceptions as m
        print(importlib.reload(m) is m, m.__spec__.name)
        """
    )
    assert out == "True hurtig.util.exceptions"


def test_versions(run):
    out = run(
        """
        import pyflink, pyflink.version
        from pyflink.version import __version__
        print(pyflink.__version__, pyflink.version.__version__, __version__, hurtig.__version__)
        """
    )
    assert out == "2.3.0 2.3.0 2.3.0 0.1.0"


def test_install_twice_adds_one_finder(run):
    out = run(
        """
        import sys
        before = len(sys.meta_path)
        hurtig.install_as_pyflink()
        print(len(sys.meta_path) - before, type(sys.meta_path[0]).__module__)
        """
    )
    assert out == "0 hurtig.pyflink_alias"


@pytest.mark.parametrize(
    "statement",
    [
        "import pyflink.nothing",
        "from pyflink.nothing import X",
        "from pyflink import nothing",
        "import pyflink.nothing.below",
    ],
)
def test_a_module_that_hurtig_lacks(run, statement):
    out = run(
        f"""
        try:
            {statement}
        except ModuleNotFoundError as e:
            print(e)
        """
    )
    assert out == "pyflink.nothing is not in this version of hurtig"


def test_a_missing_dependency_is_not_taken_for_a_missing_module(run, tmp_path):
    (tmp_path / "needs_more.py").write_text("import surely_not_installed\n")
    out = run(
        f"""
        hurtig.__path__.append({str(tmp_path)!r})
        try:
            import pyflink.needs_more
        except ModuleNotFoundError as e:
            print(e.name)
        """
    )
    assert out == "surely_not_installed"


def test_wins_over_real_pyflink_beside_it(run, real_pyflink):
    out = run(
        """
        import pyflink
        print(hasattr(pyflink, "REAL"))
        try:
            import pyflink.only_there
        except ModuleNotFoundError as e:
            print(e)
        """,
        PYTHONPATH=real_pyflink,
    )
    assert out.splitlines() == ["False", "pyflink.only_there is not in this version of hurtig"]


def test_real_pyflink_imported_before_is_an_error(run, real_pyflink):
    out = run(
        """
        import pyflink, hurtig
        try:
            hurtig.install_as_pyflink()
        except ImportError as e:
            print(e)
        """,
        install=False,
        PYTHONPATH=real_pyflink,
    )
    assert out.startswith(f"pyflink was already imported from {real_pyflink}")
    assert "before the first import of pyflink" in out


def test_names_that_only_begin_like_it_are_left_alone(run, tmp_path):
    (tmp_path / "pyflink_tools.py").write_text("HERE = 1\n")
    assert run("import pyflink_tools; print(pyflink_tools.HERE)") == "1"


def test_version_reached_as_an_attribute(run):
    assert run("import pyflink; print(pyflink.version.__version__)").startswith("2.")


def test_names_that_modules_of_pyflink_only_import(run):
    out = run(
        """
        import importlib
        from hurtig.pyflink_incidental import _NAMES
        from hurtig.common import Time
        from pyflink.datastream.window import Time as of_window, Types, ValueStateDescriptor
        assert of_window is Time
        count = 0
        for module, names in _NAMES.items():
            handed_on = importlib.import_module(f"pyflink.datastream.{module}")
            count += sum(hasattr(handed_on, name) for name in names.split())
            assert not hasattr(handed_on, "Nothing")
        print(count == sum(len(names.split()) for names in _NAMES.values()), count > 50)
        """
    )
    assert out == "True True"


def test_they_are_not_names_of_hurtig(run):
    out = run("import hurtig.datastream.window as w; print(hasattr(w, 'Time'))", install=False)
    assert out == "False"
