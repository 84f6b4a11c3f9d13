"""The handbook: every question with its full answer, in one column, for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from builder.model import Deck, Note, Role, Subdeck
from builder.outputs.paper import document, for_paper, imprint
from builder.outputs.pdf import Press
from builder.outputs.templates import fill_in
from builder.package import Release

_SECTIONS = {
    Role.WHY: "Why interviewers ask",
    Role.WEAK_ANSWER: "A weak answer",
    Role.PITFALL: "Pitfall",
    Role.FOLLOW_UP: "Follow-up",
    Role.READ_MORE: "Read more",
}
"""The named sections that are printed, with their titles."""


def write(deck: Deck, css: str, release: Release, path: Path, on_page: Callable[[int], None]) -> int:
    """Write the handbook to `path` and return its number of pages."""
    settings = deck.settings
    body = fill_in(
        "handbook",
        title=escape(settings.title),
        description=escape(settings.description),
        imprint=escape(imprint(settings, release)),
        contents="".join(map(_contents, deck.subdecks)),
        chapters="".join(map(_chapter, deck.subdecks)),
    )
    html = document(settings, body, name=settings.print.paper)
    layout = Press.with_style(css, deck.media).lay_out(html, on_page)
    layout.write(path)
    return layout.pages


def _questions(subdeck: Subdeck) -> Iterator[Note]:
    return (note for note in subdeck.notes if not note.is_drill)


def _contents(subdeck: Subdeck) -> str:
    questions = "".join(
        f'<li><a href="#{note.id}">{note.number} {note.prompt}</a></li>' for note in _questions(subdeck)
    )
    chapter = f'<a href="#_chapter-{subdeck.number}">{subdeck.number} {subdeck.title}</a>'
    return f'<li class="chapter">{chapter}<ul>{questions}</ul></li>'


def _chapter(subdeck: Subdeck) -> str:
    questions = "".join(map(_question, _questions(subdeck)))
    introduction = for_paper("".join(subdeck.introduction))
    title = f'<span class="number">{subdeck.number}</span> {subdeck.title}'
    return (
        f'<section class="chapter"><h1 id="_chapter-{subdeck.number}">{title}</h1>{introduction}{questions}'
        "</section>"
    )


def _question(note: Note) -> str:
    head = fill_in(
        "sheet-question",
        id=note.id,
        number=note.number,
        prompt=note.prompt,
        meta=escape(" · ".join(filter(None, (note.level, *note.topics)))),
    )
    answer = "".join((*note.context, note.solution, *note.lead))
    sections = "".join(
        f'<div class="aside"><h3>{title}</h3>{note.sections[role]}</div>'
        for role, title in _SECTIONS.items()
        if note.sections[role]
    )
    return for_paper(f'<section class="question">{head}{answer}{note.details}{sections}</section>')
