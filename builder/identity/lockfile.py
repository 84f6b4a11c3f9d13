"""Reads the lock of a corpus, and completes it from git's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os.path import lexists
from pathlib import Path

from builder.corpus.files import LOCK_FILE, read_source
from builder.corpus.model import Outline
from builder.diagnostics import Code, Diagnostic, Location, has_errors
from builder.identity.git import GitError, history
from builder.identity.guid import guid
from builder.identity.lock import Lock, read_lock
from builder.identity.remember import Commit, remember
from builder.identity.vanished import check_identity

DAY = 24 * 60 * 60
SHALLOW_HISTORY = Code(
    "shallow-history",
    reason="Git's history has what the lock lost. A shallow clone has only the end of it.",
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


def read_corpus_lock(corpus: Outline) -> tuple[Lock, list[Diagnostic]]:
    """Read a corpus's lock, and report its errors, and published questions that the corpus no longer has.

    The result depends on the files alone, so it is the same in every clone.
    """
    lock, diagnostics = stored_lock(corpus.folder)
    if lexists(corpus.folder / LOCK_FILE) and not has_errors(diagnostics):
        diagnostics += check_identity(corpus, lock)
    return lock, diagnostics


def recall(corpus: Outline, lock: Lock, now: int) -> Lock:
    """Return a corpus's lock, completed from git's history up to a day after `now`.

    Notes of another corpus (as in a copied folder) are left out, and so are samples that are gone. Raises
    `BuildError` if there is a history that git cannot read; `check_history` reports that, too.
    """
    past = past_of(corpus.folder)
    known = remember(lock, past, until=now + DAY).of(corpus.settings.id)
    samples = {key for key, entry in known.notes.items() if entry.state == "sample"}
    samples -= {guid(corpus, question) for question in corpus.questions()} if samples else set()
    if not samples:
        return known
    return replace(known, notes={key: entry for key, entry in known.notes.items() if key not in samples})


def past_of(folder: Path) -> Sequence[Commit]:
    """Return the commits that changed a corpus's lock; none if git only gives a warning.

    Raises `BuildError` if there is a history that git cannot read.
    """
    try:
        return history(folder / LOCK_FILE).commits
    except GitError as error:
        if error.code.severity == "warning":
            return ()
        raise


def check_history(folder: Path) -> Iterator[Diagnostic]:
    """Report why a build cannot read git's history of a corpus's lock, or all of it."""
    path = folder / LOCK_FILE
    try:
        past = history(path)
    except GitError as error:
        yield error.code.at(Location(path), error.message, error.hint)
        return
    if past.is_cut_off and lexists(path):
        yield SHALLOW_HISTORY.at(
            Location(path),
            "git has only the latest part of this lock's history: a text that a commit reverted may not "
            "reach learners",
            "run git fetch --unshallow before you build for learners",
        )
