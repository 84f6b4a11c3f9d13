"""Makes the outputs of prepared corpora, and writes their locks: all files, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from builder.anki.description import describe
from builder.anki.note import Deck
from builder.corpus.files import LOCK_FILE, read_bytes
from builder.diagnostics import BuildError, Diagnostic
from builder.identity.guid import guid
from builder.identity.lock import Lock
from builder.identity.lockfile import stored_lock
from builder.pipeline.compile import Compiled
from builder.pipeline.outputs import OUTPUTS, Edition, is_kept, write_output
from builder.pipeline.prepare import Prepared
from builder.print.selection import EVERYTHING, Selection, select
from builder.runtime.atomic import replacing, replacing_together
from builder.runtime.regular_files import RefusedFile


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a build made or could not make."""

    path: Path
    contents: str = ""
    is_output: bool = True
    diagnostics: Sequence[Diagnostic] = ()
    """Findings for its author."""
    missing: str = ""
    """Reason why this machine cannot make it, and what to do; empty if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Functions that a build calls to show progress."""

    on_output: Callable[[str], AbstractContextManager[None]] = lambda name: nullcontext()
    """Returns a context that is entered while an output is made."""
    on_piece: Callable[[int, int], None] = lambda done, total: None


def publish(
    corpora: Sequence[Prepared],
    outputs_of: Callable[[Compiled], Sequence[str]],
    folder: Path,
    *,
    selection_of: Callable[[Compiled], Selection] = lambda corpus: EVERYTHING,
    part_of: Callable[[Compiled], Selection] = lambda corpus: EVERYTHING,
    offset: tuple[float, float] = (0, 0),
    progress_of: Callable[[Compiled], Progress] = lambda corpus: Progress(),
) -> list[Made]:
    """Make outputs of prepared corpora, `folder/id…`, and update their locks.

    Prints have a selection of questions; the backs of flashcards are moved by an offset, in millimetres. A
    package has a part of the release, which is in its file's name; the lock has all of it. Raises
    `BuildError`; then no file has changed. Raises `ValueError` for a package of a corpus that was not
    prepared to be published.
    """
    for prepared in corpora:
        is_published = any(OUTPUTS[name].is_published for name in outputs_of(prepared.corpus))
        if is_published and not prepared.is_published:
            raise ValueError("a package needs its lock: the corpus was not prepared to be published")
    made: list[Made] = []
    taken: set[Path] = set()
    # Contexts end in reverse order: a lock is replaced before the outputs that rely on it.
    with replacing_together() as replacements:
        keep_out_of_git(folder, replacements)
        for prepared in corpora:
            corpus = prepared.corpus
            progress, outputs = progress_of(corpus), outputs_of(corpus)
            part = part_of(corpus)
            edition = _edition(prepared, outputs, selection_of(corpus), offset, progress)
            editions = dict(_parts(prepared, edition, outputs, part))
            missing = {
                name: reason
                for name in editions
                if not is_kept(name, editions[name]) and (reason := OUTPUTS[name].unavailable())
            }
            suffix = part.names(corpus.outline)
            paths = {name: OUTPUTS[name].path(folder, corpus.settings.id, suffix) for name in editions}
            if twice := taken.intersection(paths.values()):
                raise BuildError(
                    f"{str(min(twice))!r} would be written twice, by corpora whose ids are too similar: "
                    "build them one by one, each with its own --output"
                )
            taken.update(paths.values())
            made += [Made(paths.pop(name), missing=reason) for name, reason in missing.items()]
            temporary = {name: replacements.enter_context(replacing(path)) for name, path in paths.items()}
            for name, output in temporary.items():
                with progress.on_output(name):
                    contents, diagnostics = write_output(name, editions[name], output)
                made.append(Made(paths[name], contents, diagnostics=diagnostics))
            if prepared.is_published and prepared.changes:
                path = corpus.folder / LOCK_FILE
                replacement = replacements.enter_context(replacing(path))
                replacement.write_text(str(prepared.release.lock), encoding="utf-8", newline="\n")
                made.append(Made(path, f"{prepared.changes}; commit it", is_output=False))
        for prepared in corpora:
            if not _is_stored(prepared.lock, prepared.corpus.folder):
                path = prepared.corpus.folder / LOCK_FILE
                raise BuildError(f"{str(path)!r} was changed by another build in the meantime: build again")
    return made


def keep_out_of_git(folder: Path, replacements: ExitStack) -> None:
    """Make git ignore a new folder of outputs; in an existing one, authors decide."""
    if not folder.exists():
        ignore = replacements.enter_context(replacing(folder / ".gitignore"))
        ignore.write_text("*\n", encoding="utf-8", newline="\n")


def _edition(
    prepared: Prepared,
    outputs: Sequence[str],
    selection: Selection,
    offset: tuple[float, float],
    progress: Progress,
) -> Edition:
    corpus = prepared.corpus
    if any(OUTPUTS[name].is_printed for name in outputs):
        deck = select(corpus.deck(prepared.numbers), selection, prepared.release)
    else:
        deck = Deck(settings=corpus.settings, media=corpus.media)
    return Edition(
        key=corpus.key(),
        deck=deck,
        release=prepared.release,
        part=prepared.release,
        description=describe(corpus.outline),
        styles=prepared.styles.with_look(corpus.look),
        adopted=corpus.adopted,
        folder=corpus.folder,
        cache=corpus.cache,
        on_piece=progress.on_piece,
        offset=offset,
    )


def _parts(
    prepared: Prepared, edition: Edition, outputs: Sequence[str], part: Selection
) -> Iterator[tuple[str, Edition]]:
    """Yield the outputs to make, each with its input. Raises `BuildError`."""
    for name in outputs:
        selection = part if OUTPUTS[name].selection.is_of_all else OUTPUTS[name].selection
        if selection.is_of_all:
            yield name, edition
            continue
        corpus = prepared.corpus
        ids = selection.ids(corpus.outline)
        guids = {guid(corpus.outline, question) for question in corpus.questions() if question.id in ids}
        if guids:
            yield name, replace(edition, part=prepared.release.part(guids))
        elif selection is part or len(outputs) == 1:
            what = "is in the core: mark one, {#its-id .core}" if selection.is_core else "is selected"
            raise BuildError(f"no question of {corpus.settings.id!r} {what}")


def _is_stored(lock: Lock, folder: Path) -> bool:
    """Return whether a corpus's lock has not changed since it was read; equal text is not parsed."""
    try:
        is_as_written = read_bytes(folder / LOCK_FILE) == str(lock).encode()
    except RefusedFile:
        is_as_written = False
    return is_as_written or stored_lock(folder)[0] == lock
