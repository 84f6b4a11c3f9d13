"""Divides HTML that is too tall: between blocks if possible, otherwise between words, or within a word.

Every part is complete HTML. Elements that are open at its end are closed, and opened again in the next part,
marked as continued. Only content that cannot be divided, such as a formula, is set smaller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from builder.print.engine.press import LaidOut, Places, Press

_TOKEN = re.compile(r"<[^>]*>|\n|[^\S\n]+|&#?\w+;|[^<&\s]{1,12}|[<&]")
"""A tag, a line break, space, an entity, a word or a part of a long one."""
_SIZE = re.compile(r"((?:font-size|--code): )([\d.]+)pt")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_VOID = ("br", "hr", "img")
_IMAGE_WITH_BOXES = '<div class="occlusion'
"""Beginning of the tag of an image with boxes on it, which stay together."""
_BLOCKS = frozenset(
    {
        *_HEADINGS,
        *("blockquote", "dd", "div", "dl", "dt", "header", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"),
    }
)
_BLOCK, _IMAGE, _FORMULA, _LINE = 20, 400, 10, 40
"""Approximate heights, in characters of text: the space of a block, an image, a formula, a line of code."""
_DEEPER, _SPACE, _IN_LINE, _WITHIN, _HEADING, _HEAD = 0.01, 0.1, 0.3, 0.4, 0.3, 0.5
"""Costs of dividing, as shares of the whole: for each level of depth, at a space, within a line of code,
within a word, after a heading or within it, within a table's head."""
_SPARE = 1.05
"""Safety factor for the heights of parts, because characters measure the height of text only roughly."""
_LEAST = 0.2
"""Minimum factor by which text that cannot be divided is made smaller in one round."""
_ROUNDS = 16


@dataclass
class _Open:
    """An element that is open at a token, and facts about its content before that token."""

    name: str
    place: int
    """Index of its opening tag among the tokens."""
    children: int = 0
    """Number of items or cells that began in it."""
    head: str = ""
    """A table's head, after it is closed."""


def divide(html: str, parts: int) -> list[str]:
    """Divide HTML into about as many parts, of similar height; return it whole if it cannot be divided."""
    divided: list[str] = []
    while parts > 1 and (halves := _halves(html, 1 / parts)):
        first, html = halves
        divided.append(first)
        parts -= 1
    return [*divided, html]


def _halves(html: str, share: float) -> tuple[str, str] | None:
    """Divide HTML in two, the first with about a share of it; return None if it cannot be divided."""
    tokens = _TOKEN.findall(html)
    place = _best_place(tokens, share)
    return _parted(tokens, place) if place else None


def _best_place(tokens: Sequence[str], share: float) -> int:
    """Return the index of the token before which to divide; 0 if there is none."""
    weights = list(accumulate(map(_weight, tokens), initial=0.0))
    shown = list(accumulate(map(_is_shown, tokens), initial=0))
    total = weights[-1] or 1
    ways = (
        (cost + abs(weights[place] / total - share), place)
        for place, cost in _places(tokens)
        if 0 < shown[place] < shown[-1]
    )
    return min(ways, default=(0, 0))[1]


def _is_shown(token: str) -> bool:
    return token.startswith("<img") if token.startswith("<") else not token.isspace()


def _places(tokens: Sequence[str]) -> Iterator[tuple[int, float]]:
    """Yield the places where HTML may be divided, with their costs."""
    open_: list[str] = []
    last = solid = ""
    for place, token in enumerate(tokens):
        cost = None if _IMAGE_WITH_BOXES in open_ else _cost(token, last, solid, open_)
        if cost is not None:
            yield (
                place,
                cost
                + _DEEPER * len(open_)
                + (_HEAD if "thead" in open_ else 0)
                + (_HEADING if any(name in _HEADINGS for name in open_) else 0),
            )
        name = _name(token)
        if token.startswith("</"):
            open_ = open_[:-1]
        elif name and name not in _VOID:
            open_.append(_IMAGE_WITH_BOXES if token.startswith(_IMAGE_WITH_BOXES) else name)
        last = token
        if not token.isspace():
            solid = token


def _cost(token: str, last: str, solid: str, open_: Sequence[str]) -> float | None:
    """Return the cost of dividing before a token; None if that is not possible.

    Given are the token before it, the last one that is not space, and the elements around it.
    """
    name, is_after_start = _name(token), bool(_name(solid)) and not solid.startswith("</")
    is_after_start = is_after_start and _name(solid) not in _VOID
    if token.startswith("</") or not solid or is_after_start:
        return None
    if open_ and open_[-1] in ("table", "thead", "tbody", "tr"):
        # A table is divided before a row, or within a cell.
        return 0.0 if name == "tr" and open_[-1] == "tbody" else None
    if "pre" in open_:
        if last == "\n" or token == "\n":
            return 0.0 if last == "\n" else None
        return _IN_LINE if token.isspace() else _WITHIN
    if name in _BLOCKS:
        return _HEADING if _name(solid) in _HEADINGS else 0.0
    if token.isspace():
        return _SPACE
    return None if last.isspace() or last.startswith("</") else _WITHIN


