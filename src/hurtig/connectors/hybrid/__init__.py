"""Sources read one after the other."""
