"""`cardpress forget`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import corpus_folders, examine, report
from builder.commands.terminal import say
from builder.diagnostics import BuildError, has_errors
from builder.runtime.atomic import replacing
from builder.text import count

if TYPE_CHECKING:
    from builder.identity.lock import Lock, NoteEntry
    from builder.pipeline.compile import Compiled


@click.command()
@click.argument("questions", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--corpus",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the corpus, if there are several.",
)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask for confirmation.")
def forget(questions: tuple[str, ...], folder: Path | None, is_sure: bool) -> None:
    """Remove unpublished questions from deck.lock.

    For a question that was built, never committed, and then deleted or renamed: its id and its number become
    free again. Do not forget a question that you gave to anybody: a new question could then get its reviews.
    A committed question is not forgotten: list it in deck.toml instead, under [accepted].

    Example: cardpress forget a-first-try
    """
    folders = corpus_folders([folder] if folder else ())
    if len(folders) > 1:
        raise click.UsageError(f"there are several corpora here: add --corpus {folders[0]}")
    (examined,) = examine(folders, is_rendered=False)
    compiled, lock = examined.corpus, examined.lock
    if has_errors(examined.found):
        report(examined.found)
    entries = _entries(compiled, lock, questions)
    _check_that_no_commit_has(compiled.folder, entries)
    names = ", ".join(repr(name) for name in dict.fromkeys(entry.question for entry in entries.values()))
    if not is_sure:
        click.confirm(f"Was {names} never in a package that you gave away?", abort=True)
    from builder.corpus.files import LOCK_FILE

    path = compiled.folder / LOCK_FILE
    kept = {guid: entry for guid, entry in lock.notes.items() if guid not in entries}
    with replacing(path) as replacement:
        replacement.write_text(str(replace(lock, notes=kept)), encoding="utf-8", newline="\n")
    say(f"{path}: {count(len(entries), 'note')} forgotten ({names})")


def _entries(compiled: Compiled, lock: Lock, questions: Sequence[str]) -> dict[str, NoteEntry]:
    """Return the lock's entries for questions that are no longer in the corpus, by GUID."""
    from builder.identity.guid import guid

    there = {guid(compiled.outline, question) for question in compiled.questions()}
    found = {
        key: entry for key, entry in lock.notes.items() if entry.question in questions and key not in there
    }
    known = {entry.question for entry in lock.notes.values()}
    for name in questions:
        if name not in known:
            raise click.UsageError(f"deck.lock has no question {name!r}")
        if not any(entry.question == name for entry in found.values()):
            raise click.UsageError(f"the question {name!r} is in the corpus: delete it there first")
    return found


def _check_that_no_commit_has(folder: Path, entries: Mapping[str, NoteEntry]) -> None:
    """Refuse entries that a commit has, or may have. Raises `BuildError`."""
    from builder.corpus.files import LOCK_FILE
    from builder.identity.git import history
    from builder.identity.remember import committed

    past = history(folder / LOCK_FILE)
    if past.is_cut_off:
        raise BuildError(
            "git has only the latest part of this lock's history: run git fetch --unshallow, and try again"
        )
    known = committed(past.commits)
    for guid, entry in entries.items():
        if guid in known:
            raise BuildError(
                f"a commit contains the question {entry.question!r}, so somebody may have built a package "
                f'with it: add retired = ["{entry.question}"] under [accepted] in deck.toml instead'
            )
