"""What connectors share (``pyflink.datastream.connectors.base``)."""

from __future__ import annotations

from hurtig.connectors.delivery_guarantee import DeliveryGuarantee
from hurtig.connectors.preprocessing import StreamTransformer, SupportsPreprocessing
from hurtig.connectors.sink import Sink
from hurtig.connectors.source import Source

__all__ = ["DeliveryGuarantee", "Sink", "Source", "StreamTransformer", "SupportsPreprocessing"]
