"""Anki: notes, fields and note types; packages written and read; the plan of an import."""
