"""Packs notes: turns rendered notes into the fields that Anki stores, and into text for the cache."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from sys import intern

from builder.anki.note import Note, Subdeck
from builder.anki.release import PackedNote
from builder.corpus.model import Role, Settings
from builder.design.language import attributes_of, blocks_in
from builder.faults import at_question
from builder.markdown.sounds import for_field, has_sound, silent

_NAMES = (
    "Prompt",
    "Context",
    "Answer",
    "Details",
    "Why",
    "Weak answer",
    "Pitfall",
    "Follow-up",
    "Read more",
    "Options",
    "Solution",
    "Typed",
    "Reverse",
    "Level",
    "Chapter",
    "Source",
    "ID",
    "Topics",
    "Has sound",
)
"""Fields of a packed note, without the number, which is added later."""
_WRITTEN = frozenset(
    {
        *("Context", "Answer", "Details", "Why", "Weak answer", "Pitfall", "Follow-up", "Read more"),
        *("Options", "Solution"),
    }
)
"""Fields whose texts an author writes as blocks."""
_NOTE, _PART = "\x1e", "\x1f"
"""Separators of notes, and of a note's parts (as in Anki's database); no text may contain them."""
_READ_BY_ANKI = re.compile(r"\[(?=sound:|anki:|/?latex\]|/?\$|\[type:)", re.IGNORECASE)


def pack(subdeck: Subdeck) -> list[PackedNote]:
    """Pack a chapter's notes, without their numbers and the deck's name."""
    packed: list[PackedNote] = []
    for note in subdeck.notes:
        with at_question(note.location, note.id):
            fields = _fields(subdeck, note)
        packed.append(
            PackedNote(
                guid=note.guid,
                type=note.type,
                question=note.question,
                fields=fields,
                tags=note.tags,
                deck="",
                cards=note.cards,
            )
        )
    return packed


def deck_name(settings: Settings, number: int, title: str) -> str:
    """Return the name of a chapter's deck. It begins with the number, because Anki sorts decks by name."""
    words = " ".join(title.replace("::", " ").split())
    return f"{settings.deck}::{number:02} {words}"


def dump_note(note: PackedNote, made: str) -> str:
    """Return a packed note without its number, and its inputs, as text that is read faster than JSON."""
    words = (made, note.guid, note.type, note.question, " ".join(note.tags), " ".join(map(str, note.cards)))
    text = _PART.join((*words, *(note.fields[name] for name in _NAMES)))
    assert _NOTE not in text
    assert text.count(_PART) == len(words) + len(_NAMES) - 1
    return text


def join_records(records: Iterable[str]) -> bytes:
    """Join the records of notes."""
    return _NOTE.join(records).encode()


def split_records(data: bytes) -> list[str]:
    """Return the records of notes one by one."""
    return data.decode().split(_NOTE) if data else []


def made_of(record: str) -> tuple[str, str]:
    """Return the inputs of a record's note, and the rest of the record: the note without its number."""
    made, _, rest = record.partition(_PART)
    return made, rest


def load_note(record: str, deck: str, numbers: Mapping[str, str]) -> PackedNote:
    """Return a record's note, complete with its number and deck."""
    _, guid, type_, question, tags, cards, *values = record.split(_PART)
    fields = dict(zip(_NAMES, values, strict=True))
    fields["Number"] = numbers[question]
    return PackedNote(
        guid=intern(guid),
        type=intern(type_),
        question=question,
        fields=fields,
        tags=tuple(tags.split()),
        deck=deck,
        cards=tuple(map(int, cards.split())),
    )


def load_notes(data: bytes, deck: str, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
    """Return the notes of records, complete with numbers and decks."""
    return (load_note(record, deck, numbers) for record in split_records(data))


def _fields(subdeck: Subdeck, note: Note) -> dict[str, str]:
    """Fill a note's fields, by name."""
    answer = "\n".join(note.lead)
    fields = {
        "Prompt": note.prompt,
        "Context": "\n".join(note.context),
        "Answer": note.cloze or answer,
        "Details": note.details,
        "Why": note.sections[Role.WHY],
        "Weak answer": note.sections[Role.WEAK_ANSWER],
        "Pitfall": note.sections[Role.PITFALL],
        "Follow-up": _with_question(note.sections[Role.FOLLOW_UP]),
        "Read more": note.sections[Role.READ_MORE],
        "Options": note.options,
        "Solution": note.solution,
        "Typed": "",
        "Reverse": "",
        "Level": note.shown_level,
        "Chapter": silent(subdeck.title),  # at the foot of every back
        "Source": note.source,
        "ID": note.id,
        "Topics": escape(" ".join(note.topics)),
        # The back then repeats the front as Anki does, without playing its sounds again. Only the front's own
        # templates would play them on both sides.
        "Has sound": "yes" if has_sound("".join((note.prompt, *note.context, note.options))) else "",
        **note.fields,
    }
    if note.language:
        fields |= {name: blocks_in(fields[name], note.language) for name in _WRITTEN}
        fields["Prompt"] = f"<div{attributes_of(note.language)}>{note.prompt}</div>"
    # Anki may find cloze deletions only in the answer of a cloze note.
    unmarked = {name for name in fields if note.cloze and name != "Answer"}
    return {
        name: for_field(_inert(text.replace("{{", "&#123;&#123;") if name in unmarked else text))
        for name, text in fields.items()
    }


def _with_question(follow_up: str) -> str:
    """Mark the first paragraph of a follow-up as its question, unless it begins with bold text.

    A closed fold shows only the question (card.css).
    """
    if follow_up.startswith("<p>") and not follow_up.startswith("<p><strong>"):
        return follow_up.replace("<p>", '<p class="question">', 1)
    return follow_up


def _inert(html: str) -> str:
    """Escape text that Anki would read as sound, speech, LaTeX or an input box, even in code.

    The first bracket becomes an entity (docs/facts/anki.md, section 6).
    """
    return _READ_BY_ANKI.sub("&#91;", html) if "[" in html else html
