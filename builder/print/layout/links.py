"""Links between questions: the number of the other question, and in a PDF also a link to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from html import escape, unescape

from builder.anki.note import Deck, Note
from builder.markdown.anchors import heading_anchor

_MARKED = re.compile(r'<bdi class="to ([^" ]+)">(.*?)</bdi>', re.DOTALL)
"""Words of a link to another question, as builder/markdown/parser.py marks them."""
_TAG = re.compile(r"<r[tp]>.*?</r[tp]>|<[^>]*>")
"""A tag, or the reading of a Han character, which is not part of a heading's anchor."""


def linked(deck: Deck, *, has_anchors: bool = False) -> Deck:
    """Return a deck whose links to questions have numbers, and are real links if the output has anchors.

    A link to a question outside the deck is shown as its words, and so is one in a prompt, which may itself
    be a link. No output has anchors for drills.
    """
    introductions = (html for subdeck in deck.subdecks for html in subdeck.introduction)
    if not (any(map(_is_linking, introductions)) or any(_has_links(note) for _, note in deck.notes())):
        return deck
    reachable = {note.id for _, note in deck.notes() if has_anchors and not note.is_drill}
    targets: dict[str, Note] = {}
    for _, note in deck.notes():
        for anchor in (note.id, note.question, heading_anchor(unescape(_TAG.sub("", note.prompt)))):
            targets.setdefault(anchor, note)

    def shown(html: str) -> str:
        return _MARKED.sub(lambda match: _shown(match, targets, reachable), html)

    return replace(
        deck,
        subdecks=tuple(
            replace(
                subdeck,
                introduction=tuple(map(shown, subdeck.introduction)),
                notes=tuple(_note(note, shown) for note in subdeck.notes),
            )
            for subdeck in deck.subdecks
        ),
    )


def _has_links(note: Note) -> bool:
    texts = (note.prompt, *note.context, *note.lead, note.solution, note.details, *note.sections.values())
    return any(map(_is_linking, texts))


def _is_linking(html: str) -> bool:
    return '<bdi class="to ' in html


def _note(note: Note, shown: Callable[[str], str]) -> Note:
    if not _has_links(note):
        return note
    return replace(
        note,
        prompt=_MARKED.sub(r"\2", note.prompt),
        context=tuple(map(shown, note.context)),
        lead=tuple(map(shown, note.lead)),
        options=shown(note.options),
        solution=shown(note.solution),
        open=shown(note.open),
        details=shown(note.details),
        sections={role: shown(html) for role, html in note.sections.items()},
    )


def _shown(match: re.Match[str], targets: Mapping[str, Note], reachable: Collection[str]) -> str:
    target, words = targets.get(unescape(match[1])), match[2]
    if target is None:
        return words
    number = f"({target.number})"
    if target.id in reachable:
        return f'<a href="#{escape(target.id)}">{words} {number}</a>'
    return f"{words} {number}"
