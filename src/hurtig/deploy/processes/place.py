"""The program's surroundings, taken along to its workers."""

from __future__ import annotations

import os
import sys
import time

from hurtig.deploy.processes.wire import ProgramPlace


def program_place() -> ProgramPlace:
    """Those of this process."""
    from hurtig.pyflink_alias import is_installed

    try:
        folder = os.getcwd()
    except OSError:  # it was removed
        folder = "/"
    return ProgramPlace(
        search_path=[os.path.abspath(path) for path in sys.path],
        folder=folder,
        environment=dict(os.environ),
        arguments=list(getattr(sys, "argv", [])),
        main_file=getattr(sys.modules.get("__main__"), "__file__", None),
        pyflink=is_installed(),
    )


def enter(place: ProgramPlace) -> None:
    """Make this process like that of the program."""
    from hurtig.common.program_pickle import ProgramModule

    os.environ.clear()
    os.environ.update(place.environment)
    time.tzset()
    try:
        os.chdir(place.folder)
    except OSError:
        pass  # functions that need it will say so
    sys.path[:] = place.search_path
    sys.argv[:] = place.arguments
    main = ProgramModule("__main__")
    main.__file__ = place.main_file
    # What comes from the program's main file must not meet the names of the zygote's.
    sys.modules["__main__"] = main
    if place.pyflink:
        import hurtig

        hurtig.install_as_pyflink()
