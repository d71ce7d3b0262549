from __future__ import annotations

from types import SimpleNamespace

import pytest

from hurtig.common.watermark_strategy import WatermarkStrategy
from hurtig.connectors.collection.source import CollectionSource
from hurtig.operators.source_operator import SourceOperator
from hurtig.runtime.source_task import SourceTask


@pytest.mark.parametrize(
    ("interval_ms", "next_limit"),
    [
        pytest.param(1, 50, id="a batch fits into a short interval"),
        pytest.param(200, 200, id="a long one changes nothing"),
        pytest.param(0, 200, id="nor does one that is off"),
    ],
)
def test_batches_are_no_longer_than_the_watermark_interval(
    interval_ms: int, next_limit: int
) -> None:
    source = SourceOperator(
        CollectionSource([1], None), WatermarkStrategy.no_watermarks(), None, "fail"
    )
    source.context = SimpleNamespace(watermark_interval_ms=interval_ms)  # type: ignore[assignment]
    task = SourceTask("source", [source], [])
    task.limit.limit = 100
    task.limit.observe(100, 0.002)
    assert task.limit.limit == next_limit
