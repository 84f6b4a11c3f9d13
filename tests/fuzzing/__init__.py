"""Fuzzing: hostile input for everything that reads what others wrote. `make fuzz` runs it.

Hypothesis makes the cases, each a seed and a list of changes: it is a dependency already, and takes 2 ms for
each. Atheris, which is guided by coverage, was left out: its wheel has 35 MB, its newest release has none for
Python 3.11, and it ends at the first failure, so that one that is known hides all others.
"""
