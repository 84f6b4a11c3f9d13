"""GUIDs: a note's identity in Anki, made of corpus, note type and question, or kept from an existing deck.

GUIDs are parsed only in packages, and in locks of the first version. All other code asks the lock, which also
knows GUIDs of other tools.
"""

from __future__ import annotations

from sys import intern

from builder.corpus.kinds import kind_of
from builder.corpus.model import AdoptedIdentity, Outline, Question, QuestionOutline


def guid(corpus: Outline, question: QuestionOutline) -> str:
    """Return the GUID of a question's note: that of the note it was made from, or else its own."""
    adopted = adopted_identity(corpus, question)
    return adopted.guid if adopted else own_guid(corpus.settings.id, question)


def note_type(corpus: Outline, question: QuestionOutline) -> str:
    """Return the name of the note type of a question's note, as the lock has it."""
    adopted = adopted_identity(corpus, question)
    return adopted.type if adopted else kind_of(question).note_type


def cards(corpus: Outline, question: QuestionOutline) -> tuple[int, ...]:
    """Return the ordinals of the cards of a question's note."""
    adopted = adopted_identity(corpus, question)
    # An adopted type keeps all its templates; cloze deletions are counted in the question's text.
    return adopted.cards if adopted and not adopted.is_cloze else question.cards


def adopted_identity(corpus: Outline, question: QuestionOutline) -> AdoptedIdentity | None:
    """Return the identity of the note that a question was made from, or None.

    Anki cannot turn a cloze note into another type, or back. So if a question's kind changed in this way, it
    has a note of its own.
    """
    if not corpus.adopted:
        return None
    found = corpus.adopted.get(question.identity)
    return found if found and found.is_cloze == (kind_of(question).note_type == CLOZE) else None


def own_guid(corpus_id: str, question: Question | QuestionOutline) -> str:
    """Return the GUID of a note of cardpress: its corpus, note type and question.

    It is never a hash of the text. The note type is part of it because Anki refuses a whole import if a
    note's type changes between basic and cloze under one GUID (docs/facts/anki.md, section 2). All other
    kinds share the basic note type, so that a question may change from one to another.
    """
    # The lock has the same text: one object saves memory.
    return intern(f"{corpus_id}:{kind_of(question).note_type}:{question.identity}")


def read_guid(guid: str) -> tuple[str, str, str]:
    """Return the corpus's id, the note type's name and the question's first id. Raises `ValueError`."""
    corpus, type_, question = guid.split(":", 2)
    if not (corpus and type_ and question):
        raise ValueError(guid)
    return corpus, type_, question


CLOZE = "cloze"
"""Name of our note type for cloze questions."""


def like(type_: str) -> str:
    """Return the note type of cardpress that is similar to one in the lock: `cloze` for `cloze:1543`."""
    return type_.partition(":")[0]
