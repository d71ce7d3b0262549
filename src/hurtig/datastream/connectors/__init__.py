"""Connectors under PyFlink's names (``pyflink.datastream.connectors``); loaded when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hurtig.datastream.connectors.base import (
        DeliveryGuarantee,
        Sink,
        Source,
        StreamTransformer,
        SupportsPreprocessing,
    )
    from hurtig.datastream.connectors.datagen import DataGeneratorSource, RateLimiterStrategy
    from hurtig.datastream.connectors.discarding import DiscardingSink
    from hurtig.datastream.connectors.file_system import (
        BucketAssigner,
        FileEnumeratorProvider,
        FileSink,
        FileSource,
        FileSourceBuilder,
        FileSplitAssignerProvider,
        OutputFileConfig,
        RollingPolicy,
        StreamFormat,
        StreamingFileSink,
    )
    from hurtig.datastream.connectors.hybrid_source import HybridSource
    from hurtig.datastream.connectors.iterable import IterableSource
    from hurtig.datastream.connectors.number_seq import NumberSequenceSource

_MODULES = {
    "base": "DeliveryGuarantee Sink Source StreamTransformer SupportsPreprocessing",
    "datagen": "DataGeneratorSource RateLimiterStrategy",
    "discarding": "DiscardingSink",
    "file_system": "BucketAssigner FileEnumeratorProvider FileSink FileSource FileSourceBuilder "
    "FileSplitAssignerProvider OutputFileConfig RollingPolicy StreamFormat StreamingFileSink",
    "hybrid_source": "HybridSource",
    "iterable": "IterableSource",
    "number_seq": "NumberSequenceSource",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "BucketAssigner",
    "DataGeneratorSource",
    "DeliveryGuarantee",
    "DiscardingSink",
    "FileEnumeratorProvider",
    "FileSink",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
    "HybridSource",
    "IterableSource",
    "NumberSequenceSource",
    "OutputFileConfig",
    "RateLimiterStrategy",
    "RollingPolicy",
    "Sink",
    "Source",
    "StreamFormat",
    "StreamTransformer",
    "StreamingFileSink",
    "SupportsPreprocessing",
]


def __getattr__(name: str) -> Any:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    return __all__
