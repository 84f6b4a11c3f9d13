"""Adopts the notes of an existing deck for a corpus that was made from it, and restyles them on demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from builder.corpus.files import ADOPTED_FILE
from builder.corpus.kinds import kind_of
from builder.corpus.model import QuestionOutline
from builder.diagnostics import BuildError
from builder.identity.adopted import Adopted, AdoptedCard, AdoptedNote, AdoptedType, stored_adopted
from builder.identity.guid import CLOZE
from builder.pipeline.compile import compile_corpus
from builder.runtime.atomic import replacing
from builder.runtime.cache import Cache
from builder.text import count


@dataclass(frozen=True, slots=True)
class NotAdopted:
    """A note that a question cannot adopt, so that learners get a new one besides their old one."""

    question: str
    guid: str
    reason: str


def adopt(folder: Path, adopted: Adopted, cache: Cache) -> list[NotAdopted]:
    """Write the deck.adopted of a corpus whose chapters exist; return the notes that cannot be adopted.

    The texts and topics of the notes' questions are read from the chapters.
    """
    compiled = compile_corpus(folder, cache, is_rendered=False, is_adopting=True)
    questions = {
        question.identity: (question, text)
        for chapter in compiled.chapters
        for question, text in zip(chapter.outline.questions, chapter.texts, strict=True)
    }
    notes: dict[str, AdoptedNote] = {}
    refused: list[NotAdopted] = []
    for identity, note in adopted.notes.items():
        question, text = questions.get(identity, (None, ""))
        reason = _refusal(question, adopted.types[note.type])
        if question is None or reason:
            refused.append(NotAdopted(identity, note.guid, reason))
            continue
        cards = tuple(_cards(note, question, adopted.types[note.type]))
        notes[identity] = replace(note, text=text, topics=question.tags, cards=cards)
    used = {note.type for note in notes.values()}
    decks = {card.deck for note in notes.values() for card in note.cards}
    _write(
        folder,
        replace(
            adopted,
            notes=notes,
            types={id_: kind for id_, kind in adopted.types.items() if id_ in used},
            decks={name: id_ for name, id_ in adopted.decks.items() if name in decks},
        ),
    )
    return refused


def _refusal(question: QuestionOutline | None, kind: AdoptedType) -> str:
    """Return why a question cannot adopt a note of a type; empty if it can."""
    if question is None:
        return "no question was made from it"
    if kind.is_cloze != (kind_of(question).note_type == CLOZE):
        return "Anki turns no cloze note into another, and no other into a cloze note"
    return ""


def _cards(note: AdoptedNote, question: QuestionOutline, kind: AdoptedType) -> Iterator[AdoptedCard]:
    """Yield the cards of a note; for a cloze note, only those that its text makes."""
    cards = [card for card in note.cards if not kind.is_cloze or card.ordinal in question.cards]
    yield from cards or note.cards[:1]


@dataclass(frozen=True, slots=True)
class Restyled:
    """Result of restyling: how many notes now have our HTML, and what learners lose."""

    notes: int

    @property
    def cost(self) -> str:
        """The cost for learners, in a sentence."""
        return (
            f"the next build updates up to {count(self.notes, 'note')} for every learner of the old deck:"
            " reviews stay, but their own tags, marks and edits in these notes are replaced"
        )


def restyle(folder: Path) -> Restyled:
    """Give all adopted notes of a corpus our HTML, in the fields of the mapping, from the next build on.

    Raises `BuildError` if nothing was adopted, or deck.adopted is damaged.
    """
    adopted, damage = stored_adopted(folder)
    if damage:
        raise BuildError(f"{damage[0].message}: {damage[0].hint}")
    if not adopted.notes:
        raise BuildError(f"{str(folder)!r} has no {ADOPTED_FILE}: no note of it comes from an existing deck")
    changed = {key: replace(note, text="") for key, note in adopted.notes.items() if note.text}
    if changed:
        _write(folder, replace(adopted, notes={**adopted.notes, **changed}))
    return Restyled(len(changed))


def _write(folder: Path, adopted: Adopted) -> None:
    with replacing(folder / ADOPTED_FILE) as path:
        path.write_text(str(adopted), encoding="utf-8", newline="\n")
