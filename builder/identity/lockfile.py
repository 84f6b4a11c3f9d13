"""A corpus's lock as it is stored, and as git remembers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import lexists
from pathlib import Path
from sys import maxsize

from builder.corpus.files import LOCK_FILE, read_source
from builder.corpus.model import Corpus, Outline
from builder.corpus.settings import SETTINGS_FILE
from builder.diagnostics import Code, Diagnostic, Location
from builder.identity.git import GitError, history
from builder.identity.lock import Commit, Lock, corpus_of, read_lock, remember

DAY = 24 * 60 * 60
UNKNOWN_FORMER_ID = Code(
    "unknown-former-id",
    reason='`was="…"` keeps the history of the question that was published under another id: under one'
    " that never was, the question is new to learners.",
    of="words",
    bad='`{#g-life was="g-liefe"}`',
    good='`{#g-life was="g-lifetime"}`, the id that deck.lock knows',
)
FOREIGN_LOCK = Code(
    "foreign-lock",
    reason="The lock is the identity of one corpus's notes. Under another id every card is new to"
    " learners, and the notes of the old id would stay in the lock for ever.",
    of="words",
    bad="a copy of a corpus's folder, with another id in deck.toml and the lock of the first",
    good="the same folder without deck.lock, as a new corpus; or with the id that the lock knows",
)
SHALLOW_HISTORY = Code(
    "shallow-history",
    reason="Git's history keeps what the lock forgot; a shallow clone has only the end of it.",
    of="words",
    severity="warning",
    bad="`git clone --depth 1`",
    good="`git fetch --unshallow`",
)


def stored_lock(folder: Path) -> tuple[Lock, list[Diagnostic]]:
    """Read the lock in a corpus's folder; a new corpus has none."""
    path = folder / LOCK_FILE
    if not lexists(path):
        return Lock(), []
    source, diagnostics = read_source(path)
    lock, found = read_lock(source)
    return lock, [*diagnostics, *found]


def recall(corpus: Corpus | Outline, lock: Lock, now: int) -> Lock:
    """Return a corpus's lock with what git remembers of it, up to a day after `now`.

    A lock that was once another corpus's, in a folder that was copied, brings nothing of that.
    Raises `BuildError` where git has a past and does not tell it, as `read_corpus_lock` says, too.
    """
    past = _past(corpus.folder / LOCK_FILE)
    return remember(lock, past, until=now + DAY).of(corpus.settings.id)


def _past(path: Path) -> Sequence[Commit]:
    try:
        return history(path).commits
    except GitError as error:
        if error.code.severity == "warning":
            return ()
        raise


def read_corpus_lock(corpus: Corpus | Outline) -> tuple[Lock, list[Diagnostic]]:
    """Read a corpus's lock, and name what is wrong with it, or with its history."""
    path = corpus.folder / LOCK_FILE
    lock, diagnostics = stored_lock(corpus.folder)
    diagnostics += _other_corpora(corpus, lock)
    try:
        past = history(path)
    except GitError as error:
        found = error.code.at(Location(path), error.message, error.hint)
        return lock, [*diagnostics, found]
    if lexists(path):
        diagnostics += _unknown_former_ids(corpus, lock)
        if past.is_cut_off:
            diagnostics.append(_cut_off_history(path))
    return lock, diagnostics


def _other_corpora(corpus: Corpus | Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Name each other corpus of which the lock has notes: a build would keep them as retired for ever."""
    id_, path = corpus.settings.id, corpus.folder / LOCK_FILE
    others = Counter(map(corpus_of, lock.notes))
    del others[id_]
    for other, notes in sorted(others.items()):
        if notes == len(lock.notes):
            message = f"this lock belongs to the corpus {other!r}, but {SETTINGS_FILE} has the id {id_!r}"
            hint = (
                f"write id = {other!r} again, so that learners keep their history; or, for a new corpus,"
                f" delete {LOCK_FILE}: every card is then new to learners"
            )
        else:
            message = f"the corpus is {id_!r}, but this lock has notes of {other!r} too ({notes:,})"
            hint = f"restore the file from its history, or delete the lines that begin with: note {other}:"
        yield FOREIGN_LOCK.at(Location(path), message, hint)


def _cut_off_history(path: Path) -> Diagnostic:
    return SHALLOW_HISTORY.at(
        Location(path),
        "git has only the latest part of this lock's history: a text that a commit took back may not"
        " arrive at learners",
        "run git fetch --unshallow before you build for learners",
    )


def _unknown_former_ids(corpus: Corpus | Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Name each `was="…"` of which neither lock nor git has heard: the question would be new to learners."""
    former = {question.was: question for question in corpus.questions() if question.was}
    if former.keys() <= lock.numbers().keys():
        return
    known = recall(corpus, lock, maxsize).numbers()
    for was, question in former.items():
        if was not in known:
            yield UNKNOWN_FORMER_ID.at(
                question.location,
                f"no question was ever published as {question.was!r}",
                "correct it, or leave it out",
            )
