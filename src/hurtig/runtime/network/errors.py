"""What goes wrong between processes."""

from __future__ import annotations

from hurtig.common.errors import JobExecutionError


class ConnectionLostError(JobExecutionError):
    """A data connection ended before its channels did."""
