"""What the example has to do besides streaming: unpack its data, show its results."""
