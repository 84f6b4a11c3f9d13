"""Notices saves: the only module that knows watchfiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchfiles import watch

_SETTLED = 10
"""Milliseconds without a change after which a save is over: an editor writes, renames and sets the time."""
_LONGEST = 200
"""Milliseconds after which changes are passed on all the same."""


def saves(folders: Iterable[Path]) -> Iterator[set[Path]]:
    """Yield what each save changed, swap files left out, until Ctrl-C raises `KeyboardInterrupt`."""
    for changes in watch(*folders, step=_SETTLED, debounce=_LONGEST, rust_timeout=500, raise_interrupt=True):
        yield {Path(path) for _, path in changes}
