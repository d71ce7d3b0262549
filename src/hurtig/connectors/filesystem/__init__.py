"""The file connector; public names under ``hurtig.datastream.connectors.file_system``."""
