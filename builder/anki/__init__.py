"""Anki's package format, read: files that anybody may have made."""
