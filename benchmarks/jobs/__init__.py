"""PyFlink programs that run unmodified on PyFlink and, by ``hurtig run``, on hurtig."""
