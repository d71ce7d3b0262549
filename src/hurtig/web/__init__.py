"""REST under Flink's paths."""
