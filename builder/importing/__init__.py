"""Imports existing decks, tables and notes: a module for each source, and one that writes a corpus."""
