"""Notices saves: the only module that knows watchfiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from builder.diagnostics import BuildError

_SETTLED = 20
"""Milliseconds without a change after which a save is over: an editor writes, renames and sets the time."""
_LONGEST = 200
"""Milliseconds after which changes are passed on all the same."""
_LOOK_UP = 500
"""Milliseconds after which Ctrl-C is noticed at the latest."""


class _Shown(DefaultFilter):
    """Passes over what editors keep beside a file while it is written: hidden, and gone in a moment."""

    def __call__(self, change: Change, path: str) -> bool:
        name = Path(path).name
        return not name.startswith((".", "#")) and super().__call__(change, path)


def saves(folders: Iterable[Path]) -> Iterator[set[Path]]:
    """Yield what each save changed, swap files left out, until Ctrl-C raises `KeyboardInterrupt`.

    Once, soon after the first call, nothing is yielded: from then on no save is missed.
    Raises `BuildError` where the system does not tell of saves.
    """
    found = watch(
        *folders,
        watch_filter=_Shown(),
        step=_SETTLED,
        debounce=_LONGEST,
        rust_timeout=_LOOK_UP,
        raise_interrupt=True,
        yield_on_timeout=True,
    )
    is_begun = False
    while True:
        try:
            changes = next(found, None)
        except RuntimeError as error:  # as watchfiles says that there are too many watches already
            raise BuildError(
                f"the system does not tell of saves ({error}): close other programs that watch files, or"
                " raise the system's limit of them"
            ) from error
        if changes is None:
            return
        if changes or not is_begun:
            yield {Path(path) for _, path in changes}
        is_begun = is_begun or not changes
