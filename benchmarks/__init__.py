"""Speed comparisons: ``python -m benchmarks`` (see README.md)."""
