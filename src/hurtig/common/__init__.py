"""Names that all other packages share (``pyflink.common``)."""

from __future__ import annotations

from typing import Any

from hurtig.common.completable_future import CompletableFuture
from hurtig.common.config_options import ConfigOption, ConfigOptions
from hurtig.common.configuration import Configuration
from hurtig.common.execution_config import ExecutionConfig
from hurtig.common.execution_mode import ExecutionMode
from hurtig.common.input_dependency_constraint import InputDependencyConstraint
from hurtig.common.job_client import JobClient
from hurtig.common.job_execution_result import JobExecutionResult
from hurtig.common.job_id import JobID
from hurtig.common.job_status import JobStatus
from hurtig.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from hurtig.common.serialization import (
    ByteArraySchema,
    DeserializationSchema,
    Encoder,
    SerializationSchema,
    SimpleStringSchema,
)
from hurtig.common.serializer import TypeSerializer
from hurtig.common.time import Duration, Instant, Time
from hurtig.common.typeinfo import TypeInformation, Types
from hurtig.common.types import Row, RowKind
from hurtig.common.watermark_strategy import (
    AssignerWithPeriodicWatermarksWrapper,
    WatermarkStrategy,
)

__all__ = [
    "AssignerWithPeriodicWatermarksWrapper",
    "ByteArraySchema",
    "CompletableFuture",
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "DeserializationSchema",
    "Duration",
    "Encoder",
    "ExecutionConfig",
    "ExecutionMode",
    "InputDependencyConstraint",
    "Instant",
    "JobClient",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "Row",
    "RowKind",
    "SerializationSchema",
    "SimpleStringSchema",
    "Time",
    "TypeInformation",
    "TypeSerializer",
    "Types",
    "WatermarkStrategy",
]

# Where PyFlink also has the format schemas; they live above this package and load when asked for.
_FORMATS = {
    f"{name}Row{direction}Schema": f"hurtig.datastream.formats.{name.lower()}"
    for name in ("Avro", "Csv", "Json")
    for direction in ("Deserialization", "Serialization")
}


def __getattr__(name: str) -> Any:
    module = _FORMATS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(module), name)
