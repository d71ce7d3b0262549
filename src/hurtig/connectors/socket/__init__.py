"""Text lines from a TCP socket."""
