"""HTML templates of outputs: the files in html/, and how their placeholders are filled."""

from __future__ import annotations

from functools import cache
from string import Template

from builder import program

_FOLDER = program.FOLDER / "design" / "html"


@cache
def read(name: str) -> str:
    """Return a template, unfilled."""
    return (_FOLDER / f"{name}.html").read_text(encoding="utf-8").strip()


def fill_in(name: str, **values: str) -> str:
    """Return a template with its `$placeholders` filled; all of them must be given."""
    return Template(read(name)).substitute(values)
