"""Checks: everything that can be wrong with a corpus, and reports of it."""
