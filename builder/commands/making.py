"""Making outputs for a command: with progress on a terminal, and a line for each file at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.corpora import build_time, read_and_check, report
from builder.diagnostics import BuildError
from builder.outputs import OUTPUTS

if TYPE_CHECKING:
    from builder.build import Progress
    from builder.compile import Compiled

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
    printing: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Read, check and build corpora, and tell what was made; settings of printing that are not None count."""
    from builder.build import build as build_corpora

    start = time.perf_counter()
    is_printed = any(OUTPUTS[name].is_printed for name in wanted)
    changes = {name: value for name, value in (printing or {}).items() if value is not None}
    with _Display() as display:
        checked = read_and_check(folders, is_printed=is_printed, on_chapter=display.on_chapter)
        checked = [(_with_printing(corpus, changes), lock) for corpus, lock in checked]
        made = build_corpora(
            checked, wanted, folder, now=build_time(), progress_of=display.progress_of, **options
        )
    report([diagnostic for file in made for diagnostic in file.diagnostics])
    for file in made:
        if not file.missing:
            size = f", {_size(file.path)}" if file.is_output else ""
            click.echo(f"{file.path}: {file.contents}{size}")
    ids = ", ".join(corpus.settings.id for corpus, _ in checked)
    click.echo(f"{ids}: built in {time.perf_counter() - start:.1f} s")
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


class _Display:
    """Shows on a terminal how far a build is; silent where standard error goes elsewhere."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.is_hidden = not sys.stderr.isatty()

    def __enter__(self) -> _Display:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def on_chapter(self, name: str, done: int, of: int) -> None:
        """Show how many chapters of a corpus are read and rendered."""
        if done == 1:
            self.chapters = self._bar(label=f"{name}: rendering", length=of)
        self.chapters().update(1)
        if done == of:
            self.stack.close()

    def progress_of(self, corpus: Compiled) -> Progress:
        """Return what a build of the corpus should tell."""
        from builder.build import Progress

        shown = 0
        bar: Callable[[], Any] = lambda: None  # noqa: E731

        def on_piece(done: int, total: int) -> None:
            nonlocal shown, bar
            if done <= shown or not shown:
                bar, shown = self._bar(label=f"{corpus.settings.id}: setting", length=total), 0
            bar().update(done - shown)
            shown = done if done < total else 0

        return Progress(on_piece=on_piece)

    def _bar(self, **options: Any) -> Callable[[], Any]:
        """Return a function that at its first call opens a bar, and closes the one before."""
        bars: list[Any] = []

        def bar() -> Any:
            if not bars:
                self.stack.close()
                opened = click.progressbar(file=sys.stderr, hidden=self.is_hidden, **options)
                bars.append(self.stack.enter_context(opened))
            return bars[0]

        return bar
