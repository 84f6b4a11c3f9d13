"""A corpus: what an author writes, read into records."""
