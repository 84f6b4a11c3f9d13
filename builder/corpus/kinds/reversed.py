"""Reversed questions: one card asks what a thing is, another what it is called."""

from __future__ import annotations

from builder.corpus.kinds.spec import Html, KindSpec, Shown, html_blocks
from builder.corpus.model import Question


def _show(question: Question, html: Html) -> Shown:
    # Anki makes the second card if this field is not empty.
    return Shown(lead=html_blocks(question.lead.blocks(), html), fields={"Reverse": "yes"})


def _cards(question: Question) -> tuple[int, ...]:
    return (0, 1)


def _card_name(ordinal: int) -> str:
    return "reverse" if ordinal else "forward"


REVERSED = KindSpec(
    name="reversed",
    show=_show,
    cards=_cards,
    card_name=_card_name,
    exempt=frozenset({"answer-repeats-prompt"}),
    starter="""\
<!-- .reversed makes two cards: what is this, and what is this called? -->

### `list.append` {#append .reversed}

Puts one item at the end of a list.
""",
)
