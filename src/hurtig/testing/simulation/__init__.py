"""Deterministic simulation: a whole job under a seeded scheduler, with faults.

JobMaster and TaskManagers are the real ones; threads, sockets, disks and the clock are not. What
happens next is drawn from a seed, so that a run that fails can be repeated exactly.
"""

from hurtig.testing.simulation.faults import Faults
from hurtig.testing.simulation.run import SimulationResult, check, simulate
from hurtig.testing.simulation.source import SplitsSource
from hurtig.testing.simulation.world import SimulationError

__all__ = ["Faults", "SimulationError", "SimulationResult", "SplitsSource", "check", "simulate"]
