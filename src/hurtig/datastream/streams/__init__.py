"""The stream classes, one kind a file; ``hurtig.datastream.data_stream`` re-exports them."""
