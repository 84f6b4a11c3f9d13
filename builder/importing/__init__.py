"""Existing decks, tables and notes become a corpus: a module a source, and one that writes chapters."""
