"""Exports for other programs: a module for each form, with the same notes as the package."""
