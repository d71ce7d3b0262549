"""JobID (``pyflink.common.job_id``)."""

from __future__ import annotations

import os

__all__ = ["JobID"]


class JobID:
    """Names one run of a job: 32 hexadecimal digits, random where none are given."""

    __slots__ = ("_hex",)

    def __init__(self, job_id: str | None = None) -> None:
        text = os.urandom(16).hex() if job_id is None else str(job_id).lower()
        if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
            raise ValueError(f"a job id has 32 hexadecimal digits, got {job_id!r}")
        self._hex = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobID) and self._hex == other._hex

    def __hash__(self) -> int:
        return hash(self._hex)

    def __reduce__(self) -> tuple[type[JobID], tuple[str]]:
        return JobID, (self._hex,)

    def __str__(self) -> str:
        return self._hex

    def __repr__(self) -> str:
        return f"JobID({self._hex})"
