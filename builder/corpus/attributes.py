"""Rewrites the attributes of a heading, `{#id .level .kind tags="…"}`: puts them in order, or adds an id."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r'\s*(?P<word>[#.][^\s}%"]+|[\w:-]+=(?:"(?:\\.|[^"\\])*"|[\w:-]+))')
QUESTION_ID = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
"""Pattern of a question's id: words of letters and digits, joined by hyphens or underscores."""
_LEVELS = (".junior", ".mid", ".senior")
_RANKS = {"was=": 1, "core=": 3, "order=": 5, "hide=": 5, "lang=": 6, "tags=": 7, "allow=": 8}
"""Ranks of values in the standard order; an id has 0, a level 2, the class `.core` 3, any other class 4."""


def in_order(written: str) -> str:
    """Return attributes in their standard order; unchanged if that is not safe."""
    parts = _parts(written)
    # An unknown attribute is a mistake, and cannot be fixed by guessing.
    if parts is None or any(_rank(part) is None for part in parts):
        return written
    ordered = sorted(parts, key=lambda part: _rank(part) or 0)
    return written if ordered == parts else _braces(ordered)


def with_id(written: str, name: str) -> str:
    """Return attributes with an id at the beginning; `written` has no id, and may be empty."""
    rest = written.removeprefix("{").lstrip()
    return f"{{#{name}" + (f" {rest}" if rest.rstrip("}").strip() else "}")


def _braces(parts: Iterable[str]) -> str:
    return f"{{{' '.join(parts)}}}"


def _parts(written: str) -> list[str] | None:
    """Return the attributes one by one; None if the text has anything but ids, classes and values."""
    if not (written.startswith("{") and written.endswith("}")):
        return None
    inner, parts, place = written[1:-1].rstrip(), [], 0
    while place < len(inner):
        match = _WORD.match(inner, place)
        if match is None or (match.end() < len(inner) and not inner[match.end()].isspace()):
            return None
        parts.append(match["word"])
        place = match.end()
    return parts


def _rank(part: str) -> int | None:
    if part.startswith("#"):
        return 0
    if part.startswith("."):
        return 2 if part in _LEVELS else 3 if part == ".core" else 4
    return _RANKS.get(part[: part.index("=") + 1])
