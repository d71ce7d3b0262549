"""What is measured: one module for each engine, run by ``python -m benchmarks.programs``."""
