"""Anki: notes, fields and note types; writes and reads packages, and plans an import."""
