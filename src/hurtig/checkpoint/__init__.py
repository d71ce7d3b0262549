"""Checkpoints: the protocol (pure), the coordinator, storage and metadata, savepoints."""
