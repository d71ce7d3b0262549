"""TaskManagers in worker processes, as a JobMaster sees them."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from hurtig.common.errors import JobExecutionError
from hurtig.common.program_pickle import loads_record
from hurtig.control.messages import Failed, ToJobMaster, ToTaskManager
from hurtig.deploy.processes.place import program_place
from hurtig.deploy.processes.pool import ProcessPool, WorkerCallbacks, WorkerHandle
from hurtig.deploy.processes.shared_pool import shared_pool
from hurtig.deploy.processes.wire import WorkerConfig
from hurtig.runtime.network.errors import ConnectionLostError

START_SECONDS = 60.0
DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS = 1000, 5000
GRACE_SECONDS = 10.0
"""How long functions and sinks may take to close."""
CAUSE_MS = 1000
"""How long the news that a connection was lost waits for the news of why."""
DEFAULT_FACTORY = "hurtig.deploy.processes.worker_task_manager:create"


class JobMasterThread(Protocol):
    """The JobMaster's main thread."""

    def now(self) -> int:
        """Epoch ms."""

    def schedule(self, timestamp: int, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back at that time; returns how to cancel."""

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon in this thread. Safe from any thread."""


class _Waiting:
    """An :meth:`ProcessTaskManagers.acquire` that is not answered yet."""

    def __init__(
        self,
        wanted: int,
        ready: Callable[[list[str]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.wanted = wanted
        self.ready = ready
        self.failed = failed
        self.cancel_timer: Callable[[], None] = lambda: None


class ProcessTaskManagers:
    """A :class:`hurtig.jobmanager.gateway.TaskManagers`: one worker process for each TaskManager,
    of which there are at most ``limit``. A lost one is replaced, under a new id, by the next
    :meth:`acquire`.

    ``receive(task_manager, message)`` and ``lost(task_manager, reason)`` are called in the
    JobMaster's thread; :meth:`connect` sets them before the first :meth:`acquire`. Only
    :meth:`wait_ended` may be called from elsewhere.
    """

    def __init__(
        self,
        main: JobMasterThread,
        job_id: str,
        settings: Mapping[str, str],
        limit: int | None = None,
        pool: ProcessPool | None = None,
        factory: str = DEFAULT_FACTORY,
    ) -> None:
        from hurtig.common.configuration import Configuration

        read = Configuration.from_dict(dict(settings))._read
        self._main = main
        self._job_id = job_id
        self._settings = dict(settings)
        self._limit = limit or worker_limit(settings)
        self._interval = read("heartbeat.interval", "duration", DEFAULT_INTERVAL_MS) / 1000
        self._timeout = read("heartbeat.timeout", "duration", DEFAULT_TIMEOUT_MS) / 1000
        self._pool = pool or shared_pool()
        self._factory = factory
        self._token = secrets.token_hex(16)
        self._started = 0
        self._workers: dict[str, _Worker] = {}
        self._waiting: _Waiting | None = None
        self._effects: list[tuple[str, Failed, Callable[[], None]]] = []
        self._unended: set[str] = set()
        self._all_ended = threading.Event()
        self._all_ended.set()
        self.receive: Callable[[str, ToJobMaster], None] = _not_connected
        self.lost: Callable[[str, str], None] = _not_connected

    def connect(
        self,
        receive: Callable[[str, ToJobMaster], None],
        lost: Callable[[str, str], None],
    ) -> None:
        """Whom to tell of messages and losses."""
        self.receive, self.lost = receive, lost

    # -- for the JobMaster --------------------------------------------------------------------

    def acquire(
        self,
        count: int,
        ready: Callable[[list[str]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Have TaskManagers for ``count`` slots; ``ready`` gets their ids, the oldest first."""
        self._stop_waiting()
        self._waiting = waiting = _Waiting(min(count, self._limit), ready, failed)
        at = self._main.now() + int(START_SECONDS * 1000)
        waiting.cancel_timer = self._main.schedule(at, lambda _: self._too_slow(waiting))
        for _ in range(waiting.wanted - len(self._workers)):
            self._start()
        self._check_ready()

    def addresses(self) -> dict[str, str]:
        """TaskManager id -> where it takes data connections."""
        return {id_: w.address for id_, w in self._workers.items() if w.address is not None}

    def send(self, task_manager: str, message: ToTaskManager) -> None:
        """Deliver a message, in order; one to a lost TaskManager is dropped. Raises what cannot
        be pickled."""
        from hurtig.graph.codegen.pickling import dumps

        worker = self._workers.get(task_manager)
        if worker is not None:
            self._pool.send(worker.handle, dumps(message))

    def replace(self, task_manager: str, reason: str = "it is replaced") -> None:
        """End a TaskManager at once; it is reported as lost, and the next :meth:`acquire` starts
        another one."""
        worker = self._workers.get(task_manager)
        if worker is not None:
            self._pool.kill(worker.handle, reason)

    def release(self) -> None:
        """The job has ended: let the workers close their functions, and end."""
        for _, _, cancel in self._effects:
            cancel()
        self._effects.clear()
        self._stop_waiting()
        for worker in self._workers.values():
            self._pool.stop(worker.handle, GRACE_SECONDS)
        self._workers.clear()

    def wait_ended(self, seconds: float = GRACE_SECONDS + 2) -> bool:
        """Behind :meth:`release`: wait until all workers have ended and what they printed was
        passed on; whether that is so."""
        return self._all_ended.wait(seconds)

    def pids(self) -> dict[str, int]:
        """TaskManager id -> process, of those that run."""
        workers = list(self._workers.items())
        return {id_: w.handle.pid for id_, w in workers if w.handle.pid is not None}

    # -- workers ------------------------------------------------------------------------------

    def _start(self) -> None:
        self._started += 1
        id_ = f"tm-{self._started}"
        folder = os.path.join(self._pool.folder, f"{self._job_id[:8]}-{id_}")
        config = WorkerConfig(
            task_manager=id_,
            job_id=self._job_id,
            token=self._token,
            folder=folder,
            output_lock=os.path.join(self._pool.folder, "output"),
            place=program_place(),
            settings=self._settings,
            heartbeat_seconds=self._interval,
            task_manager_factory=self._factory,
        )
        self._unended.add(id_)
        self._all_ended.clear()
        worker = _Worker(self, id_)
        self._workers[id_] = worker
        worker.handle = self._pool.start(config, worker, self._timeout)

    def _check_ready(self) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        ready = [id_ for id_, w in self._workers.items() if w.address is not None]
        if len(ready) >= waiting.wanted:
            self._stop_waiting()
            waiting.ready(ready[: waiting.wanted])

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel_timer()
            self._waiting = None

    def _too_slow(self, waiting: _Waiting) -> None:
        if self._waiting is waiting:
            self._give_up(f"did not start within {START_SECONDS:g} s")

    def _give_up(self, reason: str) -> None:
        waiting = self._waiting
        assert waiting is not None
        self._stop_waiting()
        waiting.failed(JobExecutionError(f"a worker process {reason}"))

    def on_ready(self, id_: str, address: str) -> None:
        """A worker runs."""
        worker = self._workers.get(id_)
        if worker is not None:
            worker.address = address
            self._check_ready()

    def on_message(self, id_: str, data: bytes) -> None:
        """A worker says something."""
        if id_ not in self._workers:
            return  # lost, or the job has ended
        try:
            message = loads_record(data)
        except Exception as error:
            self.replace(id_, f"its message cannot be read: {type(error).__name__}: {error}")
            return
        if isinstance(message, Failed) and isinstance(message.error, ConnectionLostError):
            self._await_cause(id_, message)
        else:
            self.receive(id_, message)

    def _await_cause(self, id_: str, message: Failed) -> None:
        """A neighbour noticed first that a worker is gone: the user should hear of that one."""
        at = self._main.now() + CAUSE_MS
        cancel = self._main.schedule(at, lambda _: self._tell_effects())
        self._effects.append((id_, message, cancel))

    def _tell_effects(self) -> None:
        effects, self._effects = self._effects, []
        for id_, message, cancel in effects:
            cancel()
            if id_ in self._workers:
                self.receive(id_, message)

    def on_lost(self, id_: str, reason: str) -> None:
        """A worker is gone."""
        worker = self._workers.pop(id_, None)
        if worker is None:
            return
        if worker.address is not None:
            self.lost(id_, reason)
            self._tell_effects()
        elif self._waiting is not None:
            self._give_up(f"did not start: {reason}")

    def ended(self, id_: str) -> None:
        """Called in the pool's thread."""
        self._unended.discard(id_)
        if not self._unended:
            self._all_ended.set()

    def submit(self, work: Callable[[], None]) -> None:
        """Into the JobMaster's thread."""
        self._main.submit(work)


class _Worker(WorkerCallbacks):
    """One TaskManager; its methods are called in the pool's thread."""

    handle: WorkerHandle

    def __init__(self, owner: ProcessTaskManagers, id_: str) -> None:
        self._owner = owner
        self._id = id_
        self.address: str | None = None

    def ready(self, address: str) -> None:
        self._owner.submit(lambda: self._owner.on_ready(self._id, address))

    def message(self, data: bytes) -> None:
        self._owner.submit(lambda: self._owner.on_message(self._id, data))

    def lost(self, reason: str) -> None:
        self._owner.submit(lambda: self._owner.on_lost(self._id, reason))

    def ended(self) -> None:
        self._owner.ended(self._id)


def worker_limit(settings: Mapping[str, str]) -> int:
    """Most worker processes of a job: ``hurtig.task-managers``, else one for each core."""
    from hurtig.common.configuration import Configuration

    configured: int | None = Configuration.from_dict(dict(settings))._read(
        "hurtig.task-managers", "int", None
    )
    return max(1, configured or cores())


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def _not_connected(task_manager: str, what: object) -> None:
    raise AssertionError("connect() comes before acquire()")
