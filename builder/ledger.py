"""A corpus's lock as it is stored, and as git remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os.path import lexists
from pathlib import Path
from sys import maxsize

from builder.diagnostics import Diagnostic, Location
from builder.files import read_source
from builder.git import Commit, GitError, history
from builder.lock import LOCK_FILE, Lock, read_lock, remember
from builder.model import Corpus, Outline

DAY = 24 * 60 * 60


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

    Raises `BuildError` where git has a past and does not tell it, as `read_corpus_lock` says, too.
    """
    return remember(lock, _past(corpus.folder / LOCK_FILE), until=now + DAY)


def _past(path: Path) -> Sequence[Commit]:
    try:
        return history(path).commits
    except GitError as error:
        if error.severity == "warning":
            return ()
        raise


def read_corpus_lock(corpus: Corpus | Outline) -> tuple[Lock, list[Diagnostic]]:
    """Read a corpus's lock, and name what is wrong with it, or with its history."""
    path = corpus.folder / LOCK_FILE
    lock, diagnostics = stored_lock(corpus.folder)
    try:
        past = history(path)
    except GitError as error:
        found = Diagnostic(Location(path), error.code, error.message, error.hint, error.severity)
        return lock, [*diagnostics, found]
    if lexists(path):
        diagnostics += _unknown_former_ids(corpus, lock)
        if past.is_cut_off:
            diagnostics.append(_cut_off_history(path))
    return lock, diagnostics


def _cut_off_history(path: Path) -> Diagnostic:
    return Diagnostic(
        Location(path),
        "shallow-history",
        "git has only the latest part of this lock's history: a text that a commit took back may not"
        " arrive at learners",
        "run git fetch --unshallow before you build for learners",
        "warning",
    )


def _unknown_former_ids(corpus: Corpus | Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Name each `was="…"` of which neither lock nor git has heard: the question would be new to learners."""
    former = {question.was: question for question in corpus.questions() if question.was}
    if former.keys() <= lock.numbers().keys():
        return
    known = recall(corpus, lock, maxsize).numbers()
    for was, question in former.items():
        if was not in known:
            yield Diagnostic(
                question.location,
                "unknown-former-id",
                f"no question was ever published as {question.was!r}",
                "correct it, or leave it out",
            )
