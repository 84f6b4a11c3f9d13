"""GUIDs: a note's identity in Anki, made of corpus, note type and question."""

from __future__ import annotations

from sys import intern

from builder.corpus.kinds import kind_of
from builder.corpus.model import Question, QuestionOutline


def type_of(guid: str) -> str:
    """Return the name of the note type of the note of a GUID."""
    return guid.split(":")[1]


def guid(corpus_id: str, question: Question | QuestionOutline) -> str:
    """Return a note's identity in Anki: which corpus, which note type, which question.

    Never a hash of the text. The note type is part of it because Anki refuses the whole import where a
    note's type turns from basic to cloze under one GUID (docs/facts/anki.md, section 2); the
    other kinds share the basic note type, so that a question may turn from one to another.
    """
    # The lock has it as well: one of each is enough.
    return intern(f"{corpus_id}:{kind_of(question).note_type}:{question.identity}")


def identity_of(guid: str) -> str:
    """Return the identity of the question that a GUID is of."""
    return guid.split(":", 2)[-1]
