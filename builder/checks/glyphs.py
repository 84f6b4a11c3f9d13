"""What must hold of a corpus that is printed: the print fonts can draw all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from unicodedata import name

from builder.checks.rules.codes import MISSING_GLYPH
from builder.design.fonts import missing_glyphs
from builder.diagnostics import Diagnostic
from builder.markdown.source import Source, divide_comments

_UNUSUAL = re.compile(r"[^\n -~]")
"""Characters that a font may lack: every one has those of ASCII."""
_MUCH = 20
"""Characters that are quoted of a text that has no glyphs."""


def check_glyphs(source: Source) -> Iterator[Diagnostic]:
    """Name each character that no print font has: it would print as a box, or in a font of the system's."""
    # What is commented out is seen nowhere; its line breaks keep the others' places.
    seen = _without_comments("\n".join(source.lines))
    if not missing_glyphs("".join(set(_UNUSUAL.findall(seen)))):
        return
    for number, line in enumerate(seen.split("\n")):
        for column, run in _runs(missing_glyphs(line)):
            shown = run if len(run) <= _MUCH else f"{run[:_MUCH]}…"
            more = f", and {len(run) - 1} more" if len(run) > 1 else ""
            yield MISSING_GLYPH.at(
                source.location(number, column),
                f"the print fonts cannot draw {shown!r},"
                f" U+{ord(run[0]):04X} {name(run[0], 'without a name')}{more}",
                "write a word, or a sign that they have",
            )


def _without_comments(text: str) -> str:
    """Return a text with spaces where its comments are."""
    comments, around = divide_comments(text)
    blanks = (re.sub(r"[^\n]", " ", f"<!--{comment}-->") for comment in comments)
    return "".join(chain.from_iterable(zip_longest(around, blanks, fillvalue="")))


def _runs(missing: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Join characters that stand side by side: a word of another script is one finding."""
    start, run = 0, list[str]()
    for column, character in missing:
        if run and column != start + len(run):
            yield start, "".join(run)
            run = []
        start = start if run else column
        run.append(character)
    if run:
        yield start, "".join(run)
