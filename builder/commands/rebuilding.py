"""Builds again after every save, until Ctrl-C: `cardpress build --watch`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import click

from builder.commands.terminal import say, show, tell_fault
from builder.diagnostics import BuildError
from builder.runtime.workers import end_workers


def build_at_every_save(folders: Sequence[Path], output: Path, build: Callable[[], None]) -> None:
    """Build now, and after every save in one of the folders; an error waits for the next save."""
    from builder.preview.watcher import saves

    try:
        # The first set is empty and starts watching, so that saves during a build are built next.
        for changed in saves(folders):
            names = sorted({path.name for path in _sources(changed, folders, output)})
            if changed and not names:
                continue
            if names:
                say(f"{', '.join(names)}: saved")
            _build_once(build)
            say("waiting for a save; Ctrl-C ends it")
    except KeyboardInterrupt:
        end_workers()
        show("")


def _build_once(build: Callable[[], None]) -> None:
    """Build; print the reason if it stops, and continue."""
    try:
        build()
    except SystemExit:
        pass  # its errors are printed
    except click.ClickException as error:
        show(f"Error: {error.format_message()}", err=True)
    except (BuildError, OSError) as error:  # also a file that is gone again
        show(f"Error: {error}", err=True)
    except Exception as error:
        tell_fault(error)


def _sources(changed: Iterable[Path], folders: Sequence[Path], output: Path) -> Iterator[Path]:
    """Yield the changed files that a build reads and did not write."""
    from builder.corpus.files import LOCK_FILE

    made, roots = output.resolve(), [folder.resolve() for folder in folders]
    for path in changed:
        resolved = path.resolve()
        inside = [resolved.relative_to(root) for root in roots if resolved.is_relative_to(root)]
        is_hidden = any(part.startswith(".") for each in inside for part in each.parts)  # the cache
        if not (resolved.is_relative_to(made) or is_hidden or path.name == LOCK_FILE):
            yield path
