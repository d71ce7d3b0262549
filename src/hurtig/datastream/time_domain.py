"""Which time fired a timer (``pyflink.datastream.time_domain``)."""

from hurtig.state.timers import TimeDomain

__all__ = ["TimeDomain"]
