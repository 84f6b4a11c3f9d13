"""Image occlusion: an image with boxes in percent of it; each cloze number makes a card that hides its boxes.

A box is an item of the list right below the image: a cloze deletion with the name of the hidden part, then
left, top, width and height. Number, name and hint are written as in `.cloze`, so its rules for published
numbers hold here, too (docs/decisions/image-occlusion.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from builder.corpus.kinds.cloze import CLOZE_NUMBER, EMPTY_CLOZE
from builder.corpus.kinds.spec import Hidden, Html, KindSpec, Shown, html_blocks
from builder.corpus.model import Chapter, Question
from builder.design.language import punctuation
from builder.diagnostics import Code, Diagnostic, Location, check
from builder.markdown.cloze import LAST_NUMBER, ClozeForm, closing, deletions_in_prose, opening, seal
from builder.markdown.sounds import is_sound
from builder.markdown.source import Passage, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token

_HIDE, _ALL = "hide", "all"
_ROUND = "ellipse"
_LISTS = ("bullet_list_open", "ordered_list_open")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%")
MOST_BOXES = 100
"""Maximum boxes of an image: no card with more can be read."""
_LONG_ENOUGH = 4
"""Minimum letters of a hidden name for it to be given away elsewhere: shorter ones occur by chance."""
_LOW, _HIGH = 80, 12
"""Places, in percent, below or above which there is no room for a name beside a box."""
_BESIDE_EDGE = 34
"""Width of the left and right margins of an image, in percent, in which names align with their boxes."""
_AS_LIST = "- {{c1::name}} 45% 30% 20% 15%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of an image. Left, top, width and height are in percent of the image."""

    number: int
    """The cloze number of its deletion."""
    name: Passage
    """Name of the part that it hides: the text of its deletion."""
    hint: str
    left: Decimal
    top: Decimal
    width: Decimal
    height: Decimal
    is_round: bool
    block: Token
    """The token of its line."""
    location: Location

    @property
    def right(self) -> Decimal:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> Decimal:
        """Its bottom edge."""
        return self.top + self.height

    def covers(self, other: Box) -> bool:
        """Tell whether another box lies completely within it."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


@dataclass(frozen=True, slots=True)
class _Misread:
    """A line of the list that is not a box."""

    location: Location
    what: str
    hint: str = f"a box is a line {_AS_LIST!r}: left, top, width and height; 'ellipse' may follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A lead, divided: the image, the list below it, and all other blocks."""

    above: Sequence[Passage]
    image: Token | None
    """The image's own token."""
    written: Passage | None
    """The list as it is written."""
    lines: Sequence[Box | _Misread]
    below: Sequence[Passage]

    @property
    def boxes(self) -> list[Box]:
        return [line for line in self.lines if isinstance(line, Box)]


def _divide(question: Question) -> _Parts:
    blocks = [block for block in question.lead.blocks() if not block.is_blank]
    place = next((n for n, block in enumerate(blocks) if _only_image(block)), None)
    if place is None:
        return _Parts(above=blocks, image=None, written=None, lines=(), below=())
    image, below = _only_image(blocks[place]), blocks[place + 1 :]
    if below and below[0].tokens[0].type in _LISTS:
        lines = [_read(below[0], item) for item in _items(below[0])]
        return _Parts(above=blocks[:place], image=image, written=below[0], lines=lines, below=below[1:])
    return _Parts(above=blocks[:place], image=image, written=None, lines=(), below=below)


def _only_image(block: Passage) -> Token | None:
    """Return the image of a paragraph that consists of one image; else None."""
    if block.tokens[0].type != "paragraph_open":
        return None
    children = [
        child
        for child in block.tokens[1].children or ()
        if child.type == "image" or child.type != "text" or child.content.strip()
    ]
    return children[0] if len(children) == 1 and _is_image(children[0]) else None


def _is_image(token: Token) -> bool:
    return token.type == "image" and not is_sound(str(token.attrs["src"]))


