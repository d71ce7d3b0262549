"""State backends: where keyed state lives."""
