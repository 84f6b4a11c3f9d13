"""Typed questions: learners type the answer, and Anki compares it letter by letter."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from builder.corpus.kinds.spec import Hidden, Html, KindSpec, Shown, html_blocks
from builder.corpus.model import Chapter, Question
from builder.diagnostics import Code, Diagnostic, check
from builder.markdown.source import inline_tokens, plain_text


def typed_text(question: Question) -> str:
    """Return the text that a learner has to type: the first inline code; empty if there is none."""
    codes = (token.content for _, token in inline_tokens(question.lead) if token.type == "code_inline")
    return next(codes, "")


def _show(question: Question, html: Html) -> Shown:
    return Shown(
        lead=html_blocks(question.lead.blocks(), html), fields={"Typed": escape(typed_text(question))}
    )


def _hidden(question: Question) -> Hidden:
    return Hidden(
        texts=((None, typed_text(question).strip()),),
        shown=f"{question.prompt} {plain_text(question.context)}",
        what="the expected answer",
        where="in the prompt",
        hint="ask for it without naming it",
    )


NOTHING_TO_TYPE = Code(
    "nothing-to-type",
    bad="## Which function builds a URL? {#url-for .typed}\n\nurl_for\n",
    good="## Which function builds a URL? {#url-for .typed}\n\n`url_for`\n",
)


@check(NOTHING_TO_TYPE)
def typed_answers_can_be_typed(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki compares the typed answer with one line of text."""
    for question in chapter.all_questions():
        if question.kind == TYPED.name and not typed_text(question).strip():
            yield NOTHING_TO_TYPE.at(
                question.location,
                "a '.typed' question whose answer has no inline code",
                "put the text to type in backticks",
            )


TYPED = KindSpec(
    name="typed",
    show=_show,
    checks=(typed_answers_can_be_typed,),
    exempt=frozenset({"list-without-number"}),
    typed=typed_text,
    hidden=_hidden,
    room=("``",),
    column=1,
    starter="""\
<!-- A heading of three # with an id is a drill: a small card of its own, with the level and tags of its \
question.
.typed: learners type the first text in backticks, to the letter. -->

### What does `list.sort` return? {#sort-returns .typed}

`None`: it sorts the list itself.
""",
)
