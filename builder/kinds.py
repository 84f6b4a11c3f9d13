"""What the kinds of questions find in an answer: options, the text to type, the numbers of gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from builder.cloze import gaps_in_code, marked_gaps
from builder.markdown import Passage, Token, inline_tokens

_UNREAD_GAP = re.compile(r"\{\{c\d[\d,]*(::)?")
_WHOLE = ("fence", "code_block", "math_block")
_WITHIN = ("code_inline", "math_inline", "math_inline_double")
"""Tokens whose text is not Markdown: gaps in them are marks in their text."""
_BOX = re.compile(r"\[([ xX])\][ \t]+")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a multiple choice: a line of a task list, `- [x]` the right one, `- [ ]` another."""

    text: Passage
    reason: Passage
    """What stands under it: why it is right, or wrong."""
    is_right: bool


def is_task_list(block: Passage) -> bool:
    """Tell whether a block is a list with boxes."""
    return block.tokens[0].type == "bullet_list_open" and any(
        _BOX.match(token.content)
        for token, before in zip(block.tokens[2:], block.tokens[1:], strict=False)
        if token.type == "inline" and before.level == 2
    )


def options(block: Passage) -> list[Option]:
    """Return the options of a task list; a line without a box is a wrong one."""
    return [_option(block, item) for item in _items(block)]


def _items(block: Passage) -> Iterator[tuple[Token, ...]]:
    start = 0
    for index, token in enumerate(block.tokens):
        if token.level == 1 and token.type == "list_item_open":
            start = index + 1
        elif token.level == 1 and token.type == "list_item_close":
            yield block.tokens[start:index]


def _option(block: Passage, item: tuple[Token, ...]) -> Option:
    if len(item) < 2 or item[1].type != "inline":
        return Option(Passage(block.source), Passage(block.source, item), is_right=False)
    box = _BOX.match(item[1].content)
    inline = item[1].copy()
    if box and inline.children:
        first = inline.children[0].copy()
        first.content = first.content[box.end() :]
        inline.children = [first, *inline.children[1:]]
    return Option(
        Passage(block.source, (inline,)),
        Passage(block.source, item[3:]),
        is_right=box is not None and box[1] != " ",
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
        children = token.children or []
        for child, following in pairwise([*children, None]):
            assert child is not None
            if child.type == "cloze_open":
                is_empty = following is not None and following.type == "cloze_close"
                yield FoundGap(child.meta["number"], token, is_empty)
            elif child.type in _WITHIN:
                yield from (FoundGap(number, token, empty) for number, empty in marked_gaps(child.content))


def unread_gaps(passage: Passage) -> Iterator[tuple[Token, str]]:
    """Yield what looks like the start of a gap and is none, with its block."""
    for token in passage.tokens:
        codes = [token.content] if token.type in _WHOLE else []
        codes += [child.content for child in token.children or () if child.type in _WITHIN]
        texts = [child.content for child in token.children or () if child.type == "text"]
        for text in (*texts, *(gaps_in_code(code)[0] for code in codes)):
            yield from ((token, match[0]) for match in _UNREAD_GAP.finditer(text))
