"""Formats under PyFlink's names (``pyflink.datastream.formats``), one module each."""
