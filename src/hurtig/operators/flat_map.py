"""``flat_map``: any number of records for one."""

from __future__ import annotations

from hurtig.operators.functions import FlatMapFunction
from hurtig.operators.fusion import FLAT_MAP
from hurtig.operators.map import UserFunctionOperator


class FlatMapOperator(UserFunctionOperator):
    """Applies a :class:`FlatMapFunction` or a callable. Mirrors Flink's ``StreamFlatMap``."""

    kind = FLAT_MAP
    method = "flat_map"
    function_class = FlatMapFunction
