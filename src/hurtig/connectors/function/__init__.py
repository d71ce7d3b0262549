"""Hands each record to a Python function."""
