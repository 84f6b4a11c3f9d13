"""Cloze deletions, `{{c1::text::hint}}`: found in an author's text, and written as Anki reads them.

Anki ends a deletion at the first `}}` and its text at the first `::`, wherever they are. Authors write code
with braces and slices in it, so here brackets within a deletion balance; all other braces and double colons
that Anki could misread are escaped in the HTML (docs/facts/anki.md, section 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from html import escape
from itertools import pairwise

from builder.markdown.formulas import behind_code, formula_at


class ClozeForm(Enum):
    """Ways to render cloze deletions, `{{c1::text::hint}}`."""

    WRITTEN = "written"
    """As ordinary text: only a cloze question has cloze deletions."""
    FILLED = "filled"
    """Only their text, as on paper."""
    MARKED = "marked"
    """As cloze deletions for Anki; nothing else in the HTML is one."""
    OPEN = "open"
    """As elements that a style sheet shows or empties: for paper."""


LAST_NUMBER = 499
"""Largest cloze number: Anki makes no card of a higher one."""
_START = re.compile(r"\{\{c([0-9]{1,9})::")
_ESCAPED = ("\\::", "\\}}")
_OPEN, _SPLIT, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
"""Placeholders for `{{c`, `::` and `}}` in HTML that is not sealed yet: characters that no text may have."""
RESERVED = _OPEN + _SPLIT + _CLOSE


@dataclass(frozen=True, slots=True)
class Deletion:
    """A cloze deletion in a text; all places are offsets in that text."""

    number: int
    start: int
    """Offset of `{{`."""
    content: int
    content_end: int
    hint: str
    end: int
    """Offset after `}}`."""


@dataclass(slots=True)
class _Frame:
    """A cloze deletion that is not closed yet."""

    number: int
    start: int
    content: int
    split: int | None = None
    braces: int = 0
    brackets: int = 0

    def closed(self, text: str, index: int) -> Deletion:
        content_end = index if self.split is None else self.split
        hint = "" if self.split is None else text[self.split + 2 : index]
        return Deletion(self.number, self.start, self.content, content_end, hint, index + 2)


def deletions_in_prose(text: str) -> dict[int, Deletion]:
    """Return the cloze deletions of a stretch of prose, by their offsets."""
    return {deletion.start: deletion for deletion in _deletions(text, is_prose=True)}


def _deletions(text: str, *, is_prose: bool) -> Iterator[Deletion]:
    r"""Yield the cloze deletions in a text, each when it ends.

    `\::` and `\}}` are literal. In prose, so are those in code between backticks and in
    formulas.
    """
    frames: list[_Frame] = []
    index = 0
    while index < len(text):
        if opening := _START.match(text, index):
            frames.append(_Frame(int(opening[1]), index, opening.end()))
            index = opening.end()
        elif not frames:
            index += 1
        elif text.startswith(_ESCAPED, index):
            index += 3
        elif is_prose and text[index] == "`":
            index = behind_code(text, index)
        elif is_prose and text[index] in "$\\" and (formula := formula_at(text, index)):
            index = formula.end
        elif text.startswith("}}", index) and not frames[-1].braces:
            yield frames.pop().closed(text, index)
            index += 2
        else:
            frame, character = frames[-1], text[index]
            if text.startswith("::", index) and frame.split is None:
                if not frame.braces and not frame.brackets:
                    frame.split = index
                index += 1
            frame.braces = max(0, frame.braces + (character == "{") - (character == "}"))
            frame.brackets = max(0, frame.brackets + (character in "[(") - (character in "])"))
            index += 1


def deletions_in_code(code: str) -> tuple[str, list[tuple[int, str]]]:
    """Take the cloze deletions out of code.

    Returns the code as it is shown, and the marks, in order: their offsets in it, with their HTML.
    """
    starts = {deletion.start: deletion for deletion in _deletions(code, is_prose=False)}
    shown: list[str] = []
    marks: list[tuple[int, str]] = []
    around: list[Deletion] = []
    index = 0
    while index < len(code):
        if deletion := starts.get(index):
            marks.append((len(shown), opening(deletion.number)))
            around.append(deletion)
            index = deletion.content
        if around and index == around[-1].content_end:
            deletion = around.pop()
            marks.append((len(shown), closing(deletion.hint)))
            index = deletion.end
        elif index not in starts:
            index += bool(around) and code.startswith(_ESCAPED, index)
            shown.append(code[index])
            index += 1
    return "".join(shown), marks


def texts_of_deletions(code: str) -> Iterator[str]:
    """Yield what each deletion in code hides."""
    shown, marks = deletions_in_code(code)
    starts: list[int] = []
    for place, mark in marks:
        if mark.startswith(_OPEN):
            starts.append(place)
        else:
            yield shown[starts.pop() : place]


def marked_deletions(code: str) -> Iterator[tuple[int, bool]]:
    """Yield the number of each cloze deletion in code, and whether it is empty."""
    _, marks = deletions_in_code(code)
    for (start, mark), (end, following) in pairwise([*marks, (-1, "")]):
        if mark.startswith(_OPEN):
            yield int(mark[1:-1]), start == end and not following.startswith(_OPEN)


def opening(number: int) -> str:
    """Return the HTML that begins a cloze deletion, to be sealed."""
    return f"{_OPEN}{number}{_SPLIT}"


def closing(hint: str) -> str:
    """Return the HTML that ends a cloze deletion, to be sealed."""
    return (_SPLIT + escape(hint) if hint else "") + _CLOSE


def seal(html: str) -> str:
    """Return HTML in which Anki finds the cloze deletions, and nothing else that looks like one."""
    html = html.replace("{", "&#123;").replace("}", "&#125;")
    html = re.sub(f":(?=[:{_SPLIT}{_CLOSE}])|(?<=[:{_SPLIT}]):", "&#58;", html)
    return html.replace(_OPEN, "{{c").replace(_SPLIT, "::").replace(_CLOSE, "}}")


def unseal(html: str) -> str:
    """Return HTML whose cloze deletions are elements, which a style sheet may empty at their own width."""
    html = re.sub(f"{_OPEN}[0-9]+{_SPLIT}", '<span class="gap"><span>', html)
    html = re.sub(f"{_SPLIT}([^{RESERVED}]*){_CLOSE}", r'</span></span><span class="hint"> [\1]</span>', html)
    return html.replace(_CLOSE, "</span></span>")
