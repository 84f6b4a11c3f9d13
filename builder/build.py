"""Makes the outputs of one corpus: render, update the lock, write; all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from builder.atomic import replacing
from builder.diagnostics import Diagnostic
from builder.lock import FILE_NAME, Lock, read_lock, update
from builder.model import Corpus
from builder.outputs import OUTPUTS, Edition
from builder.reader import read_source
from builder.render import render
from builder.styles import read_styles


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a build made."""

    path: Path
    contents: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Whom to tell how far a build is."""

    on_note: Callable[[], None] = lambda: None
    on_page: Callable[[int], None] = lambda page: None


def read_corpus_lock(corpus: Corpus) -> tuple[Lock, list[Diagnostic]]:
    """Read a corpus's lock; a new corpus has none."""
    path = corpus.folder / FILE_NAME
    if not path.exists():
        return Lock(), []
    source, diagnostics = read_source(path)
    lock, found = read_lock(source)
    return lock, diagnostics + found


def build(
    corpus: Corpus,
    lock: Lock,
    outputs: Sequence[str],
    folder: Path,
    *,
    now: int,
    progress: Progress,
) -> list[Made]:
    """Make the named outputs of a checked corpus, `folder/id…`, and bring its lock up to date.

    `now` is in seconds since the epoch. Raises `BuildError`; then every file is as it was.
    """
    from builder.outputs import apkg

    styles = read_styles()
    deck = render(corpus, progress.on_note)
    types = apkg.type_hashes(styles.card)
    new_lock = update(lock, apkg.published(deck), types, now=now)
    edition = Edition(deck=deck, lock=new_lock, styles=styles, on_page=progress.on_page)
    made: list[Made] = []
    # Left in reverse: the lock is replaced first, then the outputs that rely on it.
    with ExitStack() as replacements:
        for name in outputs:
            path = folder / f"{corpus.settings.id}{OUTPUTS[name].suffix}"
            temporary = replacements.enter_context(replacing(path))
            made.append(Made(path, OUTPUTS[name].write(edition, temporary)))
        if new_lock != lock:
            path = corpus.folder / FILE_NAME
            temporary = replacements.enter_context(replacing(path))
            temporary.write_text(str(new_lock), encoding="utf-8")
            made.append(Made(path, _changes(lock, new_lock)))
    return made


def _changes(old: Lock, new: Lock) -> str:
    """Say what a build changed in the lock."""
    added = sum(guid not in old.notes for guid in new.notes)
    changed = sum(entry.mod != new.notes[guid].mod for guid, entry in old.notes.items())
    retired = sum(entry.state != new.notes[guid].state for guid, entry in old.notes.items())
    return f"{added} notes new, {changed} changed, {retired} retired or back: commit it"
