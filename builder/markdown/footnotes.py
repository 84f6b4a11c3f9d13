"""Footnotes, `[^1]` and `^[text]`: their texts follow the part that refers to them.

A part is a stretch that is shown together: a prompt, a lead, details, a section. The plugin alone would put
all texts at the end of the file, where no card shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from builder.markdown.dispatch import rules_of
from builder.markdown.source import blocks, comments_in

_LABEL = r"\[\^[^\s\[\]]{1,60}\]"
REFERENCE = re.compile(_LABEL)
NOTE = re.compile(r"\^\[(?=[^\s\]])(?:[^\[\]]|\[[^\[\]]*\])*\]")
"""A footnote within the text; there may be links in it, but no other footnote."""
_DEFINITION = re.compile(rf"{_LABEL}:")
UNUSED = "footnote_unused"
"""Type of the token for a definition without a reference; it is shown nowhere."""
EMPTY = "footnote_empty"
"""Type of the token for a definition without text; it is shown nowhere."""

_Block = tuple[Token, ...]


def add_footnotes(markdown: MarkdownIt) -> None:
    """Let a parser read footnotes."""
    markdown.use(footnote_plugin, move_to_end=False)
    define = rules_of(markdown.block.ruler)["footnote_def"]

    def definition(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        # In lists, quotations and each other, definitions could be nested without end. A line that is less
        # indented than the text before it is outside of all of them.
        is_outside = state.level == 0 or (silent and state.sCount[line] < state.blkIndent)
        start = state.bMarks[line] + state.tShift[line]
        is_meant = is_outside and _DEFINITION.match(state.src, start, state.eMarks[line])
        return bool(is_meant) and define(state, line, end, silent)

    markdown.block.ruler.at("footnote_def", definition, {"alt": ["paragraph", "reference"]})
    markdown.core.ruler.after("inline", "footnotes", _place)


@dataclass(slots=True)
class _Definition:
    """The definition of a footnote, `[^1]: its text`."""

    block: _Block
    is_used: bool = False


@dataclass(slots=True)
class _Part:
    """Blocks that are shown together."""

    question: int
    heading: int
    """Numbers of its question and of its heading in the file."""
    blocks: list[_Block] = field(default_factory=list)


_Place = tuple[str, int | None, int | None]
"""A label, and the question and the heading under which it is defined; the first in the file without them."""


def _places(label: str, part: _Part) -> Sequence[_Place]:
    """Return the places in which to look up a label of a part, the nearest first."""
    return (label, part.question, part.heading), (label, part.question, None), (label, None, None)


@dataclass(slots=True)
class _Notes:
    """The footnotes of a file."""

    inline: Sequence[Sequence[Token]]
    """Texts of footnotes that are written in place, `^[text]`, by their numbers in the file."""
    definitions: dict[_Place, _Definition] = field(default_factory=dict)
    all_definitions: list[_Definition] = field(default_factory=list)

    def define(self, block: _Block, part: _Part) -> None:
        """Add a definition. A label may have another meaning in every question."""
        found, label = _Definition(block), block[0].meta["label"]
        self.all_definitions.append(found)
        for place in _places(label, part):
            self.definitions.setdefault(place, found)

    def named(self, label: str, part: _Part) -> _Definition:
        """Return the nearest definition of a label, as seen from a part."""
        return next(self.definitions[place] for place in _places(label, part) if place in self.definitions)


def _place(state: StateCore) -> None:
    """Move the texts of footnotes to the ends of the parts that refer to them."""
    if "footnotes" not in state.env:
        return
    texts = state.env["footnotes"].get("list", {})
    notes = _Notes([texts[number].get("tokens", ()) for number in range(len(texts))])
    parts = _parts(state.tokens)
    for part in parts:
        for block in part.blocks:
            if _is_definition(block):
                notes.define(block, part)
    placed = [block for part in parts for block in _with_notes(part, notes)]
    unused = {id(each.block) for each in notes.all_definitions if not each.is_used}
    state.tokens = []
    for block in placed:
        if not _is_definition(block):
            state.tokens += block
        elif id(block) in unused or len(block) == 2:
            kind, opening = UNUSED if id(block) in unused else EMPTY, block[0]
            content = f"[^{opening.meta['label']}]"
            state.tokens.append(Token(kind, "", 0, content=content, map=opening.map, block=True))


def _parts(tokens: Sequence[Token]) -> list[_Part]:
    question = heading = 0
    parts = [_Part(question, heading)]
    for block in blocks(tokens):
        first = block[0]
        is_heading = _is_heading(block)
        heading += is_heading
        question += is_heading and first.tag != "h3"
        if is_heading or (first.type == "hr" and first.markup.startswith("-")) or _is_more(first):
            parts.append(_Part(question, heading))
        parts[-1].blocks.append(block)
    return parts


def _is_definition(block: _Block) -> bool:
    return block[0].type == "footnote_reference_open"


def _is_heading(block: _Block) -> bool:
    return block[0].type == "heading_open" and block[0].tag in ("h1", "h2", "h3")


def _is_more(token: Token) -> bool:
    return comments_in(token) == ["more"]


def _with_notes(part: _Part, notes: _Notes) -> Iterator[_Block]:
    """Yield the blocks of a part, then the texts of its footnotes."""
    written = [block for block in part.blocks if not _is_definition(block)]
    found = _found(written, part, notes)
    # A line across the page that ends the part is no part of it.
    end = len(written)
    while end and (written[end - 1][0].type == "hr" or comments_in(written[end - 1][0]) is not None):
        end -= 1
    yield from written[:end]
    if found:
        yield _tail(found)
    yield from written[end:]
    yield from filter(_is_definition, part.blocks)


def _found(written: Sequence[_Block], part: _Part, notes: _Notes) -> list[_Block]:
    """Return the texts of the footnotes of blocks, and number their references."""
    found: list[_Block] = []
    numbers: dict[int, int] = {}
    waiting = list(written)
    for block in waiting:
        for holder in block:
            for child in holder.children or ():
                if child.type != "footnote_ref":
                    continue
                if _is_heading(block):  # its words are the prompt, and its own part
                    child.type, child.content = "text", child.markup
                    continue
                label = child.meta.get("label")
                definition = notes.named(label, part) if label else None
                key = id(definition) if definition else id(child)
                if key not in numbers:
                    numbers[key] = len(numbers) + 1
                    text = (
                        _defined(definition)
                        if definition
                        else _within(notes.inline[child.meta["id"]], child, holder)
                    )
                    found.append(text)
                    waiting.append(text)
                child.meta = {**child.meta, "number": numbers[key]}
    return found


def _defined(definition: _Definition) -> _Block:
    """Return the blocks of a definition: copies, since several parts may refer to it."""
    definition.is_used = True
    opening = definition.block[0]
    if len(definition.block) == 2:
        return _paragraph("", [], opening.map or [0, 1])
    return tuple(
        token.copy(
            level=token.level + 1,
            map=token.map or opening.map,
            children=[child.copy() for child in token.children] if token.children is not None else None,
        )
        for token in definition.block[1:-1]
    )


def _within(children: Sequence[Token], reference: Token, holder: Token) -> _Block:
    """Return the text of a footnote that is written in place, as a block."""
    offset = reference.meta["offset"]
    first, end = holder.map or (0, 1)
    line = min(first + holder.content.count("\n", 0, offset), max(end - 1, first))
    return _paragraph(reference.markup[2:-1], children, [line, line + 1])


def _paragraph(content: str, children: Sequence[Token], lines: list[int]) -> _Block:
    inline = Token("inline", "", 0, map=lines, level=3, block=True, content=content, children=list(children))
    opening = Token("paragraph_open", "p", 1, map=lines, level=2, block=True)
    return opening, inline, Token("paragraph_close", "p", -1, level=2, block=True)


def _tail(found: Sequence[_Block]) -> _Block:
    """Return the texts of footnotes as a list."""
    tail = [Token("footnotes_open", "ol", 1, attrs={"class": "notes"}, map=found[0][0].map, block=True)]
    for text in found:
        if len(text) == 3:  # a paragraph
            text = (text[0].copy(hidden=True), text[1], text[2].copy(hidden=True))
        tail.append(Token("footnote_open", "li", 1, map=text[0].map if text else None, level=1, block=True))
        tail += text
        tail.append(Token("footnote_close", "li", -1, level=1, block=True))
    return *tail, Token("footnotes_close", "ol", -1, block=True)
