"""GUIDs of our own: a note's identity in Anki, made of corpus, note type and question.

Only what has no lock takes one apart again: a package, and a line of a lock's first version. All others ask
the lock, which knows GUIDs of other tools, too.
"""

from __future__ import annotations

from sys import intern

from builder.corpus.kinds import kind_of
from builder.corpus.model import Question, QuestionOutline


def guid(corpus_id: str, question: Question | QuestionOutline) -> str:
    """Return a note's identity in Anki: which corpus, which note type, which question.

    Never a hash of the text. The note type is part of it because Anki refuses the whole import where a
    note's type turns from basic to cloze under one GUID (docs/facts/anki.md, section 2); the
    other kinds share the basic note type, so that a question may turn from one to another.
    """
    # The lock has it as well: one of each is enough.
    return intern(f"{corpus_id}:{kind_of(question).note_type}:{question.identity}")


def read_guid(guid: str) -> tuple[str, str, str]:
    """Return the corpus's id, the note type's name and the question's first id. Raises `ValueError`."""
    corpus, type_, question = guid.split(":", 2)
    if not (corpus and type_ and question):
        raise ValueError(guid)
    return corpus, type_, question
