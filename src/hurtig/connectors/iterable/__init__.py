"""Any Python iterable."""
