"""Findings as a terminal and programs want them."""
