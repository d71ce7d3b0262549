"""``filter``: keeps the records for which a function gives something true."""

from __future__ import annotations

from hurtig.operators.functions import FilterFunction
from hurtig.operators.fusion import FILTER
from hurtig.operators.map import UserFunctionOperator


class FilterOperator(UserFunctionOperator):
    """Applies a :class:`FilterFunction` or a callable. Mirrors Flink's ``StreamFilter``."""

    kind = FILTER
    method = "filter"
    function_class = FilterFunction
