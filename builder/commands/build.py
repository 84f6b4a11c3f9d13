"""`cardpress build`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import corpora_argument, corpus_folders
from builder.commands.making import make, output_option
from builder.commands.opening import open_in_anki
from builder.commands.rebuilding import build_at_every_save
from builder.commands.selecting import select_of, selection_options
from builder.diagnostics import BuildError
from builder.pipeline.outputs import OUTPUTS, outputs_of

if TYPE_CHECKING:
    from builder.pipeline.publish import Made


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
@click.option("--watch", "is_watching", is_flag=True, help="Build again after every save, until Ctrl-C.")
@click.option(
    "--open", "is_opened", is_flag=True, help="Open the deck in Anki, which imports it; with --watch, once."
)
@selection_options
def build(
    corpora: tuple[Path, ...],
    folder: Path,
    names: tuple[str, ...],
    is_renumbered: bool,
    is_locked: bool,
    is_watching: bool,
    is_opened: bool,
    chapters: tuple[str, ...],
    chosen_levels: tuple[str, ...],
    tags: tuple[str, ...],
    is_core: bool,
) -> None:
    """Build decks, sheets, handbooks and flashcards.

    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.
    Makes all outputs, or those that deck.toml names. An output with an error is not written, and the exit
    status is 1.

    With --core, --level, --chapter or --tag, it makes a deck of that part, for example
    flask-core.apkg. Learners may import parts and the whole in any order.

    With --watch, every save prints all problems, warnings too, and builds again.

    Example: cardpress build content/flask --only apkg
    """
    is_part = bool(is_core or chosen_levels or chapters or tags)
    if is_part and {*names} - {"apkg"}:
        raise click.UsageError(
            "--core, --level, --chapter and --tag select what goes into a deck: do not give another"
            " output with --only"
        )
    if is_renumbered and names and "apkg" not in names:
        raise click.UsageError("--renumber needs the deck, whose lock keeps the numbers: add --only apkg")
    if is_renumbered and is_watching:
        raise click.UsageError("--renumber is done once: build without --watch")
    if is_opened and names and not _PACKAGES.intersection(names):
        raise click.UsageError("--open needs the deck: add --only apkg")
    chosen = names or (("apkg",) if is_part else ())
    folders = corpus_folders(corpora)
    opened: set[Path] = set()

    def open_decks(made: Sequence[Made]) -> None:
        for path in _decks(made):
            if path not in opened:
                open_in_anki(path)
                opened.add(path)

    def build_once() -> None:
        make(
            folders,
            (lambda settings: chosen) if chosen else outputs_of,
            folder,
            is_locked=is_locked,
            is_renumbered=is_renumbered,
            part_of=select_of((), chapters, chosen_levels, tags, is_core),
            is_advice_listed=is_watching,
            then=open_decks if is_opened else None,
        )

    if is_watching:
        build_at_every_save(folders, folder, build_once)
    else:
        build_once()


_PACKAGES = frozenset(name for name, output in OUTPUTS.items() if output.is_published)


def _decks(made: Sequence[Made]) -> list[Path]:
    """Return the packages to open: for each corpus the whole one, or else a part."""
    packages = [file.path for file in made if file.path.suffix == ".apkg" and not file.missing]
    core = OUTPUTS["core"].suffix
    whole = {path.name for path in packages}
    decks = [path for path in packages if path.name.removesuffix(core) + ".apkg" not in whole - {path.name}]
    if not decks:
        raise BuildError("no deck was made, so --open has nothing to open: add --only apkg")
    return decks
