"""Text of two directions: runs that cross elements, put in order for WeasyPrint.

In a line, WeasyPrint orders boxes by the direction of their parent, and Pango orders the characters of each
box. So in an Arabic paragraph, "10<sup>38</sup>" would have the power before its base, and the parts of an
English phrase with a bold word would be in the opposite order. An element around such a run, with the run's
own direction, gives the order of Unicode's rules (UAX #9), as in browsers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import bidirectional

from builder.design.language import Direction

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|<[^>]*>|[^<]+")
_DIRECTION = re.compile(r'\sdir="(ltr|rtl)"')
_ENTITY = re.compile(r"&#?\w+;")
_VOID = frozenset(("br", "col", "hr", "img", "input", "link", "meta", "wbr"))
_INLINE = frozenset(
    ["a", "abbr", "b", "em", "i", "kbd", "mark", "s", "small", "span", "strong", "sub", "sup", "u"]
)
_ISOLATED = frozenset(("code", "img"))
"""Inline elements with their own direction: they are neutral for the text around them."""
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_CLASSES = {
    "L": "L",
    "R": "R",
    "AL": "R",
    "EN": "D",
    "AN": "D",
    "ES": "S",
    "CS": "S",
}
"""Classes of characters, by Unicode class: letters, digits, number separators. All others are neutral."""
_NUMBER = "D(?:S?D)*"
_RUNS = {
    "rtl": re.compile(rf"(?:{_NUMBER})?L(?:[LDSN]*[LD])?|{_NUMBER}"),
    "ltr": re.compile("R(?:[RDSN]*[RD])?"),
}
"""Runs of the other direction, by base direction: up to their last letter, or a number after it."""
_OPPOSITE: dict[Direction, Direction] = {"ltr": "rtl", "rtl": "ltr"}


@dataclass(slots=True)
class _Element:
    name: str
    start: str
    base: Direction
    children: list[_Element | str] = field(default_factory=list)
    end: str = ""

    @property
    def is_inline(self) -> bool:
        return self.name in _INLINE and _DIRECTION.search(self.start) is None


def in_reading_order(html: str, base: Direction) -> str:
    """Return HTML in which no run of text in the other direction crosses the edge of an element.

    `base` is the direction of the whole. If a run begins or ends within an element with letters of both
    directions, it does not include that element.
    """
    if base == "ltr" and not _RIGHT_TO_LEFT.search(html):
        return html
    tree = _read(html, base)
    return "".join(_written(tree)) if tree else html


def _read(html: str, base: Direction) -> _Element | None:
    """Return the elements of HTML; None if its tags do not match."""
    stack = [_Element("", "", base)]
    for token in _TOKEN.finditer(html):
        closing, name, attributes = token.groups()
        if not name:
            stack[-1].children.append(token[0])
        elif closing:
            if len(stack) == 1 or stack[-1].name != name:
                return None
            stack.pop().end = token[0]
        else:
            said = _DIRECTION.search(attributes)
            inner: Direction = stack[-1].base if said is None else "rtl" if said[1] == "rtl" else "ltr"
            element = _Element(name, token[0], inner)
            stack[-1].children.append(element)
            if name not in _VOID:
                stack.append(element)
    return stack[0] if len(stack) == 1 else None


def _written(element: _Element) -> Iterator[str]:
    yield element.start
    if element.name in ("pre", *_ISOLATED):
        yield from (part for child in element.children for part in _plain(child))
    else:
        yield from _in_order(element)
    yield element.end


def _plain(child: _Element | str) -> Iterator[str]:
    if isinstance(child, str):
        yield child
        return
    yield child.start
    for each in child.children:
        yield from _plain(each)
    yield child.end


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """A place in the content of an element: before a child, or within one that is text."""

    child: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Sign:
    """A character of an element's content: its class, and where it begins and ends."""

    kind: str
    start: _Place
    end: _Place


def _in_order(element: _Element) -> Iterator[str]:
    """Yield the content of an element, with its runs in elements of their own."""
    children, base = element.children, element.base
    signs = list(_signs(children))
    written = _Place(0, 0)
    for found in _RUNS[base].finditer("".join(sign.kind for sign in signs)):
        run = [
            sign for sign in signs[found.start() : found.end()] if not _has_both(children[sign.start.child])
        ]
        if not run or not _crosses(children, run[0].start, run[-1].end):
            continue
        yield from _between(children, written, run[0].start)
        yield f'<span dir="{_OPPOSITE[base]}">'
        yield from _between(children, run[0].start, run[-1].end)
        yield "</span>"
        written = run[-1].end
    yield from _between(children, written, _Place(len(children), 0))


def _signs(children: list[_Element | str]) -> Iterator[_Sign]:
    for index, child in enumerate(children):
        if isinstance(child, str):
            for offset, kind in enumerate(_kinds(child)):
                yield _Sign(kind, _Place(index, offset), _Place(index, offset + 1))
        else:
            for kind in _kinds(child):
                yield _Sign(kind, _Place(index, 0), _Place(index + 1, 0))


def _kinds(child: _Element | str) -> str:
    """Return the classes of the characters of a text or an inline element; a block divides runs."""
    if isinstance(child, str):
        if child.startswith("<"):  # a comment
            return "N" * len(child)
        text = _ENTITY.sub(lambda entity: " " * len(entity[0]), child)
        return "".join(_CLASSES.get(bidirectional(character), "N") for character in text)
    if child.name in _ISOLATED:
        return "N"
    if child.is_inline:
        return "".join(map(_kinds, child.children))
    return "N" if _DIRECTION.search(child.start) and child.name in _INLINE else "B"


def _has_both(child: _Element | str) -> bool:
    """Tell whether an element has letters of both directions."""
    return not isinstance(child, str) and {"L", "R"} <= set(_kinds(child))


def _crosses(children: list[_Element | str], start: _Place, end: _Place) -> bool:
    """Tell whether a part of the content crosses the edge of an element, in running text.

    Elements with only line breaks between them may be arranged by a style sheet, and do not count.
    """
    last = end.child if end.offset else end.child - 1
    texts = [part for part in _parts(children, start, end) if isinstance(part, str)]
    return start.child < last and any(text.strip() or (text and "\n" not in text) for text in texts)


def _between(children: list[_Element | str], start: _Place, end: _Place) -> Iterator[str]:
    for part in _parts(children, start, end):
        if isinstance(part, str):
            yield part
        else:
            yield from _written(part)


def _parts(children: list[_Element | str], start: _Place, end: _Place) -> Iterator[_Element | str]:
    """Yield the content between two places."""
    for index in range(start.child, min(end.child + 1, len(children))):
        child = children[index]
        if isinstance(child, str):
            first = start.offset if index == start.child else 0
            yield child[first : end.offset if index == end.child else None]
        elif index < end.child:
            yield child
