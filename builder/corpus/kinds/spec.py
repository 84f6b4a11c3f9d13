"""`KindSpec`: everything in which one kind of question differs from the others.

All other code asks the value, and knows no kind by its name. To add a kind, write a module that makes a
`KindSpec`, and add it to the table of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from builder.corpus.model import Chapter, Question, RightPlace
from builder.diagnostics import Check
from builder.markdown.cloze import ClozeForm
from builder.markdown.source import Passage, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token

Html = Callable[[Passage, ClozeForm], str]
"""Renders a passage as HTML, and records the images that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A rendered answer, as HTML. Parts that its kind lacks are empty."""

    lead: tuple[str, ...]
    """Lead as printed, block by block, without the blocks that `options` and `solution` show."""
    options: str = ""
    """Options as the front shows them, below the prompt."""
    solution: str = ""
    """Options as the back and all prints show them, above the lead."""
    cloze: str = ""
    """Lead with Anki's cloze deletions, in place of the lead."""
    open: str = ""
    """Lead with cloze deletions as elements, for flashcards: empty on the front, filled on the back."""
    solved: str = ""
    """Lead for the back of flashcards, if `open` is only for the front."""
    brief: str = ""
    """The whole answer in one line, for the cheat-sheet, if the lead's first sentences are not the answer."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Texts of fields that only this kind fills, by Anki's names for them."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a multiple choice: a line of a task list, `- [x]` the right one, `- [ ]` another."""

    item: Token
    """Token that begins it."""
    text: Passage
    reason: Passage
    """Text below it: why it is right, or wrong."""
    is_right: bool
    has_box: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Texts that a learner has to recall, and the text that the front shows."""

    texts: Sequence[tuple[Token | None, str]]
    """Texts to recall, each with its block of the lead; None places the finding at the prompt."""
    shown: str
    what: str
    """Beginning of the message about one of them: "the expected answer"."""
    where: str
    """End of that message: "in the prompt"."""
    hint: str
    asked: str = ""
    """The prompt and its context, in which any form of a word gives it away."""
    cued: Sequence[tuple[Token | None, str]] = ()
    """Texts that may not be in `asked`, not even in capitals or as a plural."""


def shown_as_written(question: Question, html: Html) -> Shown:
    """Show a lead block by block, as it is written."""
    return Shown(lead=html_blocks(question.lead.blocks(), html))


def html_blocks(blocks: Iterable[Passage], html: Html) -> tuple[str, ...]:
    """Render blocks one by one; leave out empty ones, such as comments."""
    return tuple(filter(None, (html(block, ClozeForm.WRITTEN) for block in blocks)))


def _one_card(question: Question) -> tuple[int, ...]:
    return (0,)


def _no_name(ordinal: int) -> str:
    return ""


def _lead_words(question: Question) -> str:
    return plain_text(question.lead)


def _no_options(question: Question) -> Sequence[Option]:
    return ()


def _no_place(question: Question) -> RightPlace | None:
    return None


def _nothing_typed(question: Question) -> str:
    return ""


def _nothing_hidden(question: Question) -> Hidden | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """A kind of question. The defaults are those of the plain kind."""

    name: str
    """Class of a heading, `.name`, and the name in all lists of kinds."""

    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The attributes of a heading that only this kind has, `name="value"`, each with its possible values."""

    # Anki
    note_type: Literal["basic", "cloze"] = "basic"
    """Note type, part of each note's identity; must not change once a question of this kind is published."""
    show: Callable[[Question, Html], Shown] = shown_as_written
    """Renders the answer, for fields, prints and the preview."""
    cards: Callable[[Question], tuple[int, ...]] = _one_card
    """Returns the ordinals of a question's cards: of card templates, or cloze numbers minus one."""
    card_name: Callable[[int], str] = _no_name
    """Returns a card's name in the preview, by its ordinal, if a question has several cards."""

    # Checks
    checks: tuple[Check[Chapter], ...] = ()
    """Checks of every chapter, whatever the kinds of its questions are."""
    exempt: frozenset[str] = frozenset()
    """Codes of the rules for good cards that do not apply to it."""
    is_cloze: bool = False
    """True if `{{c1::…}}` in the lead is a cloze deletion, and not ordinary text."""
    words: Callable[[Question], str] = _lead_words
    """Returns the words that a learner has to say; rules on an answer's length count them."""
    options: Callable[[Question], Sequence[Option]] = _no_options
    """Returns the options that a learner chooses from."""
    right_place: Callable[[Question], RightPlace | None] = _no_place
    """Returns the place of the right option if the author fixes it; else None."""
    typed: Callable[[Question], str] = _nothing_typed
    """Returns the text that a learner has to type."""
    hidden: Callable[[Question], Hidden | None] = _nothing_hidden
    """Returns the texts that the front may not give away; None if there are none."""

    # Writing
    room: tuple[str, ...] = ()
    """Lines of a blank answer, for `cardpress new question`; unfilled, they do not count as an answer."""
    column: int = 0
    """Number of characters in the first of these lines before the place to begin writing."""
    starter: str = ""
    """Commented question in Markdown, for the chapter that `cardpress new` writes."""
