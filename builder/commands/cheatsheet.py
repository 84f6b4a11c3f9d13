"""`cardpress cheatsheet`: the core on one sheet of paper."""

from __future__ import annotations

from pathlib import Path

import click

from builder.commands.arguments import corpora_argument, corpus_folders
from builder.commands.making import make, output_option
from builder.commands.printing import print_options
from builder.commands.selecting import select_of, selection_options
from builder.corpus.papers import PAPERS


@click.command()
@corpora_argument
@output_option
@click.option("--paper", type=click.Choice(tuple(PAPERS)), help="Override deck.toml.")
@click.option(
    "--pages", type=click.IntRange(1, 99), help="Maximum number of pages. What does not fit is listed."
)
@click.option("--all", "is_of_all", is_flag=True, help="Every question, not only the core.")
@click.option("--mono", "is_mono", is_flag=True, help="Print in black and grey.")
@print_options
@selection_options
def cheatsheet(
    corpora: tuple[Path, ...],
    folder: Path,
    paper: str | None,
    pages: int | None,
    is_of_all: bool,
    is_mono: bool,
    chapters: tuple[str, ...],
    chosen_levels: tuple[str, ...],
    tags: tuple[str, ...],
    is_core: bool,
) -> None:
    """Print the cheat-sheet: short answers and tables.

    By default it has the core, on both sides of one sheet of paper. Without a core, or with options, it has
    all that is selected. Repeated options are alternatives: a question that matches any of them is printed.

    Example: cardpress cheatsheet content/flask --paper Letter --mono
    """
    is_chosen = bool(is_of_all or chapters or chosen_levels or tags or is_core)
    make(
        corpus_folders(corpora),
        lambda settings: ("cheatsheet",),
        folder,
        printing={
            "paper": paper,
            "pages": pages,
            "is_mono": is_mono or None,
            "is_of_all": is_chosen or None,
        },
        selection_of=select_of(corpora, chapters, chosen_levels, tags, is_core),
    )
