"""Variants of all prints, from `[print]` in deck.toml: large print, and answers without code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from builder.anki.note import Deck, Note
from builder.print.engine.html import CODE

_POINTS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)pt\b")
_WORDS = re.compile(r"<[^>]*>|\s+")
"""What stands between the visible characters of HTML."""


def enlarged(css: str, scale: float) -> str:
    """Return a style sheet with all sizes in points multiplied; distances stay."""
    return css if scale == 1 else _POINTS.sub(lambda size: f"{float(size[1]) * scale:.3f}pt", css)


def without_code(deck: Deck) -> Deck:
    """Return a deck without blocks of code in answers, unless an answer has nothing else.

    The front does not change, and code with gaps stays, because nobody could answer without it.
    """
    return replace(
        deck,
        subdecks=tuple(
            replace(subdeck, notes=tuple(map(_in_words, subdeck.notes))) for subdeck in deck.subdecks
        ),
    )


def _in_words(note: Note) -> Note:
    lead = tuple(filter(None, map(_left_out, note.lead)))
    has_answer = not note.open and _says([*lead, note.solution])
    return replace(
        note,
        lead=lead if has_answer else note.lead,
        details=_left_out(note.details),
        sections=MappingProxyType({role: _left_out(html) for role, html in note.sections.items()}),
    )


def _left_out(html: str) -> str:
    left = CODE.sub("", html)
    return left if _says([left]) else ""


def _says(blocks: Iterable[str]) -> bool:
    return any(_WORDS.sub("", block) for block in blocks)
