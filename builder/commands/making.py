"""Makes outputs for a command, with progress in a terminal and a line for each file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.arguments import Examined, OutputsOf, base_folder, build_time, examine
from builder.commands.findings import show_all
from builder.commands.printing import chosen_printing
from builder.commands.progress import Display
from builder.commands.terminal import say, step
from builder.corpus.model import can_be_folded
from builder.diagnostics import BuildError
from builder.pipeline.outputs import OUTPUTS, concerns
from builder.project import fixable

if TYPE_CHECKING:
    from builder.identity.lock import Lock
    from builder.pipeline.compile import Compiled
    from builder.pipeline.publish import Made
    from builder.print.selection import Selection

output_option = click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: base_folder() / "dist",
    show_default="dist",
    help="Folder to write to.",
)


def make(
    folders: Sequence[Path],
    wanted: OutputsOf,
    folder: Path,
    *,
    is_locked: bool = False,
    is_renumbered: bool = False,
    printing: Mapping[str, Any] | None = None,
    selection_of: Callable[[Compiled], Selection] | None = None,
    part_of: Callable[[Compiled], Selection] | None = None,
    offset: tuple[float, float] = (0, 0),
    is_advice_listed: bool = False,
    then: Callable[[Sequence[Made]], None] | None = None,
) -> None:
    """Read, check and build corpora, and list the files; print settings other than None replace deck.toml's.

    If an output cannot be made, the others are, and `then` is called with them; then exits with status 1.
    """
    from builder.design.styles import read_styles
    from builder.pipeline.prepare import prepare
    from builder.pipeline.publish import Progress, publish
    from builder.print.selection import Selection

    start = time.perf_counter()
    changes = {name: value for name, value in (printing or {}).items() if value is not None}
    changes |= chosen_printing()
    with Display() as display:

        def progress_of(corpus: Compiled) -> Progress:
            name, made = corpus.settings.id, ""

            @contextmanager
            def on_output(output: str) -> Iterator[None]:
                nonlocal made
                made = output
                with step(f"made the {output} of {name}"):
                    yield

            def on_piece(done: int, of: int) -> None:
                if of > 1:  # a single piece, such as the contents, needs no progress bar
                    display.show(f"{name}: setting {made}", done, of)

            return Progress(on_output=on_output, on_piece=on_piece)

        examined = examine(
            folders,
            wanted,
            is_published=True,
            at_risk="error" if is_locked else "warning",
            on_chapter=lambda name, done, of: display.show(f"{name}: rendering chapters", done, of),
        )
        found = [each for corpus in examined for each in corpus.found]
        outlines = [each.corpus.outline for each in examined]
        show_all(found, fixable(found, outlines), is_advice_listed=is_advice_listed, is_made=True)
        orders = [_order(each, wanted, changes) for each in examined]
        ready = [order for order in orders if order.names]
        if not ready:
            raise SystemExit(1)
        now, styles = build_time(), read_styles()
        prepared = [
            prepare(
                order.corpus,
                order.lock,
                styles,
                now=now,
                package=OUTPUTS["apkg"].path(folder, order.corpus.settings.id),
                is_published=any(OUTPUTS[name].is_published for name in order.names),
                is_locked=is_locked,
                is_renumbered=is_renumbered,
            )
            for order in ready
        ]
        names_of = {order.corpus.settings.id: order.names for order in ready}
        made = publish(
            prepared,
            lambda corpus: names_of[corpus.settings.id],
            folder,
            selection_of=selection_of or (lambda corpus: Selection()),
            part_of=part_of or (lambda corpus: Selection()),
            offset=offset,
            progress_of=progress_of,
        )
    show_all(
        [
            *(found for each in prepared for found in each.diagnostics),
            *(found for file in made for found in file.diagnostics),
        ]
    )
    for file in made:
        if not file.missing:
            size = f", {_size(file.path)}" if file.is_output else ""
            say(f"{file.path}: {file.contents}{size}")
    ids = ", ".join(order.corpus.settings.id for order in ready)
    say(f"{ids}: built in {time.perf_counter() - start:.1f} s")
    missing = {file.path.name: file.missing for file in made if file.missing}
    missing |= {name: "fix its errors first" for order in orders for name in order.faulty(folder)}
    problems = [f"no {', '.join(missing)}: {'; '.join(dict.fromkeys(missing.values()))}"] if missing else []
    if then:
        try:
            then(made)
        except BuildError as error:
            problems.append(str(error))
    if problems:
        raise BuildError("; ".join(problems))


@dataclass(frozen=True, slots=True)
class _Order:
    """Outputs to make of a corpus, and its lock."""

    corpus: Compiled
    lock: Lock
    names: Sequence[str]
    """The outputs that have no error."""
    wrong: Sequence[str]
    """Outputs that have an error."""

    def faulty(self, folder: Path) -> Iterator[str]:
        """Yield the names of files that are not made."""
        for name in self.wrong:
            yield OUTPUTS[name].path(folder, self.corpus.settings.id).name


def _order(examined: Examined, wanted: OutputsOf, changes: Mapping[str, Any]) -> _Order:
    """Return the outputs of a corpus: which to make, and which have errors of their own."""
    errors = [found for found in examined.found if found.severity == "error"]
    wrong: list[str] = []
    right: list[str] = []
    for name in wanted(examined.corpus.settings):
        (wrong if any(concerns(error, (name,)) for error in errors) else right).append(name)
    return _Order(_with_printing(examined.corpus, changes), examined.lock, right, wrong)


def _with_printing(corpus: Compiled, changes: Mapping[str, Any]) -> Compiled:
    settings = replace(corpus.settings, print=replace(corpus.settings.print, **changes))
    if changes and not can_be_folded(settings.print):
        stock = settings.print.stock or settings.print.paper
        raise BuildError(
            f"cards on {stock!r} cannot be folded: there is no room for both sides next to each other"
        )
    return replace(corpus, settings=settings)


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} bytes"
