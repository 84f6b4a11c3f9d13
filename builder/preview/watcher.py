"""Notices saves. The only module that knows watchfiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from builder.diagnostics import BuildError

_SETTLED = 20
"""Milliseconds without a change after which a save is complete: editors write, rename and set times."""
_LONGEST = 200
"""Maximum milliseconds until changes are passed on, even if more follow."""
_LOOK_UP = 500
"""Maximum milliseconds until Ctrl-C is noticed."""


class _Shown(DefaultFilter):
    """Skips the hidden temporary files that editors keep beside a file while they write it."""

    def __call__(self, change: Change, path: str) -> bool:
        name = Path(path).name
        return not name.startswith((".", "#")) and super().__call__(change, path)


def saves(folders: Iterable[Path]) -> Iterator[set[Path]]:
    """Yield the files that each save changed, without swap files, until Ctrl-C raises `KeyboardInterrupt`.

    Soon after the first call, an empty set is yielded once: from then on no save is missed.
    Raises `BuildError` if the system cannot watch files.
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
        except RuntimeError as error:  # watchfiles reports too many watches like this
            raise BuildError(
                f"the system does not report saves ({error}): close other programs that watch files, or"
                " raise the system's limit of them"
            ) from error
        if changes is None:
            return
        if changes or not is_begun:
            yield {Path(path) for _, path in changes}
        is_begun = is_begun or not changes
