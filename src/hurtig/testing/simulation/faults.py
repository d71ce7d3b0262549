"""Which faults a simulation injects, and how often."""

from __future__ import annotations

from typing import NamedTuple


class Faults(NamedTuple):
    """Chances of each fault at a step of the scheduler, and how many there may be.

    All are 0 in ``Faults.none()``; the defaults are high enough that most runs meet several.
    """

    kill: float = 0.01
    """A TaskManager dies: its state is gone, and the JobMaster hears of it some time later."""
    zombie: float = 0.5
    """Chance that a TaskManager that is declared dead goes on for a while."""
    user_error: float = 0.008
    """A function raises."""
    job_master: float = 0.004
    """The JobMaster dies; another one takes over from what is stored."""
    write: float = 0.02
    """A write to the checkpoint storage fails."""
    slow_io: float = 0.3
    """Chance that I/O which could be completed is left for later."""
    at_most: int = 5
    """Kills, errors and deaths of the JobMaster in one run: it has to come to its end."""

    @staticmethod
    def none() -> Faults:
        """Nothing fails, and what can arrive does so in any order still."""
        return Faults(0, 0, 0, 0, 0, 0, 0)
