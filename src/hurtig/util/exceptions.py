"""Mirrors ``pyflink.util.exceptions``: the errors of tables and catalogs.

There is no JVM behind hurtig; ``JavaException`` keeps its name so that ``except`` clauses of
PyFlink programs go on working.
"""

from __future__ import annotations

from hurtig.common.errors import HurtigError

__all__ = [
    "CatalogException",
    "DatabaseAlreadyExistException",
    "DatabaseNotEmptyException",
    "DatabaseNotExistException",
    "FunctionAlreadyExistException",
    "FunctionNotExistException",
    "JavaException",
    "ModelAlreadyExistException",
    "ModelNotExistException",
    "PartitionAlreadyExistsException",
    "PartitionNotExistException",
    "PartitionSpecInvalidException",
    "TableAlreadyExistException",
    "TableException",
    "TableNotExistException",
    "TableNotPartitionedException",
]


class JavaException(HurtigError):
    """Base of the errors below. ``stack_trace`` is the text of the error."""

    def __init__(self, stack_trace: str = "") -> None:
        super().__init__(stack_trace)
        self.stack_trace = stack_trace


class TableException(JavaException):
    """A table program that cannot be planned or run."""


class CatalogException(JavaException):
    """A catalog failed."""


class DatabaseAlreadyExistException(JavaException):
    """A database of that name exists."""


class DatabaseNotExistException(JavaException):
    """No database of that name exists."""


class DatabaseNotEmptyException(JavaException):
    """A database that still has tables cannot be dropped without cascade."""


class TableAlreadyExistException(JavaException):
    """A table or view of that name exists."""


class TableNotExistException(JavaException):
    """No table or view of that name exists."""


class TableNotPartitionedException(JavaException):
    """A partition was asked of a table that has none."""


class PartitionAlreadyExistsException(JavaException):
    """The partition exists."""


class PartitionNotExistException(JavaException):
    """No such partition exists."""


class PartitionSpecInvalidException(JavaException):
    """The partition's columns do not fit the table's."""


class FunctionAlreadyExistException(JavaException):
    """A function of that name exists."""


class FunctionNotExistException(JavaException):
    """No function of that name exists."""


class ModelAlreadyExistException(JavaException):
    """A model of that name exists."""


class ModelNotExistException(JavaException):
    """No model of that name exists."""