def _items(block: Passage) -> Iterator[tuple[Token, ...]]:
    """Yield the items of a list, each with all that is in it."""
    start = 0
    for index, token in enumerate(block.tokens):
        if token.level == 1 and token.type == "list_item_open":
            start = index
        elif token.level == 1 and token.type == "list_item_close":
            yield block.tokens[start:index]


def _read(block: Passage, item: Sequence[Token]) -> Box | _Misread:
    """Read a line of the list."""
    first, *body = item
    if len(body) < 2 or body[1].type != "inline":
        return _Misread(block.locate(first), "a line without a box in a list of boxes")
    line, content = body[1], body[1].content
    deletions = deletions_in_prose(content)
    deletion = deletions.get(0)
    children = line.children or []
    if deletion is None or not children or children[0].type != "cloze_open":
        return _Misread(block.locate(line), "a box does not begin with a cloze deletion")
    if len(deletions) > 1:
        second = min(place for place in deletions if place)
        return _Misread(block.locate_at(line, second), "a box has more than one cloze deletion")
    if len(body) > 3:
        return _Misread(block.locate(body[3]), "text below a box")
    written = re.finditer(r"\S+", content[deletion.end :])
    words = [(word[0], block.locate_at(line, deletion.end + word.start())) for word in written]
    is_round = len(words) == 5 and words[4][0] == _ROUND
    if len(words) > 4 and not is_round:
        return _Misread(words[4][1], f"{words[4][0]!r} does not belong to a box")
    if len(words) < 4:
        return _Misread(
            block.locate_at(line, deletion.start), f"a box has {len(words)} values (it needs 4, in percent)"
        )
    values: list[Decimal] = []
    for word, place in words[:4]:
        percent = _PERCENT.fullmatch(word)
        if percent is None:
            return _Misread(
                place, f"{word!r} is not a percentage", "write a number and a percent sign: '45%', or '45.5%'"
            )
        values.append(Decimal(percent[1]))
    left, top, width, height = values
    closing_at = next(n for n, child in enumerate(children) if child.type == "cloze_close")
    text = line.copy()
    text.children = children[1:closing_at]
    text.content = content[deletion.content : deletion.content_end]
    return Box(
        number=deletion.number,
        name=Passage(block.source, (text,)),
        hint=deletion.hint.strip(),
        left=left,
        top=top,
        width=width,
        height=height,
        is_round=is_round,
        block=line,
        location=block.locate_at(line, deletion.start),
    )


def _cards(question: Question) -> tuple[int, ...]:
    return tuple(sorted({box.number - 1 for box in _divide(question).boxes}))


def _card_name(ordinal: int) -> str:
    return f"box {ordinal + 1}"


def _hides_all(question: Question) -> bool:
    return (_HIDE, _ALL) in question.attributes.values


def _show(question: Question, html: Html) -> Shown:
    parts = _divide(question)
    boxes = parts.boxes
    above, below = html_blocks(parts.above, html), html_blocks(parts.below, html)
    if parts.image is None:
        return Shown(lead=(*above, *below))
    width, image = _image(question, parts.image, html)

    def drawn(names: str, mark: Callable[[Box], str], style: str) -> str:
        masks = "".join(
            f'<span class="{_classes(box)}" style="{_style(box)}">{mark(box)}</span>' for box in boxes
        )
        return f'<div class="occlusion {names}"{style}>{image}{masks}</div>'

    # Paper limits the height of an image, too; then its proportions decide the width.
    on_paper = f' style="max-width: min({width}, 100%)"' if width else ""
    hides = "all" if _hides_all(question) else "one"
    explained = (f'<div class="explained">{"".join(below)}</div>',) if below else ()
    on_card = drawn(hides, lambda box: _deletion(box, html), f' style="width: {width}"' if width else "")
    blank, filled = (
        drawn(names, lambda box: f"<b>{box.number}</b>", on_paper) for names in ("blank", "filled")
    )
    names = _legend(boxes, html, question.language)
    answer = f'<div class="solved">{filled}<p class="legend">{names}</p></div>'
    return Shown(
        lead=(*above, blank, answer, *below),
        cloze=seal("\n".join((*above, on_card, *explained))),
        open="\n".join((*above, blank)),
        solved="\n".join((answer, *below)),
        brief=f"<p>{names}</p>" if boxes else "",
    )


