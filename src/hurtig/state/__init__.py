"""Keyed and operator state, timers and key groups."""
