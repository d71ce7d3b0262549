"""The timer service of user functions (``pyflink.datastream.timerservice``)."""

from hurtig.state.timers import TimerService

__all__ = ["TimerService"]
