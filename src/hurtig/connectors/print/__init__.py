"""Prints a stream."""
