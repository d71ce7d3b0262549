"""Generated records at a given rate."""
