"""Texts and stretches of them: what is known of Markdown once it is parsed, and where it was written.

Without the parser, which a build that parses nothing need not import.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from builder.diagnostics import Location

if TYPE_CHECKING:
    from markdown_it.token import Token

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


@dataclass(frozen=True)  # without slots, which leave no place for what is computed once
class Source:
    """The text of one content file, in lines as markdown-it counts them."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends. Not splitlines(), which also breaks at U+2028 and the like."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def location(self, line: int = 0, column: int = 0) -> Location:
        """Turn markdown-it's line and a column, both from 0, into a place that counts from 1."""
        return Location(self.path, line + 1, column + 1)

    def find(self, text: str, line: int) -> Location:
        """Find `text` in a line (from 0); the line's first word where it is not there as written."""
        written = self.lines[line]
        column = written.find(text) if text else -1
        return self.location(line, column if column >= 0 else _indent(written))


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one file: whole blocks, or the one inline token of a heading."""

    source: Source
    tokens: tuple[Token, ...] = ()

    @property
    def is_blank(self) -> bool:
        """True where a reader would see nothing: no blocks, or comments only."""
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
        """Say where a block token, or an inline child of it, was written."""
        line = token.map[0] if token.map else 0
        if child is None:
            return self.source.find(token.content.strip().split("\n")[0], line)
        before = token.content[: child.meta.get("offset", 0)].split("\n")
        line += len(before) - 1
        content_line = token.content.split("\n")[len(before) - 1]
        start = self.source.find(content_line.strip(), line)
        inset = len(before[-1]) - _indent(content_line)
        return self.source.location(line, start.column - 1 + max(inset, 0))


@dataclass(frozen=True, slots=True)
class Attributes:
    """What stands in the braces at the end of a heading."""

    written: str
    """The braces and all between them, as the author wrote them."""
    ids: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    is_malformed: bool = False


NO_ATTRIBUTES = Attributes("")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def blocks(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """Group a token stream into its top-level blocks."""
    start = 0
    for end, token in enumerate(tokens, 1):
        if token.level == 0 and token.nesting <= 0:
            yield tuple(tokens[start:end])
            start = end


def inline_tokens(passage: Passage) -> Iterator[tuple[Token, Token]]:
    """All inline tokens of a passage, each with the block token that holds it."""
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
    comments = [comment.strip() for comment in _COMMENT.findall(token.content)]
    # A comment that seems to hold another one was not closed where its author thinks.
    is_whole = comments and not any("<!--" in comment for comment in comments)
    return comments if is_whole and not _COMMENT.sub("", token.content).strip() else None
