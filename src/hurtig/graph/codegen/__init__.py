"""The code generator for chains: a run of fusable operators becomes one Python function."""
