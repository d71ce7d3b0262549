"""Metrics of a job: groups, counters, gauges, meters, distributions."""

from hurtig.metrics.metricbase import Counter, Distribution, Meter, Metric, MetricGroup

__all__ = ["Counter", "Distribution", "Meter", "Metric", "MetricGroup"]
