"""Releases of a corpus: the one that its folder makes now, and those of earlier commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from builder.anki import note_types
from builder.anki.adopted_notes import note_types_of
from builder.anki.read import Adopting, read_package
from builder.anki.release import Release
from builder.checks.making_codes import UNREADABLE_PACKAGE
from builder.corpus.files import ADOPTED_FILE, LOCK_FILE
from builder.corpus.images import SUFFIXES
from builder.corpus.settings import SETTINGS_FILE
from builder.design.styles import Styles
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.git import checkout, last_commit_time, tagged_versions
from builder.identity.guid import guid
from builder.identity.lock import Lock, read_lock
from builder.identity.lockfile import DAY, stored_lock
from builder.identity.numbering import number_questions
from builder.identity.update import update
from builder.markdown.sounds import SUFFIXES as SOUND_SUFFIXES
from builder.markdown.source import Source
from builder.pipeline.compile import Compiled, compile_corpus
from builder.runtime.atomic import temporary_folder, writing_in
from builder.runtime.cache import Cache

_READ = {
    ".md",
    ".markdown",
    *SUFFIXES,
    *SOUND_SUFFIXES,
    *(Path(name).suffix for name in (SETTINGS_FILE, LOCK_FILE, ADOPTED_FILE)),
}


def recover(corpus: Compiled, lock: Lock, package: Path, now: int) -> tuple[Lock, Sequence[Diagnostic]]:
    """Return a corpus's lock, completed with questions that only an earlier package has.

    Also return a warning if the package cannot be read. The package is a build's, or a learner's export.
    """
    guids = {guid(corpus.outline, question) for question in corpus.questions()}
    if guids <= lock.notes.keys() or not package.exists():
        return lock, ()
    try:
        packed = read_package(package, corpus.settings.id, Adopting(corpus.adopted, corpus.settings)).lock
    except BuildError as error:
        return lock, [_nothing_recovered(package, error)]
    lost = {key: packed.notes[key] for key in guids - lock.notes.keys() if key in packed.notes}
    lost = {key: entry for key, entry in lost.items() if entry.mod <= now + DAY}
    types = {name: entry for name, entry in packed.types.items() if lost and entry.mod <= now + DAY}
    return replace(lock, notes={**lock.notes, **lost}, types={**types, **lock.types}), ()


def _nothing_recovered(package: Path, error: BuildError) -> Diagnostic:
    return UNREADABLE_PACKAGE.at(
        Location(package),
        f"{error}; nothing of it is known to this build",
        "if the lock is lost, put the package that learners have in its place, restore deck.lock, and build "
        "again",
    )


def release_of(
    compiled: Compiled, numbers: Mapping[str, str], lock: Lock, styles: Styles, now: int
) -> Release:
    """Return the release of a build at the time `now`, with its lock."""
    notes = compiled.notes(numbers)
    rules, _ = note_types.kept_fonts(compiled.cache)
    published, settings = list(notes.published.values()), compiled.settings
    css = note_types.with_fonts(styles.with_look(compiled.look).card, rules)
    types = note_types_of({note.type for note in published}, css, settings, compiled.adopted)
    return Release(
        notes,
        update(
            lock,
            published,
            {name: each.hash for name, each in types.items()},
            now=now,
            times={kind.key: kind.mod for kind in compiled.adopted.types.values()},
            corpus=settings.id,
            deck=settings.deck,
            chapters={
                place.name: place.number
                for place in (chapter.task.place for chapter in compiled.chapters)
                if place.name
            },
            accepted=settings.accepted,
        ),
    )


def _is_read(path: str) -> bool:
    """Return whether a file is needed to read a corpus."""
    return PurePosixPath(path).suffix.lower() in _READ


def last_release(folder: Path, lock: Lock) -> str:
    """Return the revision that learners probably have: the last tag with another lock, or the last commit.

    It is empty before the first commit. Raises `GitError`.
    """
    path = folder / LOCK_FILE
    for tag, text in tagged_versions(path):
        tagged, _ = read_lock(Source(path, text))
        if tagged != lock:
            return tag
    return "HEAD" if last_commit_time(folder) is not None else ""


@contextmanager
def release_at(folder: Path, revision: str, cache: Cache) -> Iterator[Release]:
    """Yield the release of an earlier commit, rendered by this version of cardpress, with the lock of then.

    It is empty if the corpus did not exist. Raises `BuildError` if there is no such commit, or if the current
    rules find errors in it.
    """
    with temporary_folder() as temporary:
        past = temporary / folder.resolve().name
        with writing_in(temporary):
            is_there = checkout(folder, revision, past, _is_read)
        if not is_there:
            yield Release({}, Lock())
            return
        compiled = compile_corpus(past, cache)
        errors = [found for found in compiled.diagnostics if found.stops_all]
        if errors:
            location = errors[0].location
            raise BuildError(
                f"{str(folder)!r} as of {revision} has errors by the current rules, "
                f"{location.path.name}:{location.line}: {errors[0].message}; give the package that was "
                "built from it: --against FILE.apkg"
            )
        lock, _ = stored_lock(past)
        yield Release(compiled.notes(number_questions(compiled.outline, lock.numbers())), lock)
