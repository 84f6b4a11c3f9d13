"""Finds text that looks like a mark of Markdown or of another tool, but is shown as typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.diagnostics import Code, Diagnostic
from builder.markdown.parser import Passage, Token
from builder.markdown.source import Finder
from builder.text import quoted

PLACEHOLDER = "\ufffc"
"""A character in place of elements without marks: code, an address, an image."""
_ADDRESS = re.compile(r"[a-z]{2,10}://\S+")
_LONGEST_ELEMENT = 80
"""Maximum characters of an element that the placeholder replaces."""
_MOST_COMPARED = 8
"""Maximum parts between elements by which a mark is found in the text as written."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Text that looks like a mark."""

    code: Code
    signs: tuple[str, ...]
    """Texts of which it always has one: to look for these takes less time than to try the pattern."""
    form: re.Pattern[str]
    problem: str
    """The message, after the quoted text."""
    hint: str
    within: re.Pattern[str] | None = None
    """Pattern that is somewhere within it, too."""

    def find(self, text: str) -> str:
        """Return the first such text; empty if there is none."""
        for found in self.form.finditer(text):
            if not self.within or self.within.search(found[0]):
                return found[0].strip("\n")
        return ""


@dataclass(frozen=True, slots=True)
class MarkTable:
    """Marks by their signs."""

    by_sign: Mapping[str, tuple[Mark, ...]]
    any_sign: re.Pattern[str]
    """A character that each mark has."""

    @classmethod
    def of(cls, *marks: Mark) -> MarkTable:
        """Make a table of marks."""
        signs = dict.fromkeys(sign for mark in marks for sign in mark.signs)
        by_sign = {sign: tuple(mark for mark in marks if sign in mark.signs) for sign in signs}
        first = "".join({sign.strip(" \n")[0] for sign in signs})
        return cls(by_sign, re.compile(f"[{re.escape(first)}]"))


def shown_marks(passage: Passage, block: Token, table: MarkTable) -> Iterator[Diagnostic]:
    """Yield a finding for each mark of a table that a block shows as typed, at its first place."""
    if block.type != "inline" or not table.any_sign.search(block.content):
        return
    text = _ADDRESS.sub(PLACEHOLDER, "".join(map(_text, block.children or ())))
    likely = dict.fromkeys(mark for sign, marks in table.by_sign.items() if sign in text for mark in marks)
    finder: Finder | None = None
    for mark in likely:
        shown = mark.find(text)
        if shown and _is_unescaped(shown, block.content):
            finder = finder or Finder(passage)
            line = shown.partition("\n")[0]
            yield mark.code.at(
                finder.find(block, max(line.split(PLACEHOLDER), key=len)),
                f"{quoted(line.replace(PLACEHOLDER, '…'))} {mark.problem}",
                mark.hint,
            )


def _is_unescaped(shown: str, written: str) -> bool:
    """Return whether shown text is written the same way, without backslashes."""
    first, *others = shown.split(PLACEHOLDER)[:_MOST_COMPARED]
    for start in re.finditer(rf"(?<!\\){re.escape(first)}", written):
        place = start.end()
        for part in others:
            place = written.find(part, place + 1, place + _LONGEST_ELEMENT + len(part))
            if place < 0:
                break
            place += len(part)
        else:
            return True
    return False


def _text(token: Token) -> str:
    """Return the plain text of an inline token, with a placeholder character for each other element."""
    if token.type == "text":
        return token.content
    return "\n" if token.type in ("softbreak", "hardbreak") else PLACEHOLDER
