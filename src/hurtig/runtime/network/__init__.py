"""Channels between processes.

``frames``    bytes of a connection as frames, and back
``codec``     messages of an edge as frames
``link``      a connection, never blocking
``sender``, ``receiver``  the two ends of a channel, with credits
``network``   all links of a process; the channels of each attempt
``slot``      a slot that waits for links, too
"""
