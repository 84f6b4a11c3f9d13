"""Adopted notes: any deck.adopted is read or refused, and what is read of it can be published."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis.strategies import SearchStrategy

from builder.anki.adopted_notes import as_adopted, check_adopted, media_of, note_types_of
from builder.anki.release import PackedNote
from builder.corpus.files import read_source
from builder.corpus.model import Adoption, QuestionOutline, Settings
from builder.diagnostics import Location
from builder.identity.adopted import read_adopted
from builder.identity.lock import Lock
from builder.identity.update import update
from builder.markdown.source import Source
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.promises import check_lock_is_kept, check_places, check_unread
from tests.fuzzing.target import Target, promise
from tests.identity.test_adopted import ADOPTED, NOTE, VOCABULARY

_SETTINGS = Settings(id="any", title="Any", deck="Any")
_WORDS = (
    *(
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\\",
        "\n",
        "\r",
        "\0",
        "\x1f",
        "\u2028",
        "\ufeff",
        "<<<<<<< ours\n",
    ),
    *("null", "true", "0", "-1", "1.5", "1e999", "NaN", "9" * 30, "9" * 5000, "10000000000", '""', '" "'),
    *('"\\ud800"', '"\\u0000"', '"\\u001f"', '"is_cloze": true, ', '"merged": ["Front"], ', '"id": 1, '),
    *('"<script>"', '"{{#Front}}"', '"{{c1::x}}"', '"[sound:a b.mp3]"', '"<img src=x onerror=x>"', '"../x"'),
    '{"version": 2}\n',
    '{"deck": "Default", "id": 1}\n',
    '{"media": "_x.js", "path": "media/x.js"}\n',
)


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change a file with a note of two cards, and one with a cloze note."""
    kind = replace(VOCABULARY, is_cloze=True, templates=VOCABULARY.templates[:1])
    cloze = replace(ADOPTED, types={kind.id: kind})
    return mutated_texts((str(ADOPTED), str(cloze), ""), _WORDS)


def try_input(path: Path, folder: Path) -> bool:
    """Read adopted notes; publish them, edited and not, if nothing is wrong."""
    source, unread = read_source(path)
    check_unread(unread, path)
    adopted, found = read_adopted(source)
    check_places(found, source)
    promise(len(found) <= 1, "adopted: more than one finding", found)
    if found or unread:
        return False
    promise(read_adopted(Source(path, str(adopted))) == (adopted, []), "adopted: written otherwise than read")
    for choice in (Adoption(), Adoption(keep_scripts=True, our_style=True)):
        settings = replace(_SETTINGS, adopted=choice)
        list(check_adopted(adopted, settings, folder))
        notes = []
        for kept in adopted.notes.values():
            kind = adopted.types[kept.type]
            for text in ("another", kept.text):  # the last is kept
                note = as_adopted(_ours(kept.question), kept, kind, _question(kept.question), text, settings)
            promise(bool(note.cards), "adopted: a note without cards", kept)
            notes.append(note)
        names = {note.type for note in notes}
        types = note_types_of(names, "", settings, adopted)
        promise(types.keys() == names, "adopted: a note type is missing", names)
        media_of(notes, adopted, settings)
        hashes = {name: each.hash for name, each in types.items()}
        lock = update(Lock(), [note.published() for note in notes], hashes, now=1_790_000_000)
        check_lock_is_kept(lock, folder / "deck.lock")
    return True


def _ours(question: str) -> PackedNote:
    fields = {"ID": question, "Number": "1.1", "Prompt": "Why?", "Answer": "<p>So.</p>"}
    return PackedNote(
        guid=f"any:basic:{question}",
        type="basic",
        question=question,
        fields=fields,
        tags=(),
        deck="Any",
        cards=(0,),
    )


def _question(id_: str) -> QuestionOutline:
    return QuestionOutline(
        id=id_,
        was="",
        kind="plain",
        level=None,
        tags=NOTE.topics,
        has_own_tags=True,
        prompt="Why?",
        has_context=False,
        is_drill=False,
        location=Location(Path("01-any.md")),
    )


ADOPTED_NOTES = Target(name="adopted", suffix=".adopted", inputs=inputs, try_input=try_input)
