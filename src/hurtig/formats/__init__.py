"""File and message formats, one module each; public names under ``hurtig.datastream.formats``."""
