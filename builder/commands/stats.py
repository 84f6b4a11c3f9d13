"""`cardpress stats`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from builder.commands.arguments import (
    chosen_files,
    corpora_argument,
    corpus_folders,
    only_chapters,
    read_and_check,
)
from builder.commands.terminal import show, show_json


@click.command()
@corpora_argument
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def stats(corpora: tuple[Path, ...], form: str) -> None:
    """Count questions, cards and words; find the longest answers.

    Counts are by chapter, kind and level, and by tag. Minutes are the time to read everything once, at 200
    words and 20 lines of code a minute.

    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.
    If you name a file, its chapters are counted. Nothing is written.

    Example: cardpress stats content/flask --format json
    """
    from builder.authoring.stats import count_corpus
    from builder.authoring.stats_report import as_json, as_text

    checked = read_and_check(corpus_folders(corpora), is_rendered=False)
    files = chosen_files(corpora)
    counted = [count_corpus(each.settings, only_chapters(each, files).counts()) for each, _ in checked]
    if form == "json":
        show_json(as_json(counted))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10**6
        show("\n\n".join(as_text(each, width=width) for each in counted))