def _image(question: Question, image: Token, html: Html) -> tuple[str, str]:
    """Return the width that the author gave an image, empty if none, and the image's HTML without it."""
    shown = image.copy()
    width = str(image.meta.get("width", ""))
    shown.meta = {name: value for name, value in image.meta.items() if name != "width"}
    inline = next(token for token in question.lead.tokens if image in (token.children or ())).copy()
    inline.children = [shown]
    width += "px" if width.isdecimal() else ""
    return width, html(Passage(question.lead.source, (inline,)), ClozeForm.WRITTEN)


def _deletion(box: Box, html: Html) -> str:
    """Return a box's deletion for Anki, to be sealed. Its text is an element, shown beside the box."""
    name = f'<span class="name" dir="auto">{html(box.name, ClozeForm.WRITTEN)}</span>'
    return opening(box.number) + name + closing(box.hint or "?")


def _legend(boxes: Sequence[Box], html: Html, language: str) -> str:
    """Return the numbers and names of all boxes in one line, sorted by number."""
    ordered = sorted(boxes, key=lambda box: box.number)
    return punctuation(language).semicolon.join(
        f"<b>{box.number}</b>&#160;{html(box.name, ClozeForm.WRITTEN)}" for box in ordered
    )


def _classes(box: Box) -> str:
    """Return the classes of a mask: its shape, and the side with room for a text beside it."""
    centre = box.left + box.width / 2
    classes = {
        "mask": True,
        "round": box.is_round,
        "hinted": bool(box.hint),
        "above": box.bottom > _LOW and box.top > _HIGH,
        "within": box.bottom > _LOW and box.top <= _HIGH,
        "from-left": centre < _BESIDE_EDGE,
        "from-right": centre > 100 - _BESIDE_EDGE,
    }
    return " ".join(name for name, applies in classes.items() if applies)


def _style(box: Box) -> str:
    """Return the place of a mask, and the maximum width of a text beside it, in percent of the mask's."""
    centre = box.left + box.width / 2
    room = 100 - box.left if centre < _BESIDE_EDGE else box.right
    if _BESIDE_EDGE <= centre <= 100 - _BESIDE_EDGE:
        room = 2 * min(centre, 100 - centre)
    places = {"left": box.left, "top": box.top, "width": box.width, "height": box.height}
    own = f"--room: {round(100 * room / box.width) if box.width else 100}%"
    return "; ".join([*(f"{name}: {_number(value)}%" for name, value in places.items()), own])


def _number(value: Decimal) -> str:
    """Return a number without trailing zeros, so that equal boxes have equal texts."""
    return f"{value.normalize():f}"


def _words(question: Question) -> str:
    """Return the words that a learner has to say, and those of the explanation."""
    parts = _divide(question)
    return " ".join(plain_text(each) for each in (*(box.name for box in parts.boxes), *parts.below))


def _hidden(question: Question) -> Hidden:
    parts = _divide(question)
    asked = f"{question.prompt} {plain_text(question.context)}"
    texts = [(box.block, plain_text(box.name).strip()) for box in parts.boxes]
    texts = [(block, text) for block, text in texts if len(text) >= _LONG_ENOUGH]
    return Hidden(
        texts=texts,
        shown=" ".join((asked, *map(plain_text, parts.above))),
        what="the hidden name",
        where="visible in the prompt or above the image",
        hint="ask for it without naming it; text below the boxes is on the back only",
        asked=asked,
        cued=texts,
    )


