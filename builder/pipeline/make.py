"""Makes the outputs of corpora: render, update the lock, write; all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from builder.anki.note import Deck
from builder.checks.making_codes import CLOCK_AHEAD
from builder.corpus.files import LOCK_FILE, read_bytes
from builder.design.styles import read_styles
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.git import GitError, last_commit_time
from builder.identity.lock import Lock
from builder.identity.lockfile import DAY, recall, stored_lock
from builder.identity.numbering import number_questions
from builder.pipeline.compile import Compiled
from builder.pipeline.outputs import OUTPUTS, Edition, is_kept, write_output
from builder.pipeline.releases import recover, release_of
from builder.print.selection import Selection, select
from builder.runtime.atomic import replacing, replacing_together
from builder.runtime.regular_files import RefusedFile

_YEARS_AHEAD = 2 * 365 * DAY
"""Seconds between the last commit and a build after which the clock is more likely to be wrong than not."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a build made, or could not make."""

    path: Path
    contents: str = ""
    is_output: bool = True
    diagnostics: Sequence[Diagnostic] = ()
    """What its author should know."""
    missing: str = ""
    """What this machine lacks to make it, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Whom to tell how far a build is."""

    on_output: Callable[[str], AbstractContextManager[None]] = lambda name: nullcontext()
    """Entered while an output is made."""
    on_piece: Callable[[int, int], None] = lambda done, total: None


def build(
    corpora: Sequence[tuple[Compiled, Lock]],
    outputs: Sequence[str],
    folder: Path,
    *,
    now: int,
    is_locked: bool = False,
    is_renumbered: bool = False,
    selection_of: Callable[[Compiled], Selection] = lambda corpus: Selection(),
    offset: tuple[float, float] = (0, 0),
    progress_of: Callable[[Compiled], Progress] = lambda corpus: Progress(),
) -> list[Made]:
    """Make the named outputs of checked corpora, `folder/id…`, and bring their locks up to date.

    `now` is in seconds since the epoch. A locked build fails where it would change a lock, be it for what
    git remembers; what it makes depends on the corpora alone. `is_renumbered` forgets the numbers given so
    far. Cards to cut out are those of a selection, their backs moved by an offset, in millimetres.
    Raises `BuildError`; then every file is as it was.
    """
    styles = read_styles()
    is_published = any(OUTPUTS[name].is_published for name in outputs)
    is_printed = any(OUTPUTS[name].is_printed for name in outputs)
    made: list[Made] = []
    # Left in reverse: a lock is replaced before the outputs that rely on it.
    with replacing_together() as replacements:
        for corpus, lock in corpora:
            progress = progress_of(corpus)
            package = folder / f"{corpus.settings.id}{OUTPUTS['apkg'].suffix}"
            known, found = recover(corpus.outline, recall(corpus.outline, lock, now), package, now)
            numbers = number_questions(corpus.outline, {} if is_renumbered else known.numbers())
            release = release_of(corpus, numbers, known, styles, now)
            if (is_published or is_locked) and release.lock != lock:
                changes = _changes(lock, known, release.lock)
                _check_update(corpus.folder / LOCK_FILE, lock, changes, now, is_locked=is_locked)
            deck = corpus.deck(numbers) if is_printed else Deck(settings=corpus.settings, media=corpus.media)
            edition = Edition(
                key=corpus.key(),
                deck=deck,
                release=release,
                styles=styles,
                cache=corpus.cache,
                on_piece=progress.on_piece,
                cards=select(deck, selection_of(corpus), release),
                offset=offset,
            )
            first = len(made)
            missing = {
                name: reason
                for name in outputs
                if not is_kept(name, edition) and (reason := OUTPUTS[name].unavailable())
            }
            paths = {name: folder / f"{corpus.settings.id}{OUTPUTS[name].suffix}" for name in outputs}
            made += [Made(paths.pop(name), missing=reason) for name, reason in missing.items()]
            temporary = {name: replacements.enter_context(replacing(path)) for name, path in paths.items()}
            for name, output in temporary.items():
                with progress.on_output(name):
                    contents, diagnostics = write_output(name, edition, output)
                made.append(Made(paths[name], contents, diagnostics=diagnostics))
            made[first] = replace(made[first], diagnostics=(*found, *made[first].diagnostics))
            if is_published and release.lock != lock:
                path = corpus.folder / LOCK_FILE
                replacement = replacements.enter_context(replacing(path))
                replacement.write_text(str(release.lock), encoding="utf-8")
                early = tuple(_check_last_commit(path, now))
                made.append(Made(path, f"{changes}; commit it", is_output=False, diagnostics=early))
        for corpus, lock in corpora:
            if not _is_stored(lock, corpus.folder):
                raise BuildError(
                    f"{str(corpus.folder / LOCK_FILE)!r} was changed by another build meanwhile: build again"
                )
    return made


