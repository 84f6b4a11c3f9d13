"""What a kind of question is: all that tells it from the others, as a value.

Everything else asks the value, and knows no kind by its name. To add one, write a module that makes a
`KindSpec`, and put it into the table of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from builder.corpus.model import Chapter, Question, RightPlace
from builder.diagnostics import Check
from builder.markdown.cloze import Gaps
from builder.markdown.source import Passage, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token

Html = Callable[[Passage, Gaps], str]
"""Renders a passage, and keeps in mind the images that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer made ready to show, as HTML; what a kind does not have is empty."""

    lead: tuple[str, ...]
    """Block by block, as it is printed; what `options` and `solution` show is not in it."""
    options: str = ""
    """What the front shows below the prompt."""
    solution: str = ""
    """The same as the back and all prints show it, above the lead."""
    gapped: str = ""
    """The lead with its gaps marked for Anki, in place of the lead."""
    open: str = ""
    """The lead with its gaps as elements, for flashcards: empty on the front, filled on the back."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Texts of fields that only this kind fills, by the names that Anki has for them."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Texts that a learner has to recall, and what the front of the card shows beside them."""

    texts: Sequence[tuple[Token | None, str]]
    """Each with the block of the lead in which it stands; none where the prompt is to be named."""
    shown: str
    what: str
    """The subject of the sentence that names one of them: "what is to be typed"."""
    where: str
    """Its end: "in the prompt"."""
    hint: str
    asked: str = ""
    """The prompt, and what belongs to it: where a word is given away in whatever form."""
    cued: Sequence[tuple[Token | None, str]] = ()
    """Texts that may not stand there, neither in capitals nor as a plural."""


def shown_as_written(question: Question, html: Html) -> Shown:
    """Show a lead block by block, as it is written."""
    return Shown(lead=html_blocks(question.lead.blocks(), html))


def html_blocks(blocks: Iterable[Passage], html: Html) -> tuple[str, ...]:
    """Render blocks one by one; comments are none."""
    return tuple(filter(None, (html(block, Gaps.WRITTEN) for block in blocks)))


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
    """A kind of question. What it does not say is as with the plain kind."""

    name: str
    """The class of a heading, `.name`, and what is listed wherever kinds are."""

    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The attributes of a heading that only this kind has, `name="value"`, each with its possible values."""

    # Anki
    note_type: Literal["basic", "cloze"] = "basic"
    """Part of each note's identity: never another once a question of this kind is published."""
    show: Callable[[Question, Html], Shown] = shown_as_written
    """Renders the answer: fields, prints and preview are made of it."""
    cards: Callable[[Question], tuple[int, ...]] = _one_card
    """Returns the ordinals of a question's cards: of templates, or one less than the numbers of gaps."""
    card_name: Callable[[int], str] = _no_name
    """Returns what the preview calls a card, by its ordinal, where a question has several."""

    # Checks
    checks: tuple[Check[Chapter], ...] = ()
    """Run on every chapter, whatever kinds its questions are of."""
    exempt: frozenset[str] = frozenset()
    """Codes of the rules for good cards that do not suit it."""
    has_gaps: bool = False
    """Whether cloze deletions in the lead are gaps, and no ordinary text."""
    words: Callable[[Question], str] = _lead_words
    """Returns the words that a learner has to say: what is counted where answers are to be short."""
    options: Callable[[Question], Sequence[Option]] = _no_options
    """Returns the options among which a learner chooses."""
    right_place: Callable[[Question], RightPlace | None] = _no_place
    """Returns where the right option stands, if it is the author who says where."""
    typed: Callable[[Question], str] = _nothing_typed
    """Returns the text that a learner has to type."""
    hidden: Callable[[Question], Hidden | None] = _nothing_hidden
    """Returns what the front may not give away."""

    # Writing
    room: tuple[str, ...] = ()
    """The lines of an answer to be filled in, for `cardpress new question`: unfilled, they are errors."""
    column: int = 0
    """Where in the first of them an author begins to write: characters before it."""
    starter: str = ""
    """Markdown: a commented question, for the chapter that `cardpress new` writes."""
