"""What a harness shows of what came out of its operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hurtig.common.error_policy import DEAD_LETTER_TAG
from hurtig.messages import RowBatch, Watermark, WatermarkStatus
from hurtig.testing.recorded_output import Record, RecordedOutput, records_of

if TYPE_CHECKING:
    from hurtig.operators.contract import OperatorMetrics
    from hurtig.operators.output_tag import OutputTag


class HarnessOutput:
    """Results, side outputs, watermarks, counters."""

    _out: RecordedOutput

    metrics: OperatorMetrics
    """Counters of the operator, over all restarts."""

    warnings: list[str]
    """What the operator warned of."""

    @property
    def output(self) -> list[Any]:
        """The values that came out."""
        return [value for batch in self._out.batches for value in batch.values]

    @property
    def records(self) -> list[Record]:
        """The values with their timestamps."""
        return records_of(self._out.batches)

    def batch_sizes(self, tag: OutputTag | str | None = None) -> list[int]:
        """How many values came out at once, batch by batch; with a tag those of a side output."""
        out = self._out
        return [len(b) for b in (out.batches if tag is None else out.side.get(_id(tag), []))]

    @property
    def watermarks(self) -> list[int]:
        """The watermarks that came out."""
        return list(self._out.watermarks)

    @property
    def statuses(self) -> list[str]:
        """The changes of idleness that came out: ``idle`` or ``active``."""
        return ["idle" if status.idle else "active" for status in self._out.statuses]

    @property
    def events(self) -> list[Any]:
        """Values, and among them :class:`Watermark` and :class:`WatermarkStatus`, in order."""
        found: list[Any] = []
        for event in self._out.events:
            if isinstance(event, RowBatch):
                found += event.values
            else:
                found.append(event if isinstance(event, WatermarkStatus) else Watermark(event))
        return found

    def side_output(self, tag: OutputTag | str) -> list[Any]:
        """The values that went to a side output."""
        return [value for value, _ in self.side_records(tag)]

    def side_records(self, tag: OutputTag | str) -> list[Record]:
        """The values of a side output with their timestamps."""
        return records_of(self._out.side.get(_id(tag), []))

    @property
    def side_outputs(self) -> dict[str, list[Any]]:
        """The values of all side outputs to which anything went, by the tags' ids."""
        return {tag: self.side_output(tag) for tag in self._out.side}

    @property
    def dead_letters(self) -> list[Any]:
        """The records that were set aside, as :class:`DeadLetter` tuples."""
        return self.side_output(DEAD_LETTER_TAG)

    @property
    def late_dropped(self) -> int:
        """How many records were dropped because they came too late."""
        return self.metrics.late_dropped

    def take_output(self) -> list[Any]:
        """The values that came out since the last call; all that was recorded is forgotten."""
        values = self.output
        self._out.clear()
        return values


def _id(tag: OutputTag | str) -> str:
    return tag if isinstance(tag, str) else tag.tag_id
