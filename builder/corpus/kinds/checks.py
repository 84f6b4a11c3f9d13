"""What each kind of question needs, and what only one kind may have."""

from __future__ import annotations

from collections.abc import Iterator

from builder.corpus.kinds.answers import gaps, is_task_list, may_have_boxes, options, typed_text, unread_gaps
from builder.corpus.model import Chapter, Kind, Question
from builder.diagnostics import Diagnostic
from builder.markdown.cloze import LAST_NUMBER
from builder.markdown.parser import Passage
from builder.markdown.source import Finder


def gaps_are_gaps(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki makes no card of what it does not take for a gap, and shows a cloze without one as an error."""
    has_gaps = "{{c" in chapter.source.text
    for question in chapter.all_questions():
        is_cloze = question.kind is Kind.CLOZE
        if is_cloze:
            yield from _gaps(question)
        for passage in question.passages() if has_gaps else ():
            for token in () if is_cloze and passage is question.lead else passage.tokens:
                if "{{c" in token.content and any(
                    child.type == "cloze_open" for child in token.children or ()
                ):
                    yield Diagnostic(
                        passage.find(token, "{{c"),
                        "gap-elsewhere",
                        "only the answer of a '.cloze' question, before its '<!-- more -->', has gaps",
                        "move it there, or add '.cloze' to the question; put it in backticks if it is to be"
                        " shown as it is",
                    )


def _gaps(question: Question) -> Iterator[Diagnostic]:
    is_cloze = False
    finder = Finder(question.lead)
    for gap in gaps(question.lead):
        is_cloze = True
        place = finder.find(gap.block, f"{{{{c{gap.number}::")
        if not 1 <= gap.number <= LAST_NUMBER:
            yield Diagnostic(
                place,
                "gap-number",
                f"Anki makes no card of a gap with the number {gap.number}",
                f"number gaps from 1 to {LAST_NUMBER}, and never anew once they are published",
            )
        if gap.is_empty:
            yield Diagnostic(place, "empty-gap", "a gap without text", "write what is to be remembered")
    finder = Finder(question.lead)
    for token, text in unread_gaps(question.lead):
        is_cloze = True
        yield Diagnostic(
            finder.find(token, text),
            "unread-gap",
            f"{text!r} begins no gap",
            "a gap is {{c1::text}} or {{c1::text::hint}}, within one paragraph; brackets in it balance, or a"
            " backslash takes the meaning from \\::",
        )
    if not is_cloze:
        yield Diagnostic(
            question.location,
            "no-gap",
            "a '.cloze' question whose answer has no gap",
            "write what is to be remembered as {{c1::text}}",
        )


def options_are_options(chapter: Chapter) -> Iterator[Diagnostic]:
    """A choice has one right answer and others; elsewhere, boxes would be shown as brackets."""
    has_boxes = may_have_boxes(chapter.source.text)
    for question in chapter.all_questions():
        passages = question.passages() if has_boxes else ()
        lists = [block for passage in passages for block in passage.blocks() if is_task_list(block)]
        if question.kind is Kind.CHOICE:
            own = [block for block in question.lead.blocks() if is_task_list(block)]
            yield from _options(question, own[0]) if own else [_no_options(question)]
            lists = [block for block in lists if block not in own[:1]]
        for block in lists:
            yield Diagnostic(
                block.locate(block.tokens[0]),
                "boxes-elsewhere",
                "only the answer of a '.choice' question has a list with boxes, and only one",
                "leave out the boxes, or add '.choice' to the question",
            )


def _no_options(question: Question) -> Diagnostic:
    return Diagnostic(
        question.location,
        "no-options",
        "a '.choice' question without options",
        "list them in the answer: '- [x] the right one', '- [ ] another'",
    )


def _options(question: Question, block: Passage) -> Iterator[Diagnostic]:
    found = options(block)
    right = sum(option.is_right for option in found)
    if right != 1 or len(found) < 2:
        yield Diagnostic(
            block.locate(block.tokens[0]),
            "one-right-option",
            f"{len(found)} options, of which {right} are right"
            if len(found) > 1
            else "one option is no choice",
            "mark the right one with [x], all others with [ ]",
        )
    for option in found:
        if not option.has_box or option.text.is_blank:
            yield Diagnostic(
                block.locate(option.item),
                "empty-option",
                "an option that does not begin with a box and its words",
                "begin each with '- [ ] words', or '- [x] words'; reasons stand below it, indented",
            )


def typed_answers_can_be_typed(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki compares one line of text with what was typed."""
    for question in chapter.all_questions():
        if question.kind is not Kind.TYPED:
            continue
        text = typed_text(question.lead)
        if not text.strip():
            yield Diagnostic(
                question.location,
                "nothing-to-type",
                "a '.typed' question whose answer has no inline code",
                "the first text in backticks is what the learner is to type",
            )
