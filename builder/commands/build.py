"""`cardpress build`."""

from __future__ import annotations

from pathlib import Path

import click

from builder.commands.arguments import corpora_argument, corpus_folders
from builder.commands.making import make, output_option
from builder.pipeline.outputs import OUTPUTS, outputs_of


@click.command()
@corpora_argument
@output_option
@click.option(
    "--only",
    "names",
    type=click.Choice(tuple(OUTPUTS)),
    multiple=True,
    help="Make this output only; may be given several times.",
)
@click.option(
    "--renumber",
    "is_renumbered",
    is_flag=True,
    help="Number all questions anew, in their order: before a first release. Updates every card whose number"
    " changes.",
)
@click.option(
    "--locked",
    "is_locked",
    is_flag=True,
    help="Fail where deck.lock would change: for releases, and for continuous integration.",
)
def build(
    corpora: tuple[Path, ...],
    folder: Path,
    names: tuple[str, ...],
    is_renumbered: bool,
    is_locked: bool,
) -> None:
    """Make the corpora's decks, sheets and cards to cut out.

    A CORPUS is a folder with a deck.toml; without one, those that are here are meant.
    Makes all, or what its deck.toml names as outputs. What has an error is left as it was, and the exit
    status is 1.

    Example: cardpress build content/flask --only apkg
    """
    if is_renumbered and names and "apkg" not in names:
        raise click.UsageError("--renumber needs the deck, whose lock keeps the numbers: add --only apkg")
    make(
        corpus_folders(corpora),
        (lambda settings: names) if names else outputs_of,
        folder,
        is_locked=is_locked,
        is_renumbered=is_renumbered,
    )
