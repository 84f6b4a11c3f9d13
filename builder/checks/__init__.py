"""Checks: find everything that is wrong with a corpus, and report it."""
