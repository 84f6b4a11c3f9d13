"""`cardpress flashcards`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.arguments import corpora_argument, corpus_folders, release_as_of, releases_in
from builder.commands.making import make, output_option
from builder.commands.printing import print_options
from builder.commands.selecting import select_of, selection_options
from builder.corpus.papers import STOCKS, TURNS
from builder.print.layout.imposition import INSET

if TYPE_CHECKING:
    from builder.anki.release import Release
    from builder.pipeline.compile import Compiled
    from builder.print.selection import Selection


class _Millimetres(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """Two lengths, right and down: 0.5,-1."""

    name = "X,Y"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        try:
            x, y = map(float, value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not two lengths in millimetres, as in 0.5,-1", param, ctx)
        if max(abs(x), abs(y)) > INSET:
            self.fail(f"{value!r} is more than the margin of {INSET:g} mm around cards", param, ctx)
        return x, y


def _printed_already(corpus: Compiled, against: str) -> Release:
    packed = releases_in(against, [corpus])
    return release_as_of(corpus, against) if packed is None else packed[corpus.settings.id]


@click.command()
@corpora_argument
@output_option
@click.option("--stock", type=click.Choice(tuple(STOCKS)), help="Override deck.toml.")
@click.option(
    "--turn",
    type=click.Choice(TURNS),
    help="Edge over which the printer turns the paper; fold for a printer that prints on one side only.",
)
@click.option(
    "--offset",
    type=_Millimetres(),
    default=(0, 0),
    help="Move the backs right and down, in millimetres, for a printer that shifts them.",
)
@click.option(
    "--calibrate", is_flag=True, help="Print only a test page that shows which offset your printer needs."
)
@print_options
@selection_options
@click.option(
    "--changed-since",
    "against",
    metavar="FILE|REV",
    help="Only cards that are new or changed since this package or commit.",
)
def flashcards(
    corpora: tuple[Path, ...],
    folder: Path,
    stock: str | None,
    turn: str | None,
    offset: tuple[float, float],
    calibrate: bool,
    chapters: tuple[str, ...],
    chosen_levels: tuple[str, ...],
    tags: tuple[str, ...],
    is_core: bool,
    against: str | None,
) -> None:
    """Print cut-out flashcards.

    Repeated options are alternatives: a card that matches any of them is printed.

    Example: cardpress flashcards content/flask --stock Letter --level junior --changed-since HEAD~3
    """
    select = select_of(corpora, chapters, chosen_levels, tags, is_core)

    def selection_of(corpus: Compiled) -> Selection:
        return replace(select(corpus), since=_printed_already(corpus, against) if against else None)

    names = ("calibration" if calibrate else "flashcards",)
    make(
        corpus_folders(corpora),
        lambda settings: names,
        folder,
        printing={"stock": stock, "turn": turn},
        selection_of=selection_of,
        offset=offset,
    )
