"""JobExecutionResult (``pyflink.common.job_execution_result``)."""

from __future__ import annotations

from typing import Any

from hurtig.common.job_id import JobID

__all__ = ["JobExecutionResult"]


class JobExecutionResult:
    """What a finished job leaves: its id, its run time and its accumulators."""

    def __init__(
        self, job_id: JobID, net_runtime: int = 0, accumulators: dict[str, Any] | None = None
    ) -> None:
        self._job_id = job_id
        self._net_runtime = net_runtime
        self._accumulators = {} if accumulators is None else dict(accumulators)

    def get_job_id(self) -> JobID:
        """The id of the run."""
        return self._job_id

    def get_net_runtime(self) -> int:
        """Milliseconds from start to end, without time spent waiting in a queue."""
        return self._net_runtime

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """The value of one accumulator; None where there is none of that name."""
        return self._accumulators.get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        """All accumulators by name; a copy."""
        return dict(self._accumulators)

    def __repr__(self) -> str:
        return f"JobExecutionResult(job {self._job_id}, {self._net_runtime} ms)"
