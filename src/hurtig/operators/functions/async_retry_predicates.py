"""Ready-made retry predicates. Mirrors ``pyflink.datastream.async_retry_predicates``."""

from __future__ import annotations

from typing import Any


def empty_result_predicate(result: list[Any] | None) -> bool:
    """Whether there is no result."""
    return result is None or len(result) == 0


def has_exception_predicate(error: BaseException | None) -> bool:
    """Whether there is an exception, of any kind."""
    return error is not None


def exception_type_predicate(
    error: BaseException | None,
    expected_error_type: type[BaseException] | tuple[type[BaseException], ...],
) -> bool:
    """Whether the exception is of a type; bind the type with a lambda or ``partial``."""
    return isinstance(error, expected_error_type)


__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]
