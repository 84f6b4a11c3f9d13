"""What the kinds of questions find in an answer: options, the text to type, the numbers of gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from builder.markdown.cloze import gaps_in_code, marked_gaps
from builder.markdown.source import Passage, inline_tokens

if TYPE_CHECKING:
    from builder.markdown.parser import Token

_UNREAD_GAP = re.compile(r"\{\{c\d[\d,]*(::)?")
_BRACES = re.compile(r"\{\{(?!c\d)|(?<!\{)\{c\d+::")
"""What is meant for a gap in prose; in code, braces may be anything."""
_WHOLE = ("fence", "code_block", "math_block")
_WITHIN = ("code_inline", "math_inline", "math_inline_double")
"""Tokens whose text is not Markdown: gaps in them are marks in their text."""
_FOLLOWING = 4
"""Characters after braces by which they are found in what is written."""
_BOX = re.compile(r"\[([ xX])\][ \t]+")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a multiple choice: a line of a task list, `- [x]` the right one, `- [ ]` another."""

    item: Token
    """Where it begins."""
    text: Passage
    reason: Passage
    """What stands under it: why it is right, or wrong."""
    is_right: bool
    has_box: bool = True


def may_have_boxes(text: str) -> bool:
    """Tell quickly whether there may be a list with boxes in a text."""
    return _BOX.search(text) is not None


def is_task_list(block: Passage) -> bool:
    """Tell whether a block is a list with boxes."""
    return block.tokens[0].type == "bullet_list_open" and any(
        _BOX.match(token.content)
        for token, before in zip(block.tokens[2:], block.tokens[1:], strict=False)
        if token.type == "inline" and before.level == 2
    )


def options(block: Passage) -> list[Option]:
    """Return the options of a task list."""
    return [_option(block, item) for item in _items(block)]


def _items(block: Passage) -> Iterator[tuple[Token, ...]]:
    start = 0
    for index, token in enumerate(block.tokens):
        if token.level == 1 and token.type == "list_item_open":
            start = index
        elif token.level == 1 and token.type == "list_item_close":
            yield block.tokens[start:index]


def _option(block: Passage, item: tuple[Token, ...]) -> Option:
    opening, *body = item
    if len(body) < 2 or body[1].type != "inline":
        rest = Passage(block.source, tuple(body))
        return Option(opening, Passage(block.source), rest, is_right=False, has_box=False)
    box = _BOX.match(body[1].content)
    inline = body[1].copy()
    if box and inline.children:
        first = inline.children[0].copy()
        first.content = first.content[box.end() :]
        inline.children = [first, *inline.children[1:]]
    return Option(
        opening,
        Passage(block.source, (inline,)),
        Passage(block.source, tuple(body[3:])),
        is_right=box is not None and box[1] != " ",
        has_box=box is not None,
    )


def typed_text(passage: Passage) -> str:
    """Return the text that a learner has to type: the first inline code; empty where there is none."""
    return next((token.content for _, token in inline_tokens(passage) if token.type == "code_inline"), "")


@dataclass(frozen=True, slots=True)
class FoundGap:
    """A cloze gap, in prose or in code, and the block that it stands in."""

    number: int
    block: Token
    is_empty: bool


def gaps(passage: Passage) -> Iterator[FoundGap]:
    """Yield the gaps of a passage."""
    for token in passage.tokens:
        if token.type in _WHOLE:
            yield from (FoundGap(number, token, empty) for number, empty in marked_gaps(token.content))
        children = [child for child in token.children or () if child.type != "html_inline"]
        for child, following in zip_longest(children, children[1:]):
            if child.type == "cloze_open":
                yield FoundGap(child.meta["number"], token, following.type == "cloze_close")
            elif child.type in _WITHIN:
                yield from (FoundGap(number, token, empty) for number, empty in marked_gaps(child.content))


def unread_gaps(passage: Passage) -> Iterator[tuple[Token, str]]:
    """Yield what looks like the start of a gap and is none, with its block."""
    for token in passage.tokens:
        codes = [token.content] if token.type in _WHOLE else []
        codes += [child.content for child in token.children or () if child.type in _WITHIN]
        for child in token.children or ():
            if child.type in ("text", "cloze_close"):
                yield from ((token, match[0]) for match in _UNREAD_GAP.finditer(child.content))
            if child.type == "text":
                for match in _BRACES.finditer(child.content):
                    following = child.content[match.end() : match.end() + _FOLLOWING]
                    yield token, _as_written(token.content, match[0], following)
        for shown, marks in map(gaps_in_code, codes):
            for text in (shown, *(mark for _, mark in marks)):  # a gap in a hint is none
                yield from ((token, match[0]) for match in _UNREAD_GAP.finditer(text))


def _as_written(text: str, braces: str, following: str) -> str:
    """Return braces that begin no gap with what stands after them in their block's text."""
    following = following or "`"  # what is not text there is code, most likely
    return _braces_in(text).get(braces + following, braces)


@lru_cache(maxsize=4)
def _braces_in(text: str) -> Mapping[str, str]:
    """Return the braces in a text that begin no gap, as they are quoted, by themselves and what follows."""
    found: dict[str, str] = {}
    for match in _BRACES.finditer(text):
        written = text[match.start() : match.end() + 20].partition("\n")[0]
        for length in range(1, _FOLLOWING + 1):
            found.setdefault(written[: len(match[0]) + length], written)
    return found
