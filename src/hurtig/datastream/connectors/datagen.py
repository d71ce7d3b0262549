"""Generated records; beyond PyFlink, after Flink's Java connector."""

from __future__ import annotations

from hurtig.connectors.datagen.rate_limiter import RateLimiter, RateLimiterStrategy
from hurtig.connectors.datagen.source import DataGeneratorSource

__all__ = ["DataGeneratorSource", "RateLimiter", "RateLimiterStrategy"]
