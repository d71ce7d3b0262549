"""Mirrors ``pyflink.util``."""
