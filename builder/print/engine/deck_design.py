"""The design of a deck's prints: its images, and the large font families that its text needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from html import unescape

from builder.anki.note import Deck
from builder.corpus.images import ImageError, read_named
from builder.design.fonts import Large, large_families, using
from builder.design.language import punctuation
from builder.print.engine.weasyprint import Design

_LANGUAGE = re.compile(r'<[^<>]* lang="([^"]+)"')


def design_of(deck: Deck, css: str, *, style: str = "", page: str) -> Design:
    """Return the design of a print of a deck; `style` and `page` are as in `Design`."""
    media = tuple(deck.media.items())
    return Design(
        settings=deck.settings, css=css, style=style, page=page, media=media, large=_large_families(deck)
    )


def _large_families(deck: Deck) -> tuple[Large, ...]:
    """Return the large families that a deck's prints need, with the characters."""
    written = "\n".join(_texts(deck))
    notes = (note.language for _, note in deck.notes())
    languages = {deck.settings.language, *filter(None, notes), *_LANGUAGE.findall(written)}
    written += "".join(sign for each in sorted(languages) for sign in astuple(punctuation(each)))
    if written.isascii():
        return ()
    with using(deck.settings.print.fonts):
        return large_families(unescape(written), languages)


def _texts(deck: Deck) -> Iterator[str]:
    """Yield every text of a deck that may be printed, plain or as HTML."""
    settings = deck.settings
    yield from (settings.title, settings.description, *settings.authors, settings.licence, settings.version)
    yield repr(settings.labels)
    for table in deck.tables:
        yield from (table.title, table.note, *(text for row in table.rows for text in row))
    for subdeck in deck.subdecks:
        yield from (subdeck.title, *subdeck.introduction)
        for note in subdeck.notes:
            yield from (note.prompt, note.shown_level, *note.topics, *note.context, *note.lead)
            yield from (note.options, note.solution, note.open, note.details, *note.sections.values())
    for name, path in deck.media.items():
        if path.suffix.lower() == ".svg":
            try:
                yield read_named(name, path).decode(errors="ignore")
            except ImageError:  # whoever prints it says so
                continue
