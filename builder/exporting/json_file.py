"""Writes a corpus as one JSON file, for programs of any kind; docs/exporting.md has its shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from builder.corpus.model import QuestionOutline
from builder.exporting.model import MEDIA_FOLDER, ExportedChapter, ExportFile, Source, Written
from builder.faults import at_question
from builder.text import count

VERSION = 1
"""Version of the shape: it increases if programs that read the last one would fail."""


def write(source: Source) -> Written:
    """Write chapters, questions, note types and the list of media as one file."""
    settings = source.settings
    whole = {
        "format": "cardpress",
        "version": VERSION,
        "corpus": {
            "id": settings.id,
            "title": settings.title,
            "deck": settings.deck,
            "language": settings.language,
            "description": settings.description,
            "authors": list(settings.authors),
            "licence": settings.licence,
            "version": settings.version,
            "source": settings.source,
        },
        "note_types": [
            {
                "key": key,
                "id": type_.id,
                "name": type_.name,
                "is_cloze": type_.is_cloze,
                "fields": list(type_.field_names),
                "cards": [template["name"] for template in type_.templates],
            }
            for key, type_ in sorted(source.types.items())
        ],
        "chapters": [_chapter(chapter, source) for chapter in source.chapters],
        "media": [
            {
                "name": file.name,
                "path": f"{MEDIA_FOLDER}/{file.name}",
                "bytes": file.size,
                "sha256": file.digest,
            }
            for _, file in sorted(source.media.items())
        ],
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    contents = f"{count(len(source.release.notes), 'question')} in {count(len(source.chapters), 'chapter')}"
    return Written((ExportFile(f"{settings.id}.json", f"{text}\n".encode(), contents),))


def _chapter(chapter: ExportedChapter, source: Source) -> dict[str, Any]:
    outline = chapter.outline
    questions = zip(outline.questions, chapter.guids, strict=True)
    return {
        "number": outline.number,
        "name": outline.slug,
        "title": outline.title,
        "deck": chapter.deck,
        "file": _place(outline.path, source),
        "line": outline.line,
        "questions": [_question(question, guid, source) for question, guid in questions],
    }


def _question(question: QuestionOutline, guid: str, source: Source) -> dict[str, Any]:
    with at_question(question.location, question.id):
        note = source.release.notes[guid]
        origin = note.origin
        return {
            "id": question.id,
            "first_id": question.identity,
            "kind": question.kind,
            "is_drill": question.is_drill,
            "level": question.level,
            "core": question.core,
            "tags": list(question.tags),
            "language": question.language or source.settings.language,
            "number": note.number,
            "prompt": question.prompt,
            "file": _place(question.location.path, source),
            "line": question.location.line,
            "note": {
                "guid": note.guid,
                "type": note.type,
                "deck": note.deck,
                "tags": list(note.tags),
                "cards": [
                    {
                        "ordinal": ordinal,
                        "deck": origin.decks.get(ordinal, note.deck) if origin else note.deck,
                    }
                    for ordinal in note.cards
                ],
                "fields": {name: html for name, html in note.fields.items() if html},
            },
        }


def _place(path: Path, source: Source) -> str:
    """Return the path of a file in the corpus folder."""
    folder = source.outline.folder
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
