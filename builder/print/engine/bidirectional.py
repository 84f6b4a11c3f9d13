"""Text of two directions: runs that cross elements, put in order for WeasyPrint.

In a line, WeasyPrint orders boxes by the direction of their parent, and Pango orders the characters of each
box. So in an Arabic paragraph, "10<sup>38</sup>" would have the power before its base, and the parts of an
English phrase with a bold word would be in the opposite order. An element around such a run, with the run's
own direction, gives the order of Unicode's rules (UAX #9), as in browsers. Pango knows these rules, too: it
gives the level of each character in its whole paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import groupby
from unicodedata import bidirectional

from builder.design.language import Direction

Levels = Callable[[str, Direction], Sequence[int]]
"""Returns the embedding level of each character of a paragraph with a base direction (UAX #9)."""

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|<[^>]*>|[^<]+")
_DIRECTION = re.compile(r'(?<=\sdir=")(?:ltr|rtl|auto)(?=")')
_CHARACTER = re.compile(r"&#?\w+;|[\s\S]")
_VOID = frozenset(("br", "col", "hr", "img", "input", "link", "meta", "wbr"))
_INLINE = frozenset(
    ["a", "abbr", "b", "em", "i", "kbd", "mark", "s", "small", "span", "strong", "sub", "sup", "u"]
)
_DIVISIBLE = frozenset(("a", "b", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u"))
"""Inline elements that look the same in two parts: they have no border, padding or margin at their sides."""
_WHOLE = re.compile(r"\s(?:id|class|style|data-\w+)=")
"""Attributes of elements that are not divided: an id is unique, and a class may arrange its element."""
_BEGUN = ' class="begun"'
"""Attribute of the first part of a link: what a style sheet adds after a link follows only its last part."""
_ISOLATED = frozenset(("code", "img"))
"""Inline elements with their own direction: they are neutral for the text around them."""
_OBJECT = "\ufffc"
"""Stands for an isolated element in the text of its paragraph."""
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_OPPOSITE: dict[Direction, Direction] = {"ltr": "rtl", "rtl": "ltr"}


@dataclass(slots=True)
class _Character:
    """A character of text, or a comment."""

    written: str
    shown: str
    level: int = 0

    @property
    def has_place(self) -> bool:
        """Tell whether its level matters: that of a joiner or a place to break does not."""
        return bidirectional(self.shown) != "BN"


@dataclass(slots=True)
class _Element:
    name: str
    start: str
    children: list[_Element | _Character] = field(default_factory=list)
    end: str = ""
    level: int = 0

    @property
    def said(self) -> str:
        """Direction in its tag; empty without one."""
        found = _DIRECTION.search(self.start)
        return found[0] if found else ""

    @property
    def is_isolated(self) -> bool:
        return self.name in _ISOLATED or (self.name in _INLINE and self.said != "")

    @property
    def is_inline(self) -> bool:
        return self.name in _INLINE and self.said == ""

    @property
    def is_divisible(self) -> bool:
        return (
            self.name in _DIVISIBLE and self.said == "" and not _WHOLE.search(self.start.replace(_BEGUN, ""))
        )


_Node = _Element | _Character


def in_reading_order(html: str, base: Direction, levels: Levels) -> str:
    """Return HTML in which no run of text in the other direction crosses the edge of an element.

    `base` is the direction of the whole. If a run begins or ends within an element with letters of both
    directions, that element becomes two, if this does not change how it looks. The direction `auto`, which
    WeasyPrint does not know, becomes that of the first letter.
    """
    if base == "ltr" and not _RIGHT_TO_LEFT.search(html):
        return html
    tree = _read(html)
    return "".join(_written(tree, base, levels)) if tree else html


def _read(html: str) -> _Element | None:
    """Return the elements of HTML; None if its tags do not match."""
    stack = [_Element("", "")]
    for token in _TOKEN.finditer(html):
        closing, name, _ = token.groups()
        if not name and token[0].startswith("<"):
            stack[-1].children.append(_Character(token[0], "\u200b"))
        elif not name:
            stack[-1].children += (_Character(each, _shown(each)) for each in _CHARACTER.findall(token[0]))
        elif closing:
            if len(stack) == 1 or stack[-1].name != name:
                return None
            stack.pop().end = token[0]
        else:
            element = _Element(name, token[0])
            stack[-1].children.append(element)
            if name not in _VOID:
                stack.append(element)
    return stack[0] if len(stack) == 1 else None


def _shown(written: str) -> str:
    """Return one character for a character of text: a line end is a space there."""
    return " " if written in "\n\r" else unescape(written)[0]


def _written(element: _Element, base: Direction, levels: Levels) -> Iterator[str]:
    """Yield a block, or an element that is isolated; `base` is the direction around it."""
    inner = _direction_of(element, base)
    yield _DIRECTION.sub(inner, element.start, count=1)
    if element.name in ("pre", *_ISOLATED):
        yield from map(_plain, element.children)
    elif _is_arranged(element):
        for node in element.children:
            yield node.written if isinstance(node, _Character) else "".join(_written(node, inner, levels))
    else:
        for is_text, nodes in groupby(element.children, _is_in_text):
            if is_text:
                yield from _paragraph(list(nodes), inner, levels)
            else:
                for node in nodes:
                    assert isinstance(node, _Element)
                    yield from _written(node, inner, levels)
    yield element.end


def _is_arranged(element: _Element) -> bool:
    """Tell whether an element has no text itself: a style sheet arranges those in it."""
    return element.name == "div" and not any(
        isinstance(node, _Character) and node.shown.strip() for node in element.children
    )


def _direction_of(element: _Element, base: Direction) -> Direction:
    if element.said == "auto":
        classes = (bidirectional(each.shown) for each in _characters(element))
        return next((_STRONG[each] for each in classes if each in _STRONG), "ltr")
    return "rtl" if element.said == "rtl" else "ltr" if element.said == "ltr" else base


def _characters(element: _Element) -> Iterator[_Character]:
    for child in element.children:
        if isinstance(child, _Character):
            yield child
        elif not child.said:
            yield from _characters(child)


def _is_in_text(node: _Node) -> bool:
    return isinstance(node, _Character) or node.is_isolated or node.is_inline


def _plain(node: _Node) -> str:
    if isinstance(node, _Character):
        return node.written
    return f"{node.start}{''.join(map(_plain, node.children))}{node.end}"


def _paragraph(nodes: Sequence[_Node], base: Direction, levels: Levels) -> Iterator[str]:
    """Yield text, with its inline elements, between blocks or line breaks."""
    leaves = list(_leaves(nodes))
    text = "".join(_OBJECT if isinstance(leaf, _Element) else leaf.shown for leaf in leaves)
    if base == "rtl" or _RIGHT_TO_LEFT.search(text):
        for leaf, level in zip(leaves, levels(text, base), strict=True):
            leaf.level = level
    yield from _in_order(nodes, base, 1 if base == "rtl" else 0, levels)


def _leaves(nodes: Sequence[_Node]) -> Iterator[_Node]:
    """Yield the characters and the isolated elements of text."""
    for node in nodes:
        if isinstance(node, _Element) and node.is_inline:
            yield from _leaves(node.children)
        else:
            yield node


def _in_order(nodes: Sequence[_Node], base: Direction, level: int, levels: Levels) -> Iterator[str]:
    """Yield text whose base direction has a level, with its runs of a higher one in elements of their own."""
    text: list[_Character] = []
    for is_run, found in groupby(
        _divided(nodes, level), lambda node: all(leaf.level > level for leaf in _leaves([node]))
    ):
        run = list(found)
        if is_run and _crosses(run):
            yield from _text(text, base, level, levels)
            text = []
            yield f'<span dir="{_OPPOSITE[base]}">'
            yield from _in_order(run, _OPPOSITE[base], level + 1, levels)
            yield "</span>"
            continue
        for node in run:
            if isinstance(node, _Character):
                text.append(node)
                continue
            yield from _text(text, base, level, levels)
            text = []
            if node.is_isolated:
                yield from _written(node, base, levels)
            else:
                yield node.start
                yield from _in_order(node.children, base, level, levels)
                yield node.end
    yield from _text(text, base, level, levels)


def _divided(nodes: Sequence[_Node], level: int) -> Iterator[_Node]:
    """Yield text, with an element in parts if a run of a higher level crosses its edge."""
    highs = [[leaf.level > level for leaf in _leaves([node])] for node in nodes]
    for node, before, high, after in zip(nodes, [[], *highs], highs, [*highs[1:], []], strict=False):
        parts = [node]
        if not (_is_character(node) or all(high)):
            begin = high.index(False) if before[-1:] == [True] else 0
            end = len(high) - (high[::-1].index(False) if after[:1] == [True] else 0)
            for place in (end, begin):
                if 0 < place < len(high) and (two := _cut(parts[:1], place)):
                    parts[:1] = two[0] + two[1]
        yield from parts


def _cut(nodes: Sequence[_Node], place: int) -> tuple[list[_Node], list[_Node]] | None:
    """Return text in two parts, of which the first has a number of leaves; None if that cannot be."""
    first: list[_Node] = []
    rest = list(nodes)
    while rest and (size := len(list(_leaves(rest[:1])))) <= place:
        first.append(rest.pop(0))
        place -= size
    if not place:
        return first, rest
    element = rest.pop(0)
    assert isinstance(element, _Element)
    parts = _cut(element.children, place) if element.is_divisible else None
    if parts is None:
        return None
    start = element.start
    if element.name == "a" and _BEGUN not in start:
        start = f"{start[:-1]}{_BEGUN}>"
    return (
        [*first, replace(element, start=start, children=parts[0])],
        [replace(element, children=parts[1]), *rest],
    )


def _crosses(run: Sequence[_Node]) -> bool:
    """Tell whether a run crosses the edge of an element."""
    return len(run) > 1 and not all(map(_is_character, run))


def _is_character(node: _Node) -> bool:
    return isinstance(node, _Character)


def _text(text: Sequence[_Character], base: Direction, level: int, levels: Levels) -> Iterator[str]:
    """Yield text of one box, with its runs in elements if Pango, which sees one line, would not know.

    A sign beside a number depends on the letter before it: in Arabic, "5%" in bold text or at the start of a
    line is set as any other.
    """
    words = (
        list(word) for is_blank, word in groupby(text, lambda each: each.shown.isspace()) if not is_blank
    )
    if all(_is_known(word, base, level, levels) for word in words):
        yield "".join(each.written for each in text)
        return
    for is_higher, part in groupby(text, lambda each: each.level > level):
        written = "".join(each.written for each in part)
        yield f'<span dir="{_OPPOSITE[base]}">{written}</span>' if is_higher else written


def _is_known(word: Sequence[_Character], base: Direction, level: int, levels: Levels) -> bool:
    """Tell whether a word has the same levels in its paragraph and alone."""
    shown, own = "".join(each.shown for each in word), {each.level for each in word if each.has_place}
    if len(own) < 2 and (shown.isalpha() or (base == "ltr" and own <= {level})):
        return True
    return all(
        each.level - level == alone - level % 2
        for each, alone in zip(word, levels(shown, base), strict=True)
        if each.has_place
    )
