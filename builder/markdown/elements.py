"""The HTML that an author may write: a few elements for which Markdown has no mark, without attributes.

An element is read only if its opening and closing tag are in the same stretch of text. All other HTML is
refused. So no open tag can swallow the rest of a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

HARMLESS = frozenset(("abbr", "br", "kbd", "mark", "rp", "rt", "ruby", "sub", "sup", "u"))
"""Elements that may be written as HTML."""
_TAG = re.compile(
    r"<(/?)(abbr|kbd|mark|rp|rt|ruby|sub|sup|u)(?:(?<=<abbr) title=(?:\"([^\"]*)\"|'([^']*)'))? ?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_IN_RUBY = ("rp", "rt")


def add_elements(markdown: MarkdownIt) -> None:
    """Let a parser read the allowed elements."""
    markdown.core.ruler.after("footnotes", "elements", _elements)


def _elements(state: StateCore) -> None:
    if "<" not in state.src:
        return
    for block in state.tokens:
        children = block.children or []
        if not any(child.type == "html_inline" for child in children):
            continue
        for opening, closing in list(_pairs(children)):
            _make_element(children[opening], 1)
            _make_element(children[closing], -1)
        for child in children:
            if child.type == "html_inline" and _BREAK.fullmatch(child.content):
                child.type, child.tag, child.content = "hardbreak", "br", ""


def _pairs(children: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the offsets of matching tags: every element between them is opened and closed there."""
    opened: list[tuple[str, int]] = []
    """Names and offsets of open elements; an empty name for marks that are not HTML."""
    pairs: dict[int, int] = {}
    readings: dict[int, int] = {}
    """Offset of the ruby element, by the offsets of its parts."""
    for place, child in enumerate(children):
        tag = _TAG.fullmatch(child.content) if child.type == "html_inline" else None
        if child.nesting > 0:
            opened.append(("", place))
        elif child.nesting < 0:
            while opened and opened.pop()[0]:
                pass
        elif tag and not tag[1]:
            name = tag[2].lower()
            if name in _IN_RUBY and opened and opened[-1][0] == "ruby":
                readings[place] = opened[-1][1]
            opened.append((name, place))
        elif tag and opened and opened[-1][0] == tag[2].lower():
            pairs[opened.pop()[1]] = place
    for start, end in pairs.items():
        name = children[start].content[1:3].lower()
        if name not in _IN_RUBY or readings.get(start) in pairs:
            yield start, end


def _make_element(token: Token, nesting: Literal[-1, 1]) -> None:
    """Turn a token of raw HTML into the tag of an element."""
    tag = _TAG.fullmatch(token.content)
    assert tag is not None
    name, title = tag[2].lower(), tag[3] or tag[4]
    token.type, token.tag, token.nesting = f"{name}_{'open' if nesting > 0 else 'close'}", name, nesting
    token.markup, token.content = token.content, ""
    if title:
        token.attrs["title"] = unescape(title)
