"""Metric groups and what a registry shows of them."""

import pytest

from hurtig.common.errors import ProgramError
from hurtig.metrics.registry import MetricRegistry


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_names_are_scopes():
    registry = MetricRegistry()
    group = registry.group("host", "job")
    counter = group.add_group("map").counter("seen")
    counter.inc()
    counter.inc(5)
    counter.dec(2)
    group.gauge("depth", lambda: 7)
    assert registry.snapshot() == {"host.job.depth": 7, "host.job.map.seen": 4}
    assert registry.group("host", "job", "map").counter("seen") is counter


def test_user_variables():
    group = MetricRegistry().group("job").add_group("table", "bids")
    assert group.scope == ("job", "table", "bids")
    assert group.add_group("x").variables == {"table": "bids"}


def test_one_name_one_kind():
    group = MetricRegistry().group("job")
    group.counter("n")
    with pytest.raises(ProgramError, match=r"'job.n' exists as a SimpleCounter"):
        group.meter("n")
    with pytest.raises(ProgramError, match="lambda"):
        group.gauge("g", 5)


def test_a_failing_gauge_shows_its_error():
    registry = MetricRegistry()
    registry.root.gauge("bad", lambda: 1 // 0)
    assert "ZeroDivisionError" in registry.snapshot()["bad"]


def test_a_meters_rate_is_over_its_span():
    clock = Clock()
    registry = MetricRegistry(clock)
    meter = registry.group("job").meter("m", 10)
    meter.mark_event(20)
    clock.now += 5
    meter.mark_event()
    assert registry.snapshot() == {"job.m": {"count": 21, "rate": 2.1}}
    clock.now += 5
    assert meter.get_rate() == pytest.approx(0.1)
    clock.now += 100
    assert meter.get_rate() == 0
    assert meter.get_count() == 21
    with pytest.raises(ProgramError, match="positive"):
        registry.root.meter("zero", 0)


def test_distributions():
    registry = MetricRegistry()
    distribution = registry.root.distribution("d")
    assert registry.snapshot()["d"]["mean"] is None
    assert distribution.quantile(0.5) is None
    for value in range(1, 101):
        distribution.update(value)
    assert registry.snapshot()["d"] == {
        "count": 100,
        "sum": 5050,
        "min": 1,
        "max": 100,
        "mean": 50.5,
        "p50": 50,
        "p95": 95,
        "p99": 99,
    }
    assert (distribution.quantile(0), distribution.quantile(1)) == (1, 100)
    for _ in range(2000):
        distribution.update(7)
    assert distribution.quantile(0.01) == 7
    assert distribution.min == 1
