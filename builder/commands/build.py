"""`cardpress build`."""

from __future__ import annotations

from pathlib import Path

import click

from builder.commands.arguments import corpora_argument, corpus_folders
from builder.commands.making import make, output_option
from builder.commands.selecting import select_of, selection_options
from builder.pipeline.outputs import OUTPUTS, outputs_of


@click.command()
@corpora_argument
@output_option
@click.option(
    "--only",
    "names",
    type=click.Choice(tuple(OUTPUTS)),
    multiple=True,
    help="Make only this output. Can be repeated.",
)
@click.option(
    "--renumber",
    "is_renumbered",
    is_flag=True,
    help="Renumber all questions in order. Only before a first release: it updates every card whose number"
    " changes.",
)
@click.option(
    "--locked",
    "is_locked",
    is_flag=True,
    help="Fail if deck.lock would change. For releases and continuous integration.",
)
@selection_options
def build(
    corpora: tuple[Path, ...],
    folder: Path,
    names: tuple[str, ...],
    is_renumbered: bool,
    is_locked: bool,
    chapters: tuple[str, ...],
    chosen_levels: tuple[str, ...],
    tags: tuple[str, ...],
    is_core: bool,
) -> None:
    """Build decks, sheets, handbooks and flashcards.

    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.
    Makes all outputs, or those that deck.toml names. An output with an error is not written, and the exit
    status is 1.

    With --core, --level, --chapter or --tag, it makes a deck of that part, called flask-core.apkg and the
    like. Learners may import parts and the whole in any order.

    Example: cardpress build content/flask --only apkg
    """
    is_part = bool(is_core or chosen_levels or chapters or tags)
    if is_part and {*names} - {"apkg"}:
        raise click.UsageError(
            "--core, --level, --chapter and --tag choose what is in a deck: name no other output with --only"
        )
    if is_renumbered and names and "apkg" not in names:
        raise click.UsageError("--renumber needs the deck, whose lock keeps the numbers: add --only apkg")
    chosen = names or (("apkg",) if is_part else ())
    make(
        corpus_folders(corpora),
        (lambda settings: chosen) if chosen else outputs_of,
        folder,
        is_locked=is_locked,
        is_renumbered=is_renumbered,
        part_of=select_of((), chapters, chosen_levels, tags, is_core),
    )
