"""Cloze questions: each cloze number in the answer makes a card that hides the deletions with that number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from builder.corpus.kinds.spec import Hidden, Html, KindSpec, Shown
from builder.corpus.model import Chapter, Question
from builder.diagnostics import Code, Diagnostic, check
from builder.markdown.cloze import (
    LAST_NUMBER,
    ClozeForm,
    deletions_in_code,
    marked_deletions,
    texts_of_deletions,
)
from builder.markdown.source import Finder, Passage, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token

_UNREAD_CLOZE = re.compile(r"\{\{c\d[\d,]*(::)?")
_BRACES = re.compile(r"\{\{(?!c\d)|(?<!\{)\{c\d+::")
"""Braces in prose that were meant for a cloze deletion; in code, braces may be anything."""
_WHOLE = ("fence", "code_block", "math_block")
_WITHIN = ("code_inline", "math_inline", "math_inline_double")
"""Tokens whose text is not Markdown: cloze deletions in it are marks in the text."""
_FOLLOWING = 4
"""Characters after braces that are used to find them in the source."""
_LONG_ENOUGH = 4
"""Minimum letters of a hidden text for it to be given away elsewhere: shorter ones occur by chance."""


@dataclass(frozen=True, slots=True)
class FoundDeletion:
    """A cloze deletion, in prose or in code, and its block."""

    number: int
    block: Token
    is_empty: bool


def deletions(passage: Passage) -> Iterator[FoundDeletion]:
    """Yield the cloze deletions of a passage."""
    for token in passage.tokens:
        if token.type in _WHOLE:
            yield from (
                FoundDeletion(number, token, empty) for number, empty in marked_deletions(token.content)
            )
        children = [child for child in token.children or () if child.type != "html_inline"]
        for child, following in zip_longest(children, children[1:]):
            if child.type == "cloze_open":
                yield FoundDeletion(child.meta["number"], token, following.type == "cloze_close")
            elif child.type in _WITHIN:
                yield from (
                    FoundDeletion(number, token, empty) for number, empty in marked_deletions(child.content)
                )


def unread_deletions(passage: Passage) -> Iterator[tuple[Token, str]]:
    """Yield text that looks like the start of a cloze deletion but is not one, with its block."""
    for token in passage.tokens:
        codes = [token.content] if token.type in _WHOLE else []
        codes += [child.content for child in token.children or () if child.type in _WITHIN]
        for child in token.children or ():
            if child.type in ("text", "cloze_close"):
                yield from ((token, match[0]) for match in _UNREAD_CLOZE.finditer(child.content))
            if child.type == "text":
                for match in _BRACES.finditer(child.content):
                    following = child.content[match.end() : match.end() + _FOLLOWING]
                    yield token, _as_written(token.content, match[0], following)
        for shown, marks in map(deletions_in_code, codes):
            for text in (shown, *(mark for _, mark in marks)):  # a hint has no cloze deletions
                yield from ((token, match[0]) for match in _UNREAD_CLOZE.finditer(text))


def _as_written(text: str, braces: str, following: str) -> str:
    """Return braces that begin no cloze deletion, with the text after them in their block."""
    following = following or "`"  # no text follows: probably code does
    return _braces_in(text).get(braces + following, braces)


@lru_cache(maxsize=4)
def _braces_in(text: str) -> Mapping[str, str]:
    """Return the braces in a text that begin no cloze deletion, as quoted, by the text that they begin."""
    found: dict[str, str] = {}
    for match in _BRACES.finditer(text):
        written = text[match.start() : match.end() + 20].partition("\n")[0]
        for length in range(1, _FOLLOWING + 1):
            found.setdefault(written[: len(match[0]) + length], written)
    return found


def _show(question: Question, html: Html) -> Shown:
    filled = (html(block, ClozeForm.FILLED) for block in question.lead.blocks())
    return Shown(
        lead=tuple(filter(None, filled)),
        cloze=html(question.lead, ClozeForm.MARKED),
        open=html(question.lead, ClozeForm.OPEN),
    )


def _cards(question: Question) -> tuple[int, ...]:
    return tuple(sorted({deletion.number - 1 for deletion in deletions(question.lead)}))


def _card_name(ordinal: int) -> str:
    return f"gap {ordinal + 1}"


def _hidden(question: Question) -> Hidden:
    shown, texts = _around_deletions(question)
    texts = [(block, text) for block, text in texts if len(text) >= _LONG_ENOUGH]
    code = [(block, text.strip()) for block in question.lead.tokens for text in _in_code(block)]
    return Hidden(
        texts=texts,
        shown=shown,
        what="the hidden text",
        where="visible beside its cloze deletion",
        hint="hide it there too, with the same number, or ask for something else",
        asked=_asked(question),
        cued=[*texts, *((block, text) for block, text in code if len(text) >= _LONG_ENOUGH)],
    )


def _asked(question: Question) -> str:
    return f"{question.prompt} {plain_text(question.context)}"


def _in_code(block: Token) -> Iterator[str]:
    """Yield what the deletions in a block's code hide."""
    codes = [block.content] if block.type in _WHOLE else []
    codes += [child.content for child in block.children or () if child.type in _WITHIN]
    for code in codes:
        yield from texts_of_deletions(code)


