"""The cheat-sheet: every question up to its `<!-- more -->`, in columns, on paper."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template

from builder.model import Deck, Note, Role, Subdeck
from builder.outputs.pdf import write_pdf

_TEMPLATES = Path(__file__).parent.parent / "templates"


def write(deck: Deck, css: str, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the sheet to `path` and return its number of pages."""
    return write_pdf(sheet_html(deck), css, deck.media, path, on_page)


def sheet_html(deck: Deck) -> str:
    """Lay out a deck's questions as one HTML document, drills and details left out."""
    settings = deck.settings
    imprint = (", ".join(settings.authors), settings.licence)
    return _fill(
        "sheet",
        language=escape(settings.language),
        title=escape(settings.title),
        authors=escape(imprint[0]),
        description=escape(settings.description),
        paper=settings.print.paper,
        imprint=escape(" · ".join(filter(None, imprint))),
        chapters="\n".join(map(_chapter, deck.subdecks)),
    )


def _chapter(subdeck: Subdeck) -> str:
    return _fill(
        "sheet-chapter",
        number=str(subdeck.number),
        title=subdeck.title,
        introduction=subdeck.introduction,
        questions="\n".join(_question(note) for note in subdeck.notes if not note.is_drill),
    )


def _question(note: Note) -> str:
    why = note.sections[Role.WHY]
    return _fill(
        "sheet-question",
        id=note.id,
        number=note.number,
        prompt=note.prompt,
        meta=escape(" · ".join(filter(None, (note.level, *note.topics)))),
        context=note.context and f'<div class="context">{note.context}</div>',
        answer=note.answer,
        why=why and f'<div class="why"><b class="label">Why asked</b> {why}</div>',
    )


def _fill(template: str, **values: str) -> str:
    text = (_TEMPLATES / f"{template}.html").read_text(encoding="utf-8")
    return Template(text).substitute(values)
