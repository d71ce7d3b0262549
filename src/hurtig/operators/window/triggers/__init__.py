"""The triggers, one family a file."""
