"""Pickles functions by value without losing where they were written.

cloudpickle replaces the file name in the code of a function that it pickles by value (every
lambda of a program's main file). Tracebacks then could not show the user's line.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, ClassVar


def dumps(value: object) -> bytes:
    """``cloudpickle.dumps`` that keeps ``co_filename``; ``pickle.loads`` reads the result."""
    import io
    from collections import ChainMap

    import cloudpickle

    base = cloudpickle.Pickler.dispatch_table

    def reduce_code(code: CodeType) -> tuple[Any, ...]:
        build, arguments = base[CodeType](code)[:2]
        return _restore_code, (code.co_filename, build, arguments)

    class CodePickler(cloudpickle.Pickler):  # type: ignore[misc]
        dispatch_table: ClassVar[Any] = ChainMap({CodeType: reduce_code}, base)

    buffer = io.BytesIO()
    CodePickler(buffer).dump(value)
    return buffer.getvalue()


def _restore_code(filename: str, build: Any, arguments: tuple[Any, ...]) -> CodeType:
    code: CodeType = build(*arguments)
    return code.replace(co_filename=filename)
