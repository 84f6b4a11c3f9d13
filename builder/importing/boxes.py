"""Reads handwritten multiple choice: lines with `[ ]` on the front, and `[x]` on the back."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"^[ \t]*(?:\\?[-*+•–][ \t]+)?\\?\[(?P<box>[ xX]?)\\?\][ \t]+(?P<text>\S.*?)(?:\\)?$", re.MULTILINE
)
_LEAST = 2
"""Minimum options of a choice."""


def as_choice(context: str, answer: str) -> tuple[str, str] | None:
    """Return context and answer for a `.choice`, if the lines have one right option; else None."""
    front, back = _options(context), _options(answer)
    options = front or back
    right = [text for text, is_right in back if is_right]
    texts = [text for text, _ in options]
    if len(right) != 1 or len({*texts}) < max(_LEAST, len(texts)) or right[0] not in texts:
        return None
    if front and (any(is_right for _, is_right in front) or not {text for text, _ in back} <= {*texts}):
        return None
    listed = "\n".join(f"- [{'x' if text == right[0] else ' '}] {text}" for text in texts)
    rest = _without(answer)
    return _without(context), f"{listed}\n\n{rest}" if rest else listed


def _options(markdown: str) -> list[tuple[str, bool]]:
    """Return the texts of lines with boxes, and which are marked."""
    return [(found["text"].strip(), found["box"] in ("x", "X")) for found in _LINE.finditer(markdown)]


def _without(markdown: str) -> str:
    """Return the text without lines that have boxes."""
    text = re.sub(r"\n{3,}", "\n\n", _LINE.sub("", markdown)).strip("\n")
    return re.sub(r"\\(?=\n\n|\Z)", "", text).strip("\n")
