"""GUIDs of our own: a note's identity in Anki, made of corpus, note type and question.

Only packages, and lines of a lock's first version, are read by taking GUIDs apart. All other code asks the
lock, which also knows GUIDs of other tools.
"""

from __future__ import annotations

from sys import intern

from builder.corpus.kinds import kind_of
from builder.corpus.model import Question, QuestionOutline


def guid(corpus_id: str, question: Question | QuestionOutline) -> str:
    """Return a note's GUID in Anki: its corpus, its note type and its question.

    It is never a hash of the text. The note type is part of it because Anki refuses a whole import if a
    note's type changes between basic and cloze under one GUID (docs/facts/anki.md, section 2). All other
    kinds share the basic note type, so that a question may change from one to another.
    """
    # The lock has the same text: one object is enough.
    return intern(f"{corpus_id}:{kind_of(question).note_type}:{question.identity}")


def read_guid(guid: str) -> tuple[str, str, str]:
    """Return the corpus's id, the note type's name and the question's first id. Raises `ValueError`."""
    corpus, type_, question = guid.split(":", 2)
    if not (corpus and type_ and question):
        raise ValueError(guid)
    return corpus, type_, question
