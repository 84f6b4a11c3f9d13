"""Sources and passages: parsed Markdown, with its places in the file.

This module does not import the parser, which a build that parses nothing does not need.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING

from builder.diagnostics import Location

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True)  # no slots: a cached property needs a `__dict__`
class Source:
    """The text of one content file, in lines as markdown-it counts them."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends. Not splitlines(), which also breaks at U+2028 and the like."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def location(self, line: int = 0, column: int = 0) -> Location:
        """Return the place, counting from 1, for markdown-it's line and a column, both from 0."""
        return Location(self.path, line + 1, column + 1)

    def find(self, text: str, line: int) -> Location:
        """Find `text` in a line (from 0); return the line's first word if it is not there as written."""
        return self.location(line, _column(text, self.lines[line]))


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one file: whole blocks, or the one inline token of a heading."""

    source: Source
    tokens: tuple[Token, ...] = ()

    @property
    def is_blank(self) -> bool:
        """True if a reader would see nothing: there are no blocks, or only comments."""
        return all(comments_in(token) is not None for token in self.tokens)

    def blocks(self) -> Iterator[Passage]:
        """Yield each top-level block as a passage of its own."""
        for block in blocks(self.tokens):
            yield Passage(self.source, block)

    def find(self, token: Token, text: str) -> Location:
        """Find a text in the lines of a block token; the block's start if it is not there as written."""
        for line in range(*(token.map or (0, 0))):
            if text in self.source.lines[line]:
                return self.source.find(text, line)
        return self.locate(token)

    def locate(self, token: Token, child: Token | None = None) -> Location:
        """Return the place of a block token, or of an inline child of it."""
        line = token.map[0] if token.map else 0
        if child is None:
            return self.source.find(token.content.strip().split("\n")[0], line)
        return self.locate_at(token, child.meta.get("offset", 0))

    def locate_at(self, token: Token, offset: int) -> Location:
        """Return the place in the file of an offset in the text of a block token."""
        line = token.map[0] if token.map else 0
        starts, lines = _lines_of(token.content)
        index = bisect_right(starts, offset) - 1
        line += index
        start = self.source.find(lines[index].strip(), line)
        inset = offset - starts[index] - _indent(lines[index])
        return self.source.location(line, start.column - 1 + max(inset, 0))


@dataclass(slots=True)
class Finder:
    """Finds texts in the blocks of a passage, each search from the last place: most come in order."""

    passage: Passage
    _block: Token | None = None
    _line: int = 0
    _column: int = 0

    def find(self, block: Token, text: str) -> Location:
        """Find a text in the lines of a block; the block's start if it is not there as written."""
        first, end = block.map or (0, 0)
        if block is not self._block:
            self._block, self._line, self._column = block, first, 0
        later = ((line, 0) for line in range(self._line + 1, end))
        earlier = ((line, 0) for line in range(first, min(self._line + 1, end)))
        for line, start in chain([(self._line, self._column)] if self._line < end else [], later, earlier):
            column = self.passage.source.lines[line].find(text, start)
            if column >= 0:
                self._line, self._column = line, column
                return self.passage.source.location(line, column)
        return self.passage.locate(block)


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attributes in the braces at the end of a heading."""

    written: str
    """Braces and all between them, as the author wrote them."""
    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    is_malformed: bool = False


NO_ATTRIBUTES = Attributes("")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@lru_cache(maxsize=16)  # a line, or a block, may have thousands of findings
def _column(text: str, line: str) -> int:
    """Return the column of a text in a line; that of the line's first word if it is not there."""
    column = line.find(text) if text else -1
    return column if column >= 0 else _indent(line)


@lru_cache(maxsize=16)
def _lines_of(content: str) -> tuple[list[int], list[str]]:
    """Return the offsets of the lines of a block's text, and the lines."""
    lines = content.split("\n")
    return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0)), lines


def blocks(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """Group a token stream into its top-level blocks."""
    start = 0
    for end, token in enumerate(tokens, 1):
        if token.level == 0 and token.nesting <= 0:
            yield tuple(tokens[start:end])
            start = end


def inline_tokens(passage: Passage) -> Iterator[tuple[Token, Token]]:
    """Yield all inline tokens of a passage, each with the block token that holds it."""
    for token in passage.tokens:
        for child in token.children or ():
            yield token, child


def plain_text(passage: Passage) -> str:
    """Return the words of a passage's running text, without mark-up."""
    return " ".join(
        "".join(
            [
                " " if child.type.endswith("break") else child.content
                for child in token.children
                if child.type != "html_inline"
            ]
        )
        for token in passage.tokens
        if token.children
    )


def comments_in(token: Token) -> list[str] | None:
    """Return the texts of an HTML token's comments; None if the token is, or holds, anything else."""
    if token.type not in ("html_block", "html_inline"):
        return None
    comments, rest = divide_comments(token.content)
    # A comment with another one in it was probably not closed where its author meant to.
    is_whole = comments and not any("<!--" in comment for comment in comments)
    return [comment.strip() for comment in comments] if is_whole and not "".join(rest).strip() else None


def divide_comments(text: str) -> tuple[list[str], list[str]]:
    """Return the comments of a text, and the pieces around them: one more than comments."""
    comments: list[str] = []
    around: list[str] = []
    place = 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        around.append(text[place:start])
        comments.append(text[start + 4 : end])
        place = end + 3
    return comments, [*around, text[place:]]
