"""Multiple choice: a question with one right option among others. The front shows all options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from builder.corpus.kinds.spec import Html, KindSpec, Option, Shown, html_blocks
from builder.corpus.model import Chapter, Question, RightPlace
from builder.diagnostics import Code, Diagnostic, Edit, check
from builder.markdown.cloze import ClozeForm
from builder.markdown.sounds import silent
from builder.markdown.source import Passage, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token

AS_WRITTEN = "as-written"
"""Value of `order` that keeps the options in the order in which they are written."""
_BOX = re.compile(r"\[([ xX])\][ \t]+")
_BESIDE_BOX = re.compile(r"[ \t]*[-*+]([ \t]*)(\[[ xX]\])([ \t]*)(?=\S)")
_HOW_TO_SPACE = "put a space between the '-' and the box, and one after it: '- [x] words'"
_MARK = ' <span class="mark">✓</span>'


def may_have_boxes(text: str) -> bool:
    """Return quickly whether a text may have a list with boxes."""
    return _BOX.search(text) is not None


def is_task_list(block: Passage) -> bool:
    """Return whether a block is a list with boxes."""
    return block.tokens[0].type == "bullet_list_open" and any(
        _BOX.match(token.content)
        for token, before in zip(block.tokens[2:], block.tokens[1:], strict=False)
        if token.type == "inline" and before.level == 2
    )


def options(block: Passage) -> list[Option]:
    """Return the options of a task list."""
    return [_option(block, item) for item in _items(block)]


def _items(block: Passage) -> Iterator[tuple[Token, ...]]:
    start = 0
    for index, token in enumerate(block.tokens):
        if token.level == 1 and token.type == "list_item_open":
            start = index
        elif token.level == 1 and token.type == "list_item_close":
            yield block.tokens[start:index]


def _option(block: Passage, item: tuple[Token, ...]) -> Option:
    opening, *body = item
    if len(body) < 2 or body[1].type != "inline":
        rest = Passage(block.source, tuple(body))
        return Option(opening, Passage(block.source), rest, is_right=False, has_box=False)
    box = _BOX.match(body[1].content)
    inline = body[1].copy()
    if box and inline.children:
        first = inline.children[0].copy()
        first.content = first.content[box.end() :]
        inline.children = [first, *inline.children[1:]]
    return Option(
        opening,
        Passage(block.source, (inline,)),
        Passage(block.source, tuple(body[3:])),
        is_right=box is not None and box[1] != " ",
        has_box=box is not None,
    )


def _divide(question: Question) -> tuple[Sequence[Option], list[Passage]]:
    """Return the options of a lead, and its other blocks."""
    blocks = list(question.lead.blocks())
    place = next((index for index, block in enumerate(blocks) if is_task_list(block)), None)
    if place is None:
        return (), blocks
    return options(blocks[place]), blocks[:place] + blocks[place + 1 :]


def _own_options(question: Question) -> Sequence[Option]:
    return _divide(question)[0]


def _keeps_order(question: Question) -> bool:
    return ("order", AS_WRITTEN) in question.attributes.values


def _right_place(question: Question) -> RightPlace | None:
    own = _own_options(question) if _keeps_order(question) else ()
    return next((RightPlace(place, len(own)) for place, each in enumerate(own) if each.is_right), None)


def in_order(question: Question, own: Sequence[Option]) -> Sequence[Option]:
    """Return options in the order that cards show: the place of the right one is derived from the id.

    The others keep their written order. Authors themselves mostly choose the middle, so learners would guess
    the place.
    """
    right = [option for option in own if option.is_right]
    if len(right) != 1 or _keeps_order(question):
        return own
    others = [option for option in own if not option.is_right]
    place = shown_place(question.identity, len(own))
    return [*others[:place], *right, *others[place:]]


def shown_place(identity: str, number: int) -> int:
    """Return the place, from 0, of the right option among a number of options, if its author fixes none."""
    return int.from_bytes(sha256(identity.encode()).digest()[:8]) % number


def _words(question: Question) -> str:
    """Return the words of an answer without its options; these have their own rule."""
    return " ".join(plain_text(block) for block in question.lead.blocks() if not is_task_list(block))


def _show(question: Question, html: Html) -> Shown:
    written, others = _divide(question)
    own = in_order(question, written)
    return Shown(
        lead=html_blocks(others, html),
        options=_listed(f"<li>{html(option.text, ClozeForm.WRITTEN)}</li>" for option in own),
        solution=_listed(_solved(option, html) for option in own),
    )


def _solved(option: Option, html: Html) -> str:
    mark = _MARK if option.is_right else ""
    name = "right" if option.is_right else "wrong"
    reason = html(option.reason, ClozeForm.WRITTEN)
    below = f'<div class="reason">{reason}</div>' if reason else ""
    text = html(option.text, ClozeForm.WRITTEN)
    # The front has played all options; the back plays the right one.
    return f'<li class="{name}">{text if option.is_right else silent(text)}{mark}{below}</li>'


def _listed(items: Iterable[str]) -> str:
    html = "".join(items)
    return f'<ol class="options">{html}</ol>' if html else ""


_RIGHT = "## Which lives longer? {#longer .choice}\n\nOne is a cookie:\n\n- [ ] `g`\n- [x] `session`\n"
NO_OPTIONS = Code("no-options", bad="## Which lives longer? {#longer .choice}\n\n`session`\n", good=_RIGHT)
ONE_RIGHT_OPTION = Code("one-right-option", bad=_RIGHT.replace("[ ]", "[x]"), good=_RIGHT)
EMPTY_OPTION = Code("empty-option", bad=f"{_RIGHT}- both\n", good=f"{_RIGHT}- [ ] both\n")
BOXES_ELSEWHERE = Code("boxes-elsewhere", bad=_RIGHT.replace(" .choice", ""), good=_RIGHT)


@check(NO_OPTIONS, ONE_RIGHT_OPTION, EMPTY_OPTION, BOXES_ELSEWHERE)
def options_are_options(chapter: Chapter) -> Iterator[Diagnostic]:
    """A choice has one right answer and others; elsewhere, boxes would be shown as brackets."""
    has_boxes = may_have_boxes(chapter.text)
    for question in chapter.all_questions():
        passages = question.passages() if has_boxes else ()
        lists = [block for passage in passages for block in passage.blocks() if is_task_list(block)]
        if question.kind == CHOICE.name:
            own = [block for block in question.lead.blocks() if is_task_list(block)]
            yield from _options(question, own[0]) if own else [_no_options(question)]
            lists = [block for block in lists if block not in own[:1]]
        for block in lists:
            yield BOXES_ELSEWHERE.at(
                block.locate(block.tokens[0]),
                "only the answer of a '.choice' question has a list with boxes, and only one",
                "leave out the boxes, or add '.choice' to the question",
            )


def _no_options(question: Question) -> Diagnostic:
    joined = list(_joined(question))
    return NO_OPTIONS.at(
        question.location,
        "a '.choice' question without options",
        _HOW_TO_SPACE if joined else "list them in the answer: '- [x] the right one', '- [ ] another'",
        *joined,
    )


def _joined(question: Question) -> Iterator[Edit]:
    """Yield edits that add missing spaces before or after the boxes of a list, as in `-[x]`."""
    maps = [token.map for token in question.lead.tokens if token.map and token.type == "inline"]
    for number in sorted({number for first, end in maps for number in range(first, end)}):
        found = _BESIDE_BOX.match(question.lead.source.lines[number])
        if found and not (found[1] and found[3]):
            yield Edit.within(number + 1, found.start(1) + 1, "".join(found.groups()), f" {found[2]} ")


def _options(question: Question, block: Passage) -> Iterator[Diagnostic]:
    found, joined = options(block), list(_joined(question))
    right = sum(option.is_right for option in found)
    if right != 1 or len(found) < 2:
        yield ONE_RIGHT_OPTION.at(
            block.locate(block.tokens[0]),
            f"{len(found)} options, of which {right} are right"
            if len(found) > 1
            else "one option is not a choice",
            _HOW_TO_SPACE if joined else "mark the right one with [x], all others with [ ]",
            *joined,
        )
    for option in found:
        if not option.has_box or option.text.is_blank:
            yield EMPTY_OPTION.at(
                block.locate(option.item),
                "an option that does not begin with a box and its words",
                "begin each with '- [ ] words', or '- [x] words'; write reasons below it, indented",
            )


CHOICE = KindSpec(
    name="choice",
    attributes={"order": (AS_WRITTEN,)},
    show=_show,
    checks=(options_are_options,),
    exempt=frozenset({"yes-no-question", "list-without-number", "answer-repeats-prompt"}),
    words=_words,
    options=_own_options,
    right_place=_right_place,
    room=("- [x] ", "- [ ] ", "- [ ] "),
    column=6,
    starter="""\
<!-- .choice: the right option has an x; write a reason below each. cardpress chooses the place of the right
option on cards and in print. -->

### Which of these adds every item of a second list to the first? {#extend .choice}

- [ ] `first.append(second)`

  It adds the second list as one item.
- [x] `first.extend(second)`

  It takes the items one by one.
- [ ] `first.insert(second)`

  It needs a place and an item.
""",
)
