"""Imports a Markdown file of questions and answers: a README of an interview course, a list of cards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from builder.importing.documents import first_bytes, read_document
from builder.importing.marks import read_marked
from builder.importing.media import Media
from builder.importing.model import Format, Material, PartMap, Request, SourceError
from builder.importing.pages import Page, Pages, title_of
from builder.importing.shapes import Outline

NAME = "Markdown"
"""Name of a document's elements in the mapping file."""
_GLANCE = 200_000
"""Bytes of a file that a quick look reads."""
_SIGNS = re.compile(
    rb"^ {0,3}(?:[-*+]|\d{1,3}[.)])? *#{1,6}[ \t]|<summary|^\s*\?\??\s*$|\S ?:::? ?\S"
    rb"|^\s*(?:[-*+] )?\*\*[^*\n]+\*\*|^\*{0,2}Q(?:uestion)?\d*:|^START\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")


def explains(path: Path) -> float:
    """Return how well a file fits, by a quick look."""
    start = first_bytes(path, _GLANCE)
    if start is None:
        return 0.0
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return 0.0
    is_markdown = path.suffix.lower() in _SUFFIXES
    signs = len(_SIGNS.findall(start))
    if not signs:
        return 0.3 if is_markdown else 0.0
    return 0.9 if is_markdown else min(0.5, 0.1 + signs / (start.count(b"\n") + 1))


def read(path: Path, request: Request) -> Material:
    """Read a Markdown file. Raises `SourceError`."""
    document = read_document(path, path.name)
    given = request.maps.get(NAME, PartMap())
    outline, roles = read_marked(document, given.parts)
    if not outline.drafts:
        raise SourceError(
            "has no questions that could be found: no heading, summary or bold line is a prompt"
        )
    media = Media(path.resolve().parent, request.fetch)
    folder = path.resolve().parent
    title = folder.name if path.stem.lower() in ("readme", "index") else ""
    page = Page(document, outline, PurePosixPath(path.name), title)
    pages = Pages([page], media, path.resolve().parent, kind=given.kind)
    chapters = pages.chapters()
    images = pages.images(chapters)
    return Material(
        title=title_of(document) or chapters[0].title,
        language=document.language,
        chapters=chapters,
        media=images,
        losses=tuple(pages.losses),
        explained=explained_by([outline]),
        maps={NAME: PartMap(kind=given.kind, parts=roles)},
        counts={"questions": len(outline.drafts), "chapters": len(chapters), "images": len(images)},
    )


FORMAT = Format(name="Markdown of questions and answers", explains=explains, read=read)


def explained_by(outlines: Iterable[Outline]) -> float:
    """Return how sure the guesses about some documents are, from 0 to 1, weighted by their lengths."""
    letters = sure = 0.0
    for outline in outlines:
        drafts = outline.drafts
        letters += outline.total
        sure += outline.total * (outline.sure if drafts else 0.0)
    return sure / letters if letters else 0.0
