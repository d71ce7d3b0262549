"""Names that PyFlink's modules only import, and that programs import from there all the same.

``from pyflink.datastream.window import Time`` works in PyFlink, whose module happens to use
``Time``. Under the alias it works here too; hurtig's own modules stay without these names.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["hand_on"]

_HOMES = (
    "hurtig.common",
    "hurtig.common.io",
    "hurtig.common.serialization",
    "hurtig.datastream",
    "hurtig.datastream.functions",
    "hurtig.datastream.state",
    "hurtig.datastream.connectors.base",
    "hurtig.datastream.connectors.file_system",
    "hurtig.datastream.formats.avro",
)
_FORMAT = "TypeInformation SerializationSchema DeserializationSchema"
_BULK = "BulkWriterFactory RowDataBulkWriterFactory"
_NAMES = {
    "async_retry_strategies": "AsyncRetryPredicate AsyncRetryStrategy",
    "connectors.file_system": f"{_BULK} Duration Encoder Sink SinkFunction Source "
    "StreamTransformer SupportsPreprocessing",
    "connectors.hybrid_source": "Source",
    "connectors.number_seq": "Source",
    "formats.avro": f"{_FORMAT} BulkWriterFactory InputFormat",
    "formats.csv": f"{_FORMAT} {_BULK} StreamFormat",
    "formats.json": _FORMAT,
    "formats.orc": f"{_BULK} Configuration",
    "formats.parquet": f"{_BULK} AvroSchema BulkFormat Configuration StreamFormat",
    "state": "Duration Time TypeInformation Types",
    "stream_execution_environment": "CheckpointingMode DataStream InputFormat JobClient "
    "JobExecutionResult SlotSharingGroup Source SourceFunction TypeInformation Types "
    "WatermarkStrategy",
    "window": "MetricGroup OutputTag ReduceFunction ReducingState ReducingStateDescriptor "
    "RuntimeContext State StateDescriptor Time TypeSerializer Types ValueStateDescriptor",
}
"""Module below ``datastream`` -> what it hands on."""


def hand_on(module: ModuleType) -> None:
    """Let a module of hurtig answer for the names that PyFlink's module of that name imports."""
    names = _NAMES.get(module.__name__.removeprefix("hurtig.datastream."), "").split()
    if not names or hasattr(module, "__getattr__"):
        return

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name in names:
            for home in map(import_module, _HOMES):
                if name in vars(home):
                    return getattr(home, name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    module.__getattr__ = __getattr__  # type: ignore[method-assign]
