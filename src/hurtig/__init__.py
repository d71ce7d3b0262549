"""hurtig: Flink's programming model on a Python-native engine."""

from __future__ import annotations

from hurtig.version import __version__

__all__ = ["__version__", "install_as_pyflink"]


def install_as_pyflink() -> None:
    """Make every ``import pyflink...`` of this process resolve to the same module of hurtig.

    Safe to call more than once. Raises ``ImportError`` where the real PyFlink was imported
    before: two engines behind one name cannot be told apart afterwards.
    """
    from hurtig.pyflink_alias import install

    install()
