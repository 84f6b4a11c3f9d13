"""Runtime: the cache, serialisation of records, atomic files, and worker processes."""
