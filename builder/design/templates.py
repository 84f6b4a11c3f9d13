"""HTML templates of outputs: reads the files in html/ and fills their placeholders."""

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
    """Return a template with its `$placeholders` filled. Raises `KeyError` if one is not given."""
    return Template(read(name)).substitute(values)
