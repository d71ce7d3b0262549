"""Declared types are kept: values that an operator returns are checked and converted by batch.

coercer(Types.TUPLE([Types.STRING(), Types.DOUBLE()]))([("a", 1)])  ->  [("a", 1.0)]
"""

from __future__ import annotations

from hurtig.common.coercion.batch import check_collection, coercer
from hurtig.common.coercion.errors import TypeCoercionError, TypeOverflowError
from hurtig.common.coercion.names import type_name

__all__ = [
    "TypeCoercionError",
    "TypeOverflowError",
    "check_collection",
    "coercer",
    "type_name",
]
