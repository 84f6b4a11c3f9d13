"""Making outputs for a command: with progress on a terminal, and a line for each file at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.arguments import build_time, read_and_check, report
from builder.commands.progress import Display
from builder.commands.terminal import say, step
from builder.diagnostics import BuildError
from builder.pipeline.outputs import OUTPUTS

if TYPE_CHECKING:
    from builder.pipeline.compile import Compiled
    from builder.print.selection import Selection

output_option = click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="The folder to write to.",
)


def make(
    folders: Sequence[Path],
    wanted: Sequence[str],
    folder: Path,
    *,
    is_locked: bool = False,
    is_renumbered: bool = False,
    printing: Mapping[str, Any] | None = None,
    selection_of: Callable[[Compiled], Selection] | None = None,
    offset: tuple[float, float] = (0, 0),
) -> None:
    """Read, check and build corpora, and tell what was made; settings of printing that are not None count."""
    from builder.design.styles import read_styles
    from builder.pipeline.prepare import prepare
    from builder.pipeline.publish import Progress, publish
    from builder.print.selection import Selection

    start = time.perf_counter()
    is_printed = any(OUTPUTS[name].is_printed for name in wanted)
    changes = {name: value for name, value in (printing or {}).items() if value is not None}
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
                if of > 1:  # a single piece, such as the contents, is no stage
                    display.show(f"{name}: setting {made}", done, of)

            return Progress(on_output=on_output, on_piece=on_piece)

        checked = read_and_check(
            folders,
            is_printed=is_printed,
            is_published=True,
            at_risk="error" if is_locked else "warning",
            on_chapter=lambda name, done, of: display.show(f"{name}: rendering chapters", done, of),
        )
        checked = [(_with_printing(corpus, changes), lock) for corpus, lock in checked]
        now, styles = build_time(), read_styles()
        prepared = [
            prepare(
                corpus,
                lock,
                styles,
                now=now,
                package=OUTPUTS["apkg"].path(folder, corpus.settings.id),
                is_published=any(OUTPUTS[name].is_published for name in wanted),
                is_locked=is_locked,
                is_renumbered=is_renumbered,
            )
            for corpus, lock in checked
        ]
        made = publish(
            prepared,
            wanted,
            folder,
            selection_of=selection_of or (lambda corpus: Selection()),
            offset=offset,
            progress_of=progress_of,
        )
    report([diagnostic for file in made for diagnostic in file.diagnostics])
    for file in made:
        if not file.missing:
            size = f", {_size(file.path)}" if file.is_output else ""
            say(f"{file.path}: {file.contents}{size}")
    ids = ", ".join(corpus.settings.id for corpus, _ in checked)
    say(f"{ids}: built in {time.perf_counter() - start:.1f} s")
    missing = [file for file in made if file.missing]
    if missing:
        names = ", ".join(file.path.name for file in missing)
        reasons = "; ".join(dict.fromkeys(file.missing for file in missing))
        raise BuildError(f"no {names}: {reasons}")


def _with_printing(corpus: Compiled, changes: Mapping[str, Any]) -> Compiled:
    settings = replace(corpus.settings, print=replace(corpus.settings.print, **changes))
    return replace(corpus, settings=settings)


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} bytes"