_IMAGE, _LIST = "![A blue square](media/blue.png)", "- {{c1::the middle}} 40% 40% 20% 20%"
_HEADING = "## Which part is this? {#blue-parts .occlusion}"
_RIGHT = f"{_HEADING}\n\n{_IMAGE}\n\n{_LIST}\n- {{{{c2::a corner}}}} 0% 0% 20% 20%\n"
ONE_IMAGE = Code(
    "one-image",
    reason="Boxes are measured in percent of one image, which is directly above their list.",
    bad=_RIGHT.replace(f"{_IMAGE}\n\n", ""),
    good=_RIGHT,
)
BOX_COUNT = Code(
    "box-count",
    reason="Each cloze number makes a card: without a box there is no card, and a hundred boxes hide the"
    " whole image.",
    bad=f"{_HEADING}\n\n{_IMAGE}\n",
    good=_RIGHT,
)
UNREAD_BOX = Code(
    "unread-box",
    reason="A line that is not a valid box would be missing from the image.",
    bad=_RIGHT.replace("40% 40% 20% 20%", "40 40 20 20"),
    good=_RIGHT,
)
BOX_OUTSIDE = Code(
    "box-outside",
    reason="A box outside the image, or without a size, hides nothing.",
    bad=_RIGHT.replace("0% 0% 20% 20%", "90% 0% 20% 20%"),
    good=_RIGHT.replace("0% 0% 20% 20%", "80% 0% 20% 20%"),
)
COVERED_BOX = Code(
    "covered-box",
    reason="Two boxes in one place ask for two answers. Where all are hidden, a box below another one stays"
    " hidden when it is asked for.",
    bad=_RIGHT.replace("0% 0% 20% 20%", "40% 40% 20% 20%"),
    good=_RIGHT.replace("0% 0% 20% 20%", "60% 40% 20% 20%"),
)


HIDDEN_SOUND = Code(
    "hidden-sound",
    reason="Anki plays each sound in a card's text, seen or not. What the front hides would be heard there.",
    bad=f"{_RIGHT}\n![the word](media/hund.wav)\n",
    good=f"{_RIGHT}\n<!-- more -->\n\n![the word](media/hund.wav)\n",
)


