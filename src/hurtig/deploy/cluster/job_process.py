"""``python -m hurtig.deploy.cluster.job_process FD FOLDER ATTEMPT``: runs one job of a cluster.

The process executes the shipped job graph as an embedded program would, so that user code runs
neither in the daemon nor beside another job's.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hurtig.deploy.cluster.job_calls import JobCalls, resolved
from hurtig.deploy.cluster.job_record import JobDirectory, JobRecord
from hurtig.deploy.cluster.line import FrameSocket

if TYPE_CHECKING:
    from hurtig.graph.job_graph import JobGraph

_TICK = 0.1
_FIRST_TICK = 0.01
_LAST_WORDS = 5.0
"""Seconds that an ended job has to describe itself."""
_TICKS_PER_PROGRESS = 5


def main(arguments: list[str]) -> int:
    """Run the job to its end; the exit code is 0 where its end is written down."""
    line, folder, attempt = int(arguments[0]), arguments[1], int(arguments[2])
    os.set_inheritable(line, False)
    calls = JobCalls(FrameSocket(socket.socket(fileno=line)))
    calls.start()
    directory = JobDirectory(folder)
    record = directory.read()
    if record is None or record.attempt != attempt:
        print(f"attempt {attempt} of the job in {folder} is not wanted any more", file=sys.stderr)
        return 1
    job = JobRun(directory, record, calls)
    result = job.run()
    directory.write_result(attempt, result)
    _flush()
    calls.tell("ended", status=result["status"])
    return 0


class JobRun:
    """One attempt of one job."""

    def __init__(self, directory: JobDirectory, record: JobRecord, calls: JobCalls) -> None:
        self._directory = directory
        self._record = record
        self._calls = calls
        self._control: Any = None
        self._graph: JobGraph | None = None
        self._done = threading.Event()

    def run(self) -> dict[str, Any]:
        """How the job ended, as it is written down."""
        error: BaseException | None = None
        accumulators: dict[str, Any] = {}
        runtime = 0
        try:
            prepare(self._record)
            self._start()
            watching = threading.Thread(target=self._watch, name="hurtig-status", daemon=True)
            watching.start()
            try:
                outcome = resolved(self._control.result())
            finally:
                self._done.set()
                watching.join()
            accumulators = outcome.get_all_accumulator_results()
            runtime = outcome.get_net_runtime()
        except BaseException as e:
            error = e
        return self._result(error, accumulators, runtime)

    def _start(self) -> None:
        from hurtig.graph.executor import executor_for
        from hurtig.graph.job_graph import deserialize

        graph = deserialize(self._directory.graph())
        adopt_main_classes()
        graph.settings.clear()
        graph.settings.update(effective_settings(self._record))
        self._graph = graph
        self._control = executor_for(graph).execute(graph)._control
        self._control.start()  # in a thread of its own: all others may ask it from now on
        if not self._calls.attach(self._control):
            self._control.cancel()

    def _watch(self) -> None:
        """Tell the daemon of changes, and let no output lie in a buffer."""
        told: tuple[Any, ...] = ()
        checkpoint: str | None = None
        ticks = 0
        while not self._done.wait(_TICK if told else _FIRST_TICK):
            _flush()
            ticks += 1
            if ticks % _TICKS_PER_PROGRESS == 0:
                checkpoint = _latest_checkpoint(self._control) or checkpoint
            now = (self._control.status().name, checkpoint)
            if now != told and now[0] != "CREATED":
                told = now
                self._calls.tell("status", status=now[0], latest_checkpoint=checkpoint)

    def _result(
        self, error: BaseException | None, accumulators: dict[str, Any], runtime: int
    ) -> dict[str, Any]:
        import time

        from hurtig.common.errors import JobCancelledError
        from hurtig.deploy.job_details import exception_entry

        status, entry = "FINISHED", None
        if isinstance(error, JobCancelledError):
            status = "CANCELED"
        elif error is not None:
            status = "FAILED"
            entry = exception_entry(error, int(time.time() * 1000))
            print(entry["stacktrace"], file=sys.stderr)
        return {
            "status": status,
            "runtime": runtime,
            "accumulators": {name: _pickled(value) for name, value in accumulators.items()},
            "accumulator_texts": {name: repr(value) for name, value in accumulators.items()},
            "failure": entry,
            "details": self._last("details"),
            "checkpoints": self._last("checkpoint_statistics"),
            "exceptions": self._last("exceptions"),
            "metrics": self._last("metrics"),
        }

    def _last(self, name: str) -> Any:
        """What the job says of itself at its end; None where it does not, or not soon."""
        said: list[Any] = []

        def ask() -> None:
            try:
                said.append(getattr(self._control, name)())
            except Exception:
                said.append(None)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(_LAST_WORDS)
        return said[0] if said else None


def prepare(record: JobRecord) -> None:
    """Make this process one in which the program's modules can be imported as in the client's."""
    if record.folder and os.path.isdir(record.folder):
        os.chdir(record.folder)
    if record.python == sys.executable:
        sys.path[:] = record.search_path
    else:
        sys.path += [path for path in record.search_path if path not in sys.path]
    # What comes from the program's main file must not meet the names of this one.
    sys.modules["__main__"] = ModuleType("__main__")
    if record.pyflink:
        import hurtig

        hurtig.install_as_pyflink()


def effective_settings(record: JobRecord) -> dict[str, str]:
    """The job's settings, and what tells the executor which attempt of which job this is."""
    from hurtig.graph.executor import ATTEMPT_KEY, JOB_ID_KEY, RECOVER_KEY, TARGET_KEY

    settings = dict(record.settings)
    if settings.get(TARGET_KEY) == "remote":
        del settings[TARGET_KEY]
    settings[JOB_ID_KEY] = record.job_id
    settings[ATTEMPT_KEY] = str(record.attempt)
    settings[RECOVER_KEY] = "true" if record.attempt > 1 else "false"
    return settings


def adopt_main_classes() -> None:
    """Classes of the program's main file came by value with the graph: make them findable where
    pickle looks for them, for records and state that hold their instances."""
    from cloudpickle import cloudpickle

    main_module = sys.modules["__main__"]
    for cls in list(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS):
        if cls.__module__ == "__main__" and "." not in cls.__qualname__:
            setattr(main_module, cls.__name__, cls)


def _latest_checkpoint(control: Any) -> str | None:
    try:
        latest = control.checkpoint_statistics()["latest"]["completed"]
    except Exception:
        return None
    path: str | None = latest.get("external_path") if latest else None
    return path


def _pickled(value: Any) -> str:
    import base64

    from hurtig.graph.codegen.pickling import dumps

    return base64.b64encode(dumps(value)).decode()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
