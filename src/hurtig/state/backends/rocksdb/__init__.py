"""The RocksDB backend: state on local disk, behind a cache of live objects.

``backend`` is the entry; ``entries`` and ``map_entries`` are the cache, ``layout`` the keys of the
database, ``codec`` its values, ``checkpoints`` and ``restore`` the ways out and in, ``timers`` the
queue that spills.
"""
