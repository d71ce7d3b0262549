"""A list in the program, and results handed back to it."""
