"""`cardpress studysheet`: the study sheet, or the handbook."""

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
@click.option("--columns", type=click.Choice(("3", "2")), help="3 (landscape) or 2 (portrait).")
@click.option("--handbook", "is_handbook", is_flag=True, help="The full answers, in one column, for reading.")
@print_options
@selection_options
def studysheet(
    corpora: tuple[Path, ...],
    folder: Path,
    paper: str | None,
    columns: str | None,
    is_handbook: bool,
    chapters: tuple[str, ...],
    chosen_levels: tuple[str, ...],
    tags: tuple[str, ...],
    is_core: bool,
) -> None:
    """Print the study sheet, or the handbook.

    Repeated options are alternatives: a question that matches any of them is printed.

    Example: cardpress studysheet content/flask --paper Letter --columns 2 --level junior
    """
    changes = {"paper": paper, "columns": int(columns) if columns else None}
    names = ("handbook" if is_handbook else "studysheet",)
    make(
        corpus_folders(corpora),
        lambda settings: names,
        folder,
        printing=changes,
        selection_of=select_of(corpora, chapters, chosen_levels, tags, is_core),
    )