def _name(token: str) -> str:
    """Return the name of a tag's element; empty for other tokens."""
    tag = _TAG.match(token)
    return tag[2] if tag else ""


def _weight(token: str) -> float:
    if token == "\n":
        return _LINE / 2
    if not token.startswith("<"):
        return len(token)
    if token.startswith("<img"):
        return _FORMULA if 'class="formula"' in token else _IMAGE
    return _BLOCK if _name(token) in _BLOCKS and not token.startswith("</") else 0


def _parted(tokens: Sequence[str], place: int) -> tuple[str, str]:
    """Divide before a token; elements that are open there continue in the second part."""
    open_ = _open_at(tokens, place)
    first, rest = list(tokens[:place]), list(tokens[place:])
    is_code = any(each.name == "pre" for each in open_)
    for each in open_:
        if each.name == "pre":
            first[each.place] = _with_class(first[each.place], "parted")
    if not is_code:
        while rest and rest[0].isspace():
            del rest[0]
    reopened = "".join(_again(tokens, open_, depth) for depth in range(len(open_)))
    for each in open_:
        if each.name in _HEADINGS:
            end = rest.index(f"</{each.name}>")
            rest[end] = "</p>"
    ends = "".join(f"</{each.name}>" for each in reversed(open_))
    return "".join(first).rstrip() + ends, reopened + "".join(rest)


def _open_at(tokens: Sequence[str], place: int) -> list[_Open]:
    """Return the elements that are open before a token, the outermost first."""
    open_: list[_Open] = []
    for number, token in enumerate(tokens[:place]):
        name = _name(token)
        if not name or name in _VOID:
            continue
        if not token.startswith("</"):
            if open_ and name in ("li", "td", "th"):
                open_[-1].children += 1
            open_.append(_Open(name, number))
        elif open_:
            closed = open_.pop()
            if name == "thead" and open_:
                open_[-1].head = "".join(tokens[closed.place : number + 1])
    return open_


def _again(tokens: Sequence[str], open_: Sequence[_Open], depth: int) -> str:
    """Return the tag that opens an element again, with its repeated content, such as a table's head."""
    each = open_[depth]
    is_within = depth + 1 < len(open_)
    tag = re.sub(r' id="[^"]*"', "", tokens[each.place])
    match each.name:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return '<p class="goes-on">'
        case "ol":
            start = re.search(r'start="(\d+)"', tag)
            number = (int(start[1]) if start else 1) + each.children - is_within
            return re.sub(r' start="\d+"', "", tag).replace("<ol", f'<ol start="{number}"', 1)
        case "li" | "pre":
            return _with_class(tag, "going-on")
        case "table":
            return tag + (each.head if is_within else "")
        case "tr":
            return tag + "<td></td>" * (each.children - is_within)
    return tag


def _with_class(tag: str, name: str) -> str:
    """Return a tag with a class added at the end."""
    if found := re.search(r'class="([^"]*)"', tag):
        names = dict.fromkeys((*found[1].split(), name))
        return tag.replace(found[0], f'class="{" ".join(names)}"', 1)
    return tag.replace(">", f' class="{name}">', 1)


def smaller(html: str, factor: float) -> str:
    """Return HTML with smaller text, and smaller lengths that depend on it."""
    factor = max(factor, _LEAST)
    scaled = _SIZE.sub(lambda size: f"{size[1]}{float(size[2]) * factor:.3f}pt", html)
    if scaled.startswith("<div") and _SIZE.search(scaled[: scaled.index(">")]):
        return scaled
    return f'<div style="font-size: {factor:.3f}em">{scaled}</div>'


def parts_that_fit(
    press: Press, pieces: Mapping[str, float], width: float, places: Places
) -> dict[str, list[LaidOut]]:
    """Return pieces divided into parts of at most the given heights, in pixels.

    A piece that fits is its only part.
    """
    parts = {html: [html] for html in pieces}
    settled: dict[str, LaidOut] = {}
    for round_ in range(_ROUNDS):
        known = {part: html for html in pieces for part in parts[html] if part not in settled}
        if not known:
            break
        where = {part: places[html] for part, html in known.items() if html in places}
        instead: dict[str, list[str]] = {}
        for part, piece in zip(known, press.lay_out(list(known), width, where), strict=True):
            room = pieces[known[part]]
            if piece.height <= room:
                settled[part] = piece
                continue
            found = divide(part, ceil(piece.height * _SPARE / room))
            instead[part] = found if len(found) > 1 else [_reduced(part, room / piece.height, round_)]
        for html in pieces:
            parts[html] = [each for part in parts[html] for each in instead.get(part, [part])]
    return {html: [settled[part] for part in parts[html] if part in settled] for html in pieces}


def _reduced(html: str, share: float, round_: int) -> str:
    """Return HTML that cannot be divided in a smaller size; in the end, a placeholder if no size fits."""
    return "<p>…</p>" if round_ > _ROUNDS - 3 else smaller(html, 0.95 * share)