def _is_stored(lock: Lock, folder: Path) -> bool:
    """Tell whether a corpus's lock still is what was read; a glance is enough where nobody edited it."""
    try:
        is_as_written = read_bytes(folder / LOCK_FILE) == str(lock).encode()
    except RefusedFile:
        is_as_written = False
    return is_as_written or stored_lock(folder)[0] == lock


def _check_update(path: Path, lock: Lock, changes: str, now: int, *, is_locked: bool) -> None:
    if is_locked:
        raise BuildError(f"{str(path)!r} would change ({changes}): build without --locked, and commit it")
    _check_clock(lock, now, path)


def _check_clock(lock: Lock, now: int, path: Path) -> None:
    """Refuse to date a change a day or more before the last one (docs/facts/anki.md, section 1.1)."""
    times = (*(entry.mod for entry in lock.notes.values()), *(entry.mod for entry in lock.types.values()))
    latest = max(times, default=0)
    if latest > now + DAY:
        raise BuildError(
            f"{str(path)!r} knows of a change on {_day(latest)}, but by the clock it is {_day(now)}: set the"
            " clock right; if it is right, the lock was written by a machine whose clock was not, and its"
            " notes would overwrite all that learners change in them until that day: restore the lock from"
            " its history"
        )


def _check_last_commit(path: Path, now: int) -> Iterator[Diagnostic]:
    """A change that is dated years ahead replaces all that learners write into its note until then."""
    try:
        last = last_commit_time(path.parent)
    except GitError:
        return  # among the findings
    if last is not None and now > last + _YEARS_AHEAD:
        yield CLOCK_AHEAD.at(
            Location(path),
            f"the clock says {_day(now)}, but the last commit is of {_day(last)}: this build dates its"
            " changes by the clock",
            "if the clock is wrong, restore deck.lock with git, set the clock right and build again",
        )


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %B %Y")


def _changes(lock: Lock, known: Lock, new: Lock) -> str:
    """Say what a build changed in the lock; questions that are gone by name, for they may be a mistake."""
    added = sum(key not in known.notes for key, entry in new.notes.items() if entry.state == "live")
    changed = sum(entry.mod != new.notes[key].mod for key, entry in known.notes.items())
    remembered = sum(entry != lock.notes.get(key) for key, entry in known.notes.items())
    gone, back = (
        [
            key.rpartition(":")[2]
            for key, entry in sorted(known.notes.items())
            if entry.state != state == new.notes[key].state
        ]
        for state in ("retired", "live")
    )
    parts = (
        f"{remembered} remembered from earlier builds" if remembered else "",
        f"{added} new" if added else "",
        "none published before" if not known.notes else "",
        f"{changed} changed" if changed else "",
        f"{len(gone)} gone ({_few(gone)})" if gone else "",
        f"{len(back)} back ({_few(back)})" if back else "",
        "see cardpress plan" if gone and added else "",
    )
    unseen = "the look of the cards changed" if known.types != new.types else "the order changed"
    return ", ".join(filter(None, parts)) or unseen


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
