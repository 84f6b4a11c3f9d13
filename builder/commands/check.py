"""`cardpress check`."""

from __future__ import annotations

from pathlib import Path

import click

from builder.commands.corpora import corpora_argument, corpus_folders, read_and_check
from builder.commands.verbosity import say
from builder.outputs import count


@click.command()
@corpora_argument
def check(corpora: tuple[Path, ...]) -> None:
    """Name every mistake in the corpora, each with its place.

    A CORPUS is a folder with a deck.toml; without one, those that are here are meant.
    The exit status is 1 if there is an error.

    Example: cardpress check content/flask
    """
    for compiled, _ in read_and_check(corpus_folders(corpora), is_rendered=False):
        entries = list(compiled.questions())
        drills = sum(entry.is_drill for entry in entries)
        say(
            f"{compiled.folder}: no errors"
            f" ({count(len(compiled.chapters), 'chapter')}, {count(len(entries) - drills, 'question')},"
            f" {count(drills, 'drill')})"
        )
