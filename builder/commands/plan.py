"""`cardpress plan`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import (
    build_time,
    corpora_argument,
    corpus_folders,
    read_and_check,
    release_as_of,
    releases_in,
)
from builder.commands.terminal import show, show_json
from builder.faults import Work, at_chapter, at_question, pin_down

if TYPE_CHECKING:
    from builder.anki.plan import Plan
    from builder.anki.release import Release
    from builder.pipeline.compile import Compiled


@click.command()
@corpora_argument
@click.option(
    "--against",
    metavar="FILE|REV",
    help="What learners have: a package, or the commit that it was built from. Default: the last tag with"
    " another deck.lock, or else the last commit.",
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def plan(corpora: tuple[Path, ...], against: str | None, form: str) -> None:
    """Show what changes for learners who have an earlier build.

    Lists what is new, changed, moved and gone, whose history is at risk, and what learners must do by hand.
    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.
    Nothing is written.

    Example: cardpress plan content/flask --against flask-1.0.apkg
    """
    from builder.anki.plan_report import as_json, as_text
    from builder.anki.release import Release
    from builder.design.styles import read_styles
    from builder.identity.lock import Lock
    from builder.pipeline.prepare import prepare
    from builder.pipeline.releases import last_release

    checked = read_and_check(
        corpus_folders(corpora), lambda settings: ("apkg",), is_published=True, at_risk="off"
    )
    styles, now = read_styles(), build_time()
    packed = releases_in(against, [corpus for corpus, _ in checked]) if against else None
    plans = []
    for corpus, lock in checked:
        id_ = corpus.settings.id
        if packed is not None and id_ not in packed:
            continue
        new = prepare(corpus, lock, styles, now=now).release
        revision = against or last_release(corpus.folder, new.lock)
        if packed is not None:
            old = packed[id_]
        else:
            old = release_as_of(corpus, revision) if revision else Release({}, Lock())
        plans.append((id_, revision or "nothing yet", _plan(corpus, old, new)))
    if form == "json":
        show_json(as_json(plans))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10**6
        show("\n\n".join(as_text(*entry, width=width) for entry in plans))


def _plan(corpus: Compiled, old: Release, new: Release) -> Plan:
    from builder.anki.plan import compare

    with at_chapter(corpus.folder):
        try:
            return compare(old, new)
        except Exception as error:
            pin_down(error, lambda part: compare(*part), _parts(corpus, old, new))
            raise


def _parts(corpus: Compiled, old: Release, new: Release) -> Iterator[tuple[Work, tuple[Release, Release]]]:
    """Yield two releases without their notes, then with one question of each."""
    from builder.anki.release import Release
    from builder.identity.guid import guid

    def only(release: Release, *guids: str) -> Release:
        return Release({key: release.notes[key] for key in guids if key in release.notes}, release.lock)

    yield at_chapter(corpus.folder), (only(old), only(new))
    for question in corpus.questions():
        key = guid(corpus.outline, question)
        yield at_question(question.location, question.id), (only(old, key), only(new, key))
