"""`cardpress flashcards`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.arguments import corpora_argument, corpus_folders, release_as_of, releases_in
from builder.commands.completers import OneOf, complete_chapter_names, complete_tags, levels
from builder.commands.making import make, output_option
from builder.corpus.papers import STOCKS, TURNS
from builder.diagnostics import BuildError
from builder.print.layout.imposition import INSET

if TYPE_CHECKING:
    from builder.anki.release import Release
    from builder.corpus.model import Outline
    from builder.pipeline.compile import Compiled


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
            self.fail(f"cards have {INSET:g} mm of room around them: {value!r} is more", param, ctx)
        return x, y


def _know_names(corpus: Outline, chapters: Sequence[str], tags: Sequence[str]) -> None:
    """Refuse names of which the corpus has nothing: more often than not, they are misspelt."""
    from difflib import get_close_matches

    slugs = [chapter.slug for chapter in corpus.chapters]
    numbers = [form for chapter in corpus.chapters for form in (f"{chapter.number}", f"{chapter.number:02}")]
    used = {tag for question in corpus.questions() for tag in question.tags}
    nested = {
        "::".join(parts[:end]) for parts in (tag.split("::") for tag in used) for end in range(1, len(parts))
    }
    for kind, names, known, others in (
        ("chapter", chapters, slugs, numbers),
        ("tag", tags, sorted(used), sorted(nested)),
    ):
        for name in names:
            if name not in (*known, *others):
                near = get_close_matches(name, known, n=1)
                there = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
                raise BuildError(f"{corpus.settings.id!r} has no {kind} {name!r}: {there}")


def _printed_already(corpus: Compiled, against: str) -> Release:
    packed = releases_in(against, [corpus.settings.id])
    return release_as_of(corpus, against) if packed is None else packed[corpus.settings.id]


@click.command()
@corpora_argument
@output_option
@click.option("--stock", type=click.Choice(tuple(STOCKS)), help="Instead of what deck.toml says.")
@click.option(
    "--turn",
    type=click.Choice(TURNS),
    help="The edge over which the printer turns the paper; or fold, for a printer that prints on one side.",
)
@click.option(
    "--offset",
    type=_Millimetres(),
    default=(0, 0),
    help="Move the backs right and down, in millimetres, for a printer that shifts them.",
)
@click.option(
    "--calibrate", is_flag=True, help="Make a page that shows the offset your printer needs, instead."
)
@click.option(
    "--chapter",
    "chapters",
    multiple=True,
    shell_complete=complete_chapter_names,
    help="Only this one, by number or name.",
)
@click.option("--level", "chosen_levels", type=OneOf(levels), multiple=True, help="Only this one.")
@click.option(
    "--tag", "tags", multiple=True, shell_complete=complete_tags, help="Only questions with this tag."
)
@click.option(
    "--changed-since",
    "against",
    metavar="FILE|REV",
    help="Only what is new or other than in an older package, or commit.",
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
    against: str | None,
) -> None:
    """Print cards to cut out. Of several chapters, levels or tags, one is enough.

    Example: cardpress flashcards content/flask --stock Letter --level junior --changed-since HEAD~3
    """
    from builder.print.selection import Selection

    def selection_of(corpus: Compiled) -> Selection:
        _know_names(corpus.outline, chapters, tags)
        return Selection(
            chapters=frozenset(chapters),
            levels=frozenset(chosen_levels),
            tags=frozenset(tags),
            since=_printed_already(corpus, against) if against else None,
        )

    names = ("calibration" if calibrate else "flashcards",)
    make(
        corpus_folders(corpora),
        lambda settings: names,
        folder,
        printing={"stock": stock, "turn": turn},
        selection_of=selection_of,
        offset=offset,
    )
