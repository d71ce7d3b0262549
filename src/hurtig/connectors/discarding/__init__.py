"""Throws a stream away."""
