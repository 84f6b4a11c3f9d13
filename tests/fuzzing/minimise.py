"""Makes a failing case smaller: delta debugging, by lines and then by characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def minimised(case: bytes, fails: Callable[[bytes], bool], *, by_characters: bool = True) -> bytes:
    """Return a case that still fails, and of which no part can be left out; `fails` may give up."""
    case = _fewest(case.splitlines(keepends=True), fails)
    if not by_characters:
        return case
    try:
        parts = [character.encode() for character in case.decode()]
    except UnicodeDecodeError:
        parts = [case[place : place + 1] for place in range(len(case))]
    return _fewest(parts, fails)


def _fewest(parts: Sequence[bytes], fails: Callable[[bytes], bool]) -> bytes:
    """Leave out stretches of parts, half of them at first, as long as what is left fails."""
    size = len(parts) // 2
    while size:
        start = 0
        while start < len(parts):
            fewer = [*parts[:start], *parts[start + size :]]
            if fails(b"".join(fewer)):
                parts = fewer
            else:
                start += size
        size //= 2
    return b"".join(parts)
