"""Fills Anki's card templates as Anki's backend does, for the preview.

It supports what the templates of cardpress use: fields, conditionals, FrontSide, the filters cloze and type.
Tests compare every card with that of the real backend.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

_TAG = re.compile(r"\{\{([^{}]+)\}\}")
_EMPTY = re.compile(r"(?:\s|</?(?:br|div) ?/?>)*", re.IGNORECASE)
"""Matches a field that Anki treats as empty."""
_GAP = re.compile(r"\{\{c([0-9]+)::|\}\}")
_MATHS = re.compile(r"(\\[(\[])(.*?)(\\[)\]])", re.DOTALL)
_ELEMENT = re.compile(r"<[^>]*>")
_FRONT_SIDE = "FrontSide"
_HINT = "..."


@dataclass(frozen=True, slots=True)
class Sides:
    """Front and back of a card, as HTML; `[[type:Field]]` is the placeholder of an input box."""

    front: str
    back: str


def fill_card(front: str, back: str, fields: Mapping[str, str], ordinal: int) -> Sides:
    """Fill the two templates of a card with its note's fields.

    `ordinal` is that of the card template, or the cloze number minus one.
    """
    shown = _fill(front, fields, ordinal + 1, is_question=True)
    return Sides(shown, _fill(back, {**fields, _FRONT_SIDE: shown}, ordinal + 1, is_question=False))


def _fill(template: str, fields: Mapping[str, str], number: int, *, is_question: bool) -> str:
    """Fill one template. Raises `ValueError` if it is not valid."""
    filled: list[str] = []
    hidden_by: list[tuple[str, bool]] = []
    place = 0
    for tag in _TAG.finditer(template):
        is_hidden = any(hidden for _, hidden in hidden_by)
        filled.append("" if is_hidden else template[place : tag.start()])
        place = tag.end()
        mark, name = tag[1][0], tag[1][1:].strip()
        if mark in "#^":
            hidden_by.append((name, _is_empty(fields[name]) == (mark == "#")))
        elif mark == "/":
            opened, _ = hidden_by.pop()
            if opened != name:
                raise ValueError(f"{{{{/{name}}}}} closes {{{{#{opened}}}}}")
        elif not is_hidden:
            filled.append(_replacement(tag[1].strip(), fields, number, is_question=is_question))
    if hidden_by:
        raise ValueError(f"{{{{#{hidden_by[-1][0]}}}}} is not closed")
    return "".join(filled) + template[place:]


def _is_empty(html: str) -> bool:
    return _EMPTY.fullmatch(html) is not None


def _replacement(tag: str, fields: Mapping[str, str], number: int, *, is_question: bool) -> str:
    *filters, name = tag.split(":")
    text = fields[name]
    for name_of_filter in reversed(filters):
        match name_of_filter:
            case "cloze":
                text = _without_elements_in_maths(reveal(text, number, is_question=is_question))
            case "type":
                text = f"[[{tag}]]"
            case _:
                raise ValueError(f"no filter {name_of_filter!r} is known")
    return text


@dataclass(slots=True)
class _Deletion:
    """A cloze deletion that is being read, with its content so far."""

    number: int
    parts: list[str | _Deletion] = field(default_factory=list)
    hint: str = ""


def reveal(html: str, number: int, *, is_question: bool) -> str:
    """Return a text in which the cloze deletions with a number are hidden, and all others are filled."""
    return "".join(_revealed(_deletions(html), number, is_question=is_question))


def _deletions(html: str) -> list[str | _Deletion]:
    """Divide a field into its text and its cloze deletions."""
    around: list[_Deletion] = []
    top: list[str | _Deletion] = []
    place = 0
    for mark in _GAP.finditer(html):
        parts = around[-1].parts if around else top
        text = html[place : mark.start()]
        place = mark.end()
        if mark[1]:
            parts.append(text)
            around.append(_Deletion(int(mark[1])))
        elif around:
            words, *hint = text.split("::", 1)
            around[-1].hint = hint[0] if hint else ""
            parts.append(words)
            deletion = around.pop()
            (around[-1].parts if around else top).append(deletion)
        else:
            parts.append(text + mark[0])
    return [*top, html[place:]]


def _revealed(parts: list[str | _Deletion], number: int, *, is_question: bool) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
            continue
        within = "".join(_revealed(part.parts, number, is_question=is_question))
        if part.number != number:
            yield f'<span class="cloze-inactive" data-ordinal="{part.number}">{within}</span>'
        elif is_question:
            yield (
                f'<span class="cloze" data-cloze="{escape(within)}" data-ordinal="{part.number}">'
                f"[{part.hint or _HINT}]</span>"
            )
        else:
            yield f'<span class="cloze" data-ordinal="{part.number}">{within}</span>'


def _without_elements_in_maths(html: str) -> str:
    return _MATHS.sub(lambda maths: maths[1] + _ELEMENT.sub("", maths[2]) + maths[3], html)
