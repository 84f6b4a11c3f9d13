"""Prepares a build: its release, and the changes of the lock. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from builder.anki.release import Release
from builder.checks.making_codes import CLOCK_AHEAD
from builder.corpus.files import LOCK_FILE
from builder.design.styles import Styles
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.git import GitError, last_commit_time
from builder.identity.lock import Lock
from builder.identity.lockfile import DAY, recall
from builder.identity.numbering import number_questions
from builder.pipeline.compile import Compiled
from builder.pipeline.releases import recover, release_of
from builder.text import count

_YEARS_AHEAD = 2 * 365 * DAY
"""Maximum seconds between the last commit and a build; above that, the clock is probably wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A corpus that is ready to be published, as a package or in print."""

    corpus: Compiled
    lock: Lock
    """Lock as it was read."""
    numbers: Mapping[str, str]
    """Numbers of the questions, by identity."""
    release: Release
    """Release, with the lock to write."""
    styles: Styles
    is_published: bool
    """True if the release goes to learners, so that its lock must be written."""
    changes: str
    """Differences between the release's lock and `lock`, in words; empty if they are equal."""
    diagnostics: Sequence[Diagnostic] = ()
    """Findings for the author."""


def prepare(
    corpus: Compiled,
    lock: Lock,
    styles: Styles,
    *,
    now: int,
    package: Path | None = None,
    is_published: bool = False,
    is_locked: bool = False,
    is_renumbered: bool = False,
) -> Prepared:
    """Prepare the build of a checked corpus at the time `now`, in seconds since the epoch.

    Questions that the lock does not know are looked up in git, and in the package of an earlier build.
    `is_renumbered` ignores earlier numbers. Raises `BuildError` if the lock may not be updated: it would
    change although `is_locked` forbids it, or changes would get a wrong date.
    """
    known = recall(corpus.outline, lock, now)
    diagnostics: list[Diagnostic] = []
    if package is not None:
        known, found = recover(corpus, known, package, now)
        diagnostics += found
    numbers = number_questions(corpus.outline, {} if is_renumbered else known.numbers())
    release = release_of(corpus, numbers, known, styles, now)
    path, changes = corpus.folder / LOCK_FILE, ""
    if release.lock != lock or lock.is_stale:
        changes = _changes(lock, known, release.lock)
    if changes and is_locked:
        raise BuildError(f"{str(path)!r} would change ({changes}): build without --locked, and commit it")
    if changes and is_published:
        _check_clock(lock, now, path)
        diagnostics += _check_last_commit(path, now)
    return Prepared(
        corpus=corpus,
        lock=lock,
        numbers=numbers,
        release=release,
        styles=styles,
        is_published=is_published,
        changes=changes,
        diagnostics=diagnostics,
    )


def _check_clock(lock: Lock, now: int, path: Path) -> None:
    """Refuse to date a change a day or more before the last one (docs/facts/anki.md, section 1.1)."""
    times = (*(entry.mod for entry in lock.notes.values()), *(entry.mod for entry in lock.types.values()))
    latest = max(times, default=0)
    if latest > now + DAY:
        raise BuildError(
            f"{str(path)!r} has a change dated {_day(latest)}, but the clock says {_day(now)}: set the "
            "clock right. If it is right, a machine with a wrong clock wrote the lock, and its notes"
            " would overwrite all edits that learners make until that day. Then restore the lock from its"
            " history"
        )


def _check_last_commit(path: Path, now: int) -> Iterator[Diagnostic]:
    """Warn of a clock years ahead: changes with such a date replace all learners' edits until then."""
    try:
        last = last_commit_time(path.parent)
    except GitError:
        return  # `check_history` reports this
    if last is not None and now > last + _YEARS_AHEAD:
        yield CLOCK_AHEAD.at(
            Location(path),
            f"the clock says {_day(now)}, but the last commit is from {_day(last)}: this build dates its"
            " changes by the clock",
            "if the clock is wrong, restore deck.lock with git, set the clock right and build again",
        )


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %B %Y")


def _changes(lock: Lock, known: Lock, new: Lock) -> str:
    """Describe the changes of the lock; name questions that are gone, because that may be a mistake."""
    kept = [(entry, new.notes[key]) for key, entry in known.notes.items() if key in new.notes]
    added = sum(entry.is_there for key, entry in new.notes.items() if key not in known.notes)
    back = sorted(after.question for before, after in kept if after.is_there and not before.is_there)
    changed = sum(after.mod != before.mod for before, after in kept) - len(back)
    remembered = sum(entry != lock.notes.get(key) for key, entry in known.notes.items())
    gone = sorted(after.question for before, after in kept if before.is_there and not after.is_there)
    samples = sum(key not in new.notes for key in lock.notes)
    parts = (
        f"{remembered} remembered from earlier builds" if remembered else "",
        f"{added} new" if added else "",
        "none published before" if not known.notes else "",
        f"{changed} changed" if changed else "",
        f"{len(gone)} gone ({_few(gone)})" if gone else "",
        f"{len(back)} back ({_few(back)})" if back else "",
        f"{count(samples, 'sample')} taken out" if samples else "",
        "see cardpress plan" if gone and added else "",
    )
    if said := ", ".join(filter(None, parts)):
        return said
    if known.types != new.types:
        return "the look of the cards changed"
    is_in_order = all(before.position == after.position for before, after in kept)
    return "nothing that learners see" if is_in_order else "the order changed"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
