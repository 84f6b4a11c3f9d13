"""Callouts, `> [!warning] Title`: quotations that other tools show as boxes with a title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TITLES = "callouts"
"""Key in the parser's environment: titles of callouts that have none of their own, by kind."""
_FIRST_LINE = re.compile(r"\[!([^\W\d_][\w-]{0,30})\][+-]?(?:[ \t]+(.*))?")
"""Kind and title; the sign that folds a callout in other tools has no effect here."""
_WARNINGS = frozenset(
    ("warning", "caution", "attention", "danger", "error", "failure", "fail", "missing", "bug")
)
"""Kinds of callouts that warn; all other kinds have one look."""


def add_callouts(markdown: MarkdownIt) -> None:
    """Let a parser read callouts."""
    markdown.core.ruler.after("block", "callouts", _callouts)


def _callouts(state: StateCore) -> None:
    """Turn quotations that begin with a kind into boxes, and their first lines into titles."""
    if "[!" not in state.src:
        return
    tokens: list[Token] = []
    opened: list[bool] = []
    """Whether each quotation that is open is a callout."""
    place = 0
    while place < len(state.tokens):
        token = state.tokens[place]
        tokens.append(token)
        place += 1
        if token.type == "blockquote_open":
            found = _kind_and_title(state.tokens[place : place + 2], state.env.get(TITLES, {}))
            opened.append(found is not None)
            if found:
                kind, title = found
                token.type, token.tag = "callout_open", "div"
                token.attrs["class"] = "callout warn" if kind in _WARNINGS else "callout"
                tokens += _titled(title, state.tokens[place : place + 3])
                place += 3
        elif token.type == "blockquote_close" and opened.pop():
            token.type, token.tag = "callout_close", "div"
    state.tokens = tokens


def _kind_and_title(start: Sequence[Token], titles: Mapping[str, str]) -> tuple[str, str] | None:
    """Return a callout's kind and title from a quotation's first paragraph; None if it is no callout."""
    if len(start) < 2 or start[0].type != "paragraph_open":
        return None
    found = _FIRST_LINE.fullmatch(start[1].content.partition("\n")[0].rstrip())
    if found is None:
        return None
    kind = found[1].lower()
    return kind, (found[2] or "").strip() or titles.get(kind) or kind[0].upper() + kind[1:]


def _titled(title: str, paragraph: Sequence[Token]) -> list[Token]:
    """Return the title from the first paragraph of a callout, and a paragraph with the rest of it."""
    opening, text, closing = paragraph
    assert text.map is not None
    line, end = text.map
    head = opening.copy(attrs={"class": "callout-title"}, map=[line, line + 1])
    words = text.copy(content=title, map=[line, line + 1], children=[])
    text.content = text.content.partition("\n")[2]
    opening.map = text.map = [line + 1, end]
    return [head, words, closing.copy(), *(paragraph if text.content else ())]