@check(ONE_IMAGE, BOX_COUNT, UNREAD_BOX, BOX_OUTSIDE, COVERED_BOX, HIDDEN_SOUND)
def boxes_lie_on_an_image(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki shows a mask at any place, even outside the image."""
    for question in chapter.all_questions():
        if question.kind == OCCLUSION.name:
            yield from _checked(question)


def _checked(question: Question) -> Iterator[Diagnostic]:
    parts = _divide(question)
    images = [
        (block, child) for block in question.lead.tokens for child in block.children or () if _is_image(child)
    ]
    if parts.image is None:
        yield ONE_IMAGE.at(
            question.lead.locate(*images[0]) if images else question.location,
            "an '.occlusion' question without an image in a paragraph of its own",
            "put the image into the answer, and the list of boxes right below it",
        )
        return
    for block, image in images:
        if image is not parts.image:
            yield ONE_IMAGE.at(
                question.lead.locate(block, image),
                "an '.occlusion' question with another image",
                "make a question of each, or move the other below '<!-- more -->'",
            )
    if not 1 <= len(parts.lines) <= MOST_BOXES:
        yield BOX_COUNT.at(
            parts.written.locate(parts.written.tokens[0]) if parts.written else question.location,
            "no list of boxes is right below the image"
            if not parts.written
            else f"the image has {len(parts.lines)} boxes (maximum: {MOST_BOXES})",
            f"add a line such as {_AS_LIST!r}: 'cardpress watch' draws the next ones with the mouse"
            if not parts.written
            else "make several questions of it",
        )
        return
    for line in parts.lines:
        if isinstance(line, _Misread):
            yield UNREAD_BOX.at(line.location, line.what, line.hint)
        else:
            yield from _checked_box(line)
    yield from _covered(parts.boxes, hides_all=_hides_all(question))
    yield from _hidden_sounds(question.lead, parts)
    for passage in (*parts.above, *parts.below):
        for token in passage.tokens:
            for child in token.children or ():
                if child.type == "cloze_open":
                    yield UNREAD_BOX.at(
                        passage.locate(token, child),
                        "a cloze deletion that is not a box",
                        "put it into the list right below the image, or make it a '.cloze' question",
                    )


def _hidden_sounds(lead: Passage, parts: _Parts) -> Iterator[Diagnostic]:
    """Find sounds in text that the front hides."""
    for passage in (*filter(None, [parts.written]), *parts.below):
        for token in passage.tokens:
            for child in token.children or ():
                if child.type == "image" and is_sound(str(child.attrs["src"])):
                    yield HIDDEN_SOUND.at(
                        lead.locate(token, child),
                        "Anki plays this sound on the front, where its place is hidden",
                        "move it below '<!-- more -->'; or above the image, where both sides play it",
                    )


def _checked_box(box: Box) -> Iterator[Diagnostic]:
    if not 1 <= box.number <= LAST_NUMBER:
        yield CLOZE_NUMBER.at(
            box.location,
            f"Anki makes no card for a box with number {box.number}",
            f"number boxes from 1 to {LAST_NUMBER}, and never renumber published boxes",
        )
    if not plain_text(box.name).strip():
        yield EMPTY_CLOZE.at(box.location, "a box without a name", "write the text to remember")
    if not box.width or not box.height or box.right > 100 or box.bottom > 100:
        right, bottom = _number(box.right), _number(box.bottom)
        yield BOX_OUTSIDE.at(
            box.location,
            f"a box ends outside the image, at {right}% from the left and {bottom}% from the top"
            if box.width and box.height
            else "a box without a size",
            "the values are left, top, width and height: left + width and top + height may be at most 100%",
        )


def _covered(boxes: Sequence[Box], *, hides_all: bool) -> Iterator[Diagnostic]:
    """Find boxes in the place of another one, or below another one where all are hidden."""
    for index, box in enumerate(boxes):
        for other in boxes[:index]:
            if box.number == other.number or not (box.covers(other) or other.covers(box)):
                continue
            is_same = box.covers(other) and other.covers(box)
            if is_same or hides_all:
                what = "in the place of" if is_same else "over" if box.covers(other) else "within"
                yield COVERED_BOX.at(
                    box.location,
                    f"the box {box.number} lies {what} the box {other.number}, in line {other.location.line}",
                    "move it; boxes that are hidden together have one number"
                    if is_same or not hides_all
                    else 'move it, or leave hide="all" out; boxes that are hidden together have one number',
                )
                break


OCCLUSION = KindSpec(
    name="occlusion",
    attributes={_HIDE: (_ALL,)},
    note_type="cloze",
    show=_show,
    cards=_cards,
    card_name=_card_name,
    checks=(boxes_lie_on_an_image,),
    exempt=frozenset({"yes-no-question", "list-without-number", "answer-repeats-prompt"}),
    is_cloze=True,
    words=_words,
    hidden=_hidden,
    room=("![]()", "", "- {{c1::}} 40% 40% 20% 20%"),
    column=2,
    starter="""\
<!-- .occlusion: an image, and boxes on it in percent: left, top, width, height. Each number makes a card that
hides its boxes; a hint may follow two colons, and 'ellipse' the percents. hide="all" hides the others, too.
Never renumber published boxes. 'cardpress watch' draws boxes with the mouse. -->

## What is at this place in a list? {#list-places .junior .occlusion tags="lists indexes"}

![A row of three boxes, with a number below each](media/list.svg)

- {{c1::the item at index 1}} 35% 8% 30% 51%
- {{c2::the index of the first item::a number}} 13% 67% 12% 26% ellipse

Text below the boxes is on the back only.
""",
)