def _around_deletions(question: Question) -> tuple[str, list[tuple[Token, str]]]:
    """Return the prose that all cards of a cloze show, and the text that each cloze deletion hides."""
    shown, hidden = [_asked(question)], []
    for block in question.lead.tokens:
        depth, text = 0, ""
        for child in block.children or ():
            if child.type in ("cloze_open", "cloze_close"):
                depth += child.nesting
                if depth == 0:
                    hidden.append((block, text.strip()))
                    text = ""
            elif depth:
                text += child.content
            else:
                shown.append(child.content)
    return " ".join(shown), hidden


_RIGHT = "## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n"
NO_CLOZE = Code("no-cloze", bad=_RIGHT.replace("{{c1::discarded}}", "discarded"), good=_RIGHT)
CLOZE_NUMBER = Code("cloze-number", bad=_RIGHT.replace("c1", "c0"), good=_RIGHT)
EMPTY_CLOZE = Code("empty-cloze", bad=_RIGHT.replace("discarded}}", "}} discarded"), good=_RIGHT)
UNREAD_CLOZE = Code("unread-cloze", bad=_RIGHT.replace("::", ":"), good=_RIGHT)
SHOWN_FOOTNOTE = Code(
    "shown-footnote",
    reason="The front shows a footnote's text below the answer: it gives away the gap that it is about.",
    severity="warning",
    bad=_RIGHT.replace("discarded", "discarded^[So it keeps nothing.]"),
    good=f"{_RIGHT}\n<!-- more -->\n\nSo it keeps nothing.\n",
)


@check(NO_CLOZE, CLOZE_NUMBER, EMPTY_CLOZE, UNREAD_CLOZE, SHOWN_FOOTNOTE)
def deletions_are_read(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki makes no card for an invalid cloze deletion, and shows a cloze note without any as an error."""
    for question in chapter.all_questions():
        if question.kind == CLOZE.name:
            yield from _deletions(question)
            yield from _footnotes(question)


def _deletions(question: Question) -> Iterator[Diagnostic]:
    has_one = False
    finder = Finder(question.lead)
    for deletion in deletions(question.lead):
        has_one = True
        place = finder.find(deletion.block, f"{{{{c{deletion.number}::")
        if not 1 <= deletion.number <= LAST_NUMBER:
            yield CLOZE_NUMBER.at(
                place,
                f"Anki makes no card for a cloze deletion with number {deletion.number}",
                f"use numbers from 1 to {LAST_NUMBER}, and never renumber published cloze deletions",
            )
        if deletion.is_empty:
            yield EMPTY_CLOZE.at(place, "empty cloze deletion", "write the text to remember")
    finder = Finder(question.lead)
    for token, text in unread_deletions(question.lead):
        has_one = True
        yield UNREAD_CLOZE.at(
            finder.find(token, text),
            f"{text!r} is not a cloze deletion",
            "write {{c1::text}} or {{c1::text::hint}}, within one paragraph, with balanced brackets; write "
            "a literal '::' as '\\::'",
        )
    if not has_one:
        yield NO_CLOZE.at(
            question.location,
            "a '.cloze' question without a cloze deletion in its answer",
            "write the text to remember as {{c1::text}}",
        )


def _footnotes(question: Question) -> Iterator[Diagnostic]:
    for block in question.lead.tokens:
        depth = 0
        for child in block.children or ():
            depth += child.nesting if child.type in ("cloze_open", "cloze_close") else 0
            if depth and child.type == "footnote_ref":
                yield SHOWN_FOOTNOTE.at(
                    question.lead.locate(block, child),
                    "the front shows the text of this footnote, though it belongs to a gap",
                    "write its text below '<!-- more -->'; or its mark behind the gap, if it tells nothing",
                )


CLOZE = KindSpec(
    name="cloze",
    note_type="cloze",
    show=_show,
    cards=_cards,
    card_name=_card_name,
    checks=(deletions_are_read,),
    exempt=frozenset({"yes-no-question", "list-without-number", "answer-repeats-prompt"}),
    is_cloze=True,
    hidden=_hidden,
    room=("{{c1::}}",),
    column=6,
    starter="""\
<!-- .cloze: each number makes a card that hides everything with that number, in text and in code. Text \
after two
colons is a hint. Never renumber published cloze deletions. -->

## The indexes of a list begin at {#index-begins .junior .cloze tags="python indexes"}

{{c1::0}} and end at {{c2::`len(items) - 1`::an expression}}.

```python
items = ["a", "b", "c"]
print(items[{{c3::-1}}])  # the last one
```
""",
)
