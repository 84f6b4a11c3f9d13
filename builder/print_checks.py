"""What must hold of a corpus that is printed: the print fonts can draw all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal
from unicodedata import name

from builder.diagnostics import Diagnostic
from builder.model import Corpus
from builder.outputs.fonts import missing_glyphs
from builder.passages import Source

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def check_print(corpus: Corpus, severity: Literal["error", "warning"]) -> Iterator[Diagnostic]:
    """Check every chapter of a corpus; whether it is printed decides how bad it is."""
    for chapter in corpus.chapters:
        yield from (replace(found, severity=severity) for found in check_glyphs(chapter.source))


def check_glyphs(source: Source) -> Iterator[Diagnostic]:
    """Name each character that no print font has: it would print as a box, or in a font of the system's."""
    # What is commented out is seen nowhere; its line breaks keep the others' places.
    seen = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), "\n".join(source.lines))
    if not missing_glyphs("".join(set(seen))):
        return
    for number, line in enumerate(seen.split("\n")):
        for column, character in missing_glyphs(line):
            yield Diagnostic(
                source.location(number, column),
                "missing-glyph",
                f"the print fonts cannot draw {character!r},"
                f" U+{ord(character):04X} {name(character, 'without a name')}",
                "write a word, or a sign that they have",
                "warning",
            )
