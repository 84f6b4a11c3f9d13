"""Checks: all that can be wrong with a corpus, and how it is told."""
