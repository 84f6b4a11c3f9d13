"""`cardpress check`."""

from __future__ import annotations

from pathlib import Path

import click

from builder.commands.corpora import corpora_argument, corpus_folders, read_and_check
from builder.outputs import count


@click.command()
@corpora_argument
def check(corpora: tuple[Path, ...]) -> None:
    """Name every mistake in the corpora, each with its place.

    A CORPUS is a folder with a deck.toml; without one, all in content/ are meant.
    The exit status is 1 if there is an error.

    Example: cardpress check content/flask
    """
    for corpus, _ in read_and_check(corpus_folders(corpora)):
        questions = sum(len(chapter.questions) for chapter in corpus.chapters)
        drills = sum(1 for _ in corpus.questions()) - questions
        click.echo(
            f"{corpus.folder}: no errors"
            f" ({count(len(corpus.chapters), 'chapter')}, {count(questions, 'question')},"
            f" {count(drills, 'drill')})"
        )
