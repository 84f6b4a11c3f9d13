"""Imports a vault of Obsidian or Logseq, or a folder of notes: each note with questions is a chapter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from builder.importing.documents import Document, read_document
from builder.importing.marks import MARKS, TAG, is_deck, read_marked, tags_of
from builder.importing.media import Media
from builder.importing.model import Format, Loss, Material, PartMap, Request, Role, SourceError
from builder.importing.notes import Names, as_markdown
from builder.importing.pages import Page, Pages
from builder.importing.questions import NAME, explained_by
from builder.importing.shapes import ELEMENTS, Draft
from builder.runtime.regular_files import files_below
from builder.text import count, word_class

_SUFFIXES = (".md", ".markdown")
_MOST_NOTES = 20_000
_MOST_CHARACTERS = 50_000_000
"""Maximum characters of all notes together."""
_NAMED = 5
_OF_PROJECTS = ("readme", "changelog", "contributing", "license", "licence", "code_of_conduct", "security")
_HEADING = re.compile(r"\s*#{1,6}\s")
_TAG_LINE = re.compile(rf"\s*(?:#[\w/-]*[^\W\d][{word_class()}/-]*\s*)+")


def explains(path: Path) -> float:
    """Return how well a folder fits: by its notes."""
    try:
        if not path.is_dir():
            return 0.0
        if any((path / name).is_dir() for name in (".obsidian", "logseq")):
            return 0.95
        notes = next(_notes(path), None)
    except OSError:
        return 0.0
    return 0.6 if notes else 0.0


def read(path: Path, request: Request) -> Material:
    """Read a folder of notes. Raises `SourceError`."""
    root = path.resolve()
    media = Media(root, request.fetch)
    documents, losses = _documents(root)
    names = Names()
    for own, document in documents.items():
        names.add(own, document)
    pages: list[Page] = []
    others: list[Page] = []
    roles: dict[str, dict[str, Role]] = {}
    for own, document in documents.items():
        lines, lost = as_markdown(document.lines, document.name, own, names, media)
        lines, tags = _without_tags(Document(document.name, lines))
        plain = replace(document, lines=lines, tags=(*document.tags, *tags), losses=[*document.losses, *lost])
        given = request.maps.get(document.name, request.maps.get(NAME, PartMap()))
        outline, roles[document.name] = read_marked(plain, given.parts)
        for draft in outline.drafts:
            _take_tags(draft, plain)
        is_sure = bool(outline.drafts) and (outline.sure == 1 or bool(given.parts))
        (pages if is_sure else others).append(Page(plain, outline, own))
    if not pages:
        # If no note has questions, headings are the best guess for prompts.
        pages = [page for page in others if page.outline.drafts]
        others = [page for page in others if not page.outline.drafts]
    if not pages:
        raise SourceError(f"has no questions that could be found in {count(len(documents), 'note')}")
    losses += _left_out([page.document.name for page in others])
    outlines = [page.outline for page in pages]
    kind = request.maps.get(NAME, PartMap()).kind
    corpus = Pages(pages, media, root, are_chapters=True, kind=kind)
    chapters = corpus.chapters()
    images = corpus.images(chapters)
    languages = Counter(page.document.language for page in pages)
    return Material(
        title=path.resolve().name,
        language=languages.most_common(1)[0][0],
        chapters=chapters,
        media=images,
        losses=(*losses, *corpus.losses),
        explained=explained_by([*outlines, *(page.outline for page in others if page.outline.drafts)]),
        maps=_maps(pages, roles, request),
        counts={
            "notes": len(documents),
            "notes with questions": len(pages),
            "questions": sum(len(outline.drafts) for outline in outlines),
            "images": len(images),
        },
    )


FORMAT = Format(name="a folder of notes", explains=explains, read=read)


def _maps(
    pages: Sequence[Page], roles: Mapping[str, Mapping[str, Role]], request: Request
) -> dict[str, PartMap]:
    """Return the roles of parts in most notes, and those of each note with other prompts."""

    def prompts(name: str) -> frozenset[str]:
        return frozenset(part for part, role in roles[name].items() if role == "prompt" and part not in MARKS)

    names = [page.document.name for page in pages]
    usual = Counter(prompts(name) for name in names if prompts(name)).most_common(1)
    most = [name for name in names if not usual or prompts(name) in (usual[0][0], frozenset())]
    parts: dict[str, Role] = {}
    for name in most:
        parts = {**roles[name], **parts}
    for each in roles.values():
        parts |= {part: "answer" for part in each if part not in parts}
    given = request.maps.get(NAME, PartMap())
    in_order = {part: parts[part] for part in (*ELEMENTS, *MARKS) if part in parts}
    maps = {NAME: PartMap(kind=given.kind, parts={**in_order, **given.parts})}
    for name in roles:
        if name in request.maps or (name in names and name not in most and not given.parts):
            maps[name] = PartMap(parts=roles[name])
    return maps


def _notes(root: Path) -> Iterator[Path]:
    """Yield the notes of a folder. A README and similar files count only if there are no other notes."""
    others: list[Path] = []
    is_any = False
    for path in files_below(root):
        if path.suffix.lower() not in _SUFFIXES or path.name.startswith(".") or not path.is_file():
            continue
        if path.parent == root and path.stem.lower() in _OF_PROJECTS:
            others.append(path)
        else:
            is_any = True
            yield path
    if not is_any:
        yield from others


def _documents(root: Path) -> tuple[dict[PurePosixPath, Document], list[Loss]]:
    """Read all notes of a folder; one that cannot be read is a loss."""
    documents: dict[PurePosixPath, Document] = {}
    losses: list[Loss] = []
    characters = 0
    for path in _notes(root):
        own = PurePosixPath(path.relative_to(root).as_posix())
        try:
            if not path.resolve().is_relative_to(root):
                raise SourceError("is a link that leads out of the folder")
            document = read_document(path, own.as_posix())
        except SourceError as error:
            losses.append(Loss(own.as_posix(), "note", f"this note {error}"))
            continue
        documents[own] = document
        characters += sum(len(text) for _, text in document.lines)
        if characters > _MOST_CHARACTERS or len(documents) > _MOST_NOTES:
            raise SourceError("has too many notes: import one of its folders at a time")
    if not documents and losses:
        raise SourceError(f"has no note that can be read: {losses[0].place} {losses[0].message}")
    return documents, losses


def _without_tags(document: Document) -> tuple[list[tuple[int, str]], tuple[str, ...]]:
    """Return a note's lines without those that have only tags, and these tags, which belong to the note."""
    lines: list[tuple[int, str]] = []
    tags: list[str] = []
    for place, (number, text) in enumerate(document.lines):
        if place not in document.fences and _TAG_LINE.fullmatch(text) and not is_deck(text):
            tags += ["::".join(part for part in tag.split("/") if part) for tag in TAG.findall(text)]
            lines.append((number, ""))
        else:
            lines.append((number, text))
    return lines, tuple(dict.fromkeys(tags))


def _take_tags(draft: Draft, document: Document) -> None:
    """Move the tags in a question's texts to the question."""
    tags, draft.words = tags_of(draft.words)
    taken = [*draft.tags, *tags]
    code = {document.lines[place][0] for place in document.fences}
    for lines in (draft.context, draft.body):
        for place, (number, text) in enumerate(lines):
            if "#" in text and number not in code and not _HEADING.match(text):
                tags, words = tags_of(text)
                if tags:
                    indent = text[: len(text) - len(text.lstrip())]
                    lines[place] = (number, indent + words)
                    taken += tags
    draft.tags = tuple(dict.fromkeys(taken))


def _left_out(names: list[str]) -> list[Loss]:
    """Return the loss for notes without questions: a count, and the first names."""
    if not names:
        return []
    some = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    number = count(len(names), "note")
    return [Loss(names[0], "note without questions", f"{number} without questions: {some}")]
