"""Anchors: places in Markdown files that links lead to, `#its-id` or `other.md#its-id`."""

from __future__ import annotations

import re
from urllib.parse import unquote

from builder.text import marks_of

_LOCAL = re.compile(r"(?:(?:\./)?[^:/?#\\]{1,200}\.(?:md|markdown))?#([^\s#]{1,300})", re.IGNORECASE)
_LEFT_OUT = re.compile(r"[^\w\- ]")


def anchor_in(href: str) -> str:
    """Return the anchor that a link within a corpus leads to; empty if it leads elsewhere."""
    found = _LOCAL.fullmatch(href)
    anchor = unquote(found[1]) if found else ""
    return "" if any(character.isspace() for character in anchor) else anchor


def heading_anchor(words: str) -> str:
    """Return the anchor that code hosts and editors give a heading."""
    return _LEFT_OUT.sub(lambda found: marks_of(found[0]), words.strip().lower()).replace(" ", "-")
