"""What the operators of BATCH mode share: another one that does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hurtig.operators.contract import StreamOperator

if TYPE_CHECKING:
    from hurtig.state.snapshot import OperatorSnapshot


class BatchWrapper(StreamOperator):
    """Has the type, the policy and the state of ``inner``, and opens and closes it."""

    def __init__(self, inner: StreamOperator) -> None:
        self.inner = inner
        self.num_inputs = inner.num_inputs
        self.output_type = inner.output_type
        self.error_policy = inner.error_policy

    def open(self) -> None:
        self.inner.open()

    def close(self) -> None:
        self.inner.close()

    def snapshot_state(self, checkpoint_id: int) -> OperatorSnapshot | None:
        return self.inner.snapshot_state(checkpoint_id)

    def restore_state(self, snapshots: list[OperatorSnapshot]) -> None:
        self.inner.restore_state(snapshots)
