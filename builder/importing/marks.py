"""Reads flashcards from marks of plugins for note programs: `Q::A`, a line `?`, `START` and `END`, `#card`.

These marks belong to lines, not to Markdown: for a parser, a line `?` is part of a paragraph. So this module
reads lines, except those that are code according to the tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from builder.importing.adapting import Line
from builder.importing.documents import Document
from builder.importing.model import Loss, Role
from builder.importing.shapes import ELEMENTS, HEADINGS, Draft, Outline, counts_of, guess, outline_of
from builder.text import word_class

ONE_LINE, BLOCK, FRAMED, TAGGED, MARKED = ":: line", "? block", "START block", "#card", "==cloze=="
MARKS = (ONE_LINE, BLOCK, FRAMED, TAGGED, MARKED)
"""Names of the marks in the mapping file."""

_DECK_TAG = re.compile(
    r"(?:flash-?cards?|cards?|card-reverse|spaced|srs?|review|anki|quiz)(?:/|$)", re.IGNORECASE
)
"""Tags that mark a note with flashcards, or name their deck."""
TAG = re.compile(rf"(?<!\S)#(?=[\w/-]*[^\W\d])([{word_class()}/-]+)")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_SEPARATOR = re.compile(r"(?<!:)(:::?)(?!:)")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+")
_SCHEDULE = re.compile(
    r"[ \t]{0,9}<!--[ \t]{0,9}(?:SR:|ID:|kb:card)[^>]{0,200}-->[ \t]{0,9}$|[ \t]{1,9}\^[\w-]{1,40}[ \t]{0,9}$"
)
_INLINE_CARD = re.compile(r"STARTI\s+(?:\[([^\[\]]+)\])?\s*(.*?)\s*ENDI")
_FIELD = re.compile(
    r"^(Front|Back|Text|Extra|Back Extra|Tags|Header|Question|Answer):\s*(.*)$", re.IGNORECASE
)
_PROPERTY = re.compile(
    r"^\s*(?:-\s+)?(?:id|collapsed|title|alias(?:es)?|tags|type|public|template|card-[a-z-]+|created|updated|date"
    r"|status|author|source|url|rating)::(?:\s|$)",
    re.IGNORECASE,
)
"""Properties that other programs write with two colons."""
_CLOZE = re.compile(r"==(?=[^\s=])((?:(?!==).)+?)(?<=[^\s=])==(?:\^\[([^\[\]]*)\])?(?:\[\^(\d{1,3})\])?")
_CARD_TAG = re.compile(r"(?<!\S)#(?:flash)?card(?:[-/](\w+))?(?![\w/-])", re.IGNORECASE)
_END = re.compile(r"^\s*\+{3,}\s*$")
_LONGEST_PROMPT = 200
"""Maximum characters of several lines that form one prompt; of longer ones, only the first is the prompt."""
_FEW = 3
"""Minimum lines with `::` in a file that has no other sign of flashcards."""


@dataclass(slots=True)
class Found:
    """The flashcards of a document, and its other lines."""

    drafts: list[Draft] = field(default_factory=list)
    rest: list[Line] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def flashcards_of(document: Document, roles: Mapping[str, Role]) -> Found:
    """Return the flashcards that marks set off from other text. Marks without the role `prompt` are text."""
    reader = _Reader(document, roles)
    reader.read()
    return reader.found


class _Reader:
    """Reads the lines of a document once."""

    def __init__(self, document: Document, roles: Mapping[str, Role]) -> None:
        self.document = document
        self.roles = roles
        self.lines = document.lines
        self.code = document.fences
        self.found = Found()
        self.heading = document.title
        self.has_cards = self._has_cards()
        self.ends = any(_END.match(text) for _, text in self.lines)
        self.deck: tuple[str, ...] = ()
        self.frame_ends = [place for place, (_, text) in enumerate(self.lines) if text.strip() == "END"]
        self.places: dict[int, int] = {}
        for place, (number, _) in enumerate(self.lines):
            self.places.setdefault(number, place)

    def wants(self, mark: str) -> bool:
        return self.roles.get(mark, "prompt") == "prompt"

    def _has_cards(self) -> bool:
        """Tell whether a document seems to have flashcards, by a tag, a schedule or a line `?`."""
        if any(_DECK_TAG.match(tag.replace("::", "/")) for tag in self.document.tags):
            return True
        for place, (_, text) in enumerate(self.lines):
            if place in self.code:
                continue
            if "<!--SR:" in text or text.strip() in ("?", "??"):
                return True
            if "#" in text and any(_DECK_TAG.match(tag) for tag in TAG.findall(text)):
                return True
        return False

    def read(self) -> None:
        groups = list(self._groups())
        lines_with_colons = sum(
            self._separated(place) is not None for group in groups for place in range(*group)
        )
        self.colons = self.wants(ONE_LINE) and (self.has_cards or lines_with_colons >= _FEW)
        at = 0
        while at < len(groups):
            start, end = groups[at]
            following = self._framed(groups, at) or self._block(groups, at)
            if following is None:
                self._other(start, end)
            at = following or at + 1
        self.found.drafts.sort(key=lambda draft: draft.line)

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each group of lines without an empty one; code stays in one group."""
        start: int | None = None
        for place, (_, text) in enumerate(self.lines):
            is_blank = not text.strip() and place not in self.code
            if is_blank:
                if start is not None:
                    yield start, place
                    start = None
            elif start is None:
                start = place
        if start is not None:
            yield start, len(self.lines)

    def _keep(self, start: int, end: int) -> None:
        """Keep lines in the document, with the empty ones before them."""
        rest = self.found.rest
        if rest and start:
            rest.append((self.lines[start - 1][0], ""))
        for place in range(start, end):
            text = self.lines[place][1]
            if place not in self.code and (heading := _HEADING.match(text)):
                self.heading = text[heading.end() :].strip()
            rest.append(self.lines[place])

    def _draft(
        self, mark: str, place: int, words: str, body: Sequence[Line], *, kind: str = "", **more: list[Line]
    ) -> Draft:
        tags, words = tags_of(words)
        number = self.lines[place][0]
        draft = Draft(
            words.strip(), number, list(body), more.get("context", []), kind=kind, tags=tags, is_marked=True
        )
        self.found.drafts.append(draft)
        self.found.counts[mark] = self.found.counts.get(mark, 0) + 1
        return draft

    # START … END

    def _framed(self, groups: Sequence[tuple[int, int]], at: int) -> int | None:
        start, end = groups[at]
        if self.lines[start][1].strip() != "START" or start in self.code or not self.wants(FRAMED):
            return None
        following_end = bisect_left(self.frame_ends, start)
        last = self.frame_ends[following_end] if following_end < len(self.frame_ends) else None
        if last is None:
            number = self.lines[start][0]
            self.found.losses.append(
                Loss(f"{self.document.name}:{number}", "flashcard", "START without an END: kept as text")
            )
            return None
        self._frame(start, self.lines[start + 1 : last])
        following = bisect_left(groups, (last + 1, 0))
        if end > last + 1:
            self._other(last + 1, end)
        return max(following, at + 1)

    def _frame(self, start: int, lines: Sequence[Line]) -> None:
        """Read a note of a type, with its fields."""
        if not lines:
            return
        kind = self._kind_of(lines[0][1])
        fields: dict[str, list[Line]] = {"front": []}
        name = "front"
        for number, text in lines[1:]:
            if _SCHEDULE.fullmatch(text) or text.strip().startswith("<!--ID"):
                continue
            if given := _FIELD.match(text):
                name = {"question": "front", "text": "front", "answer": "back"}.get(
                    given[1].lower(), given[1].lower()
                )
                fields.setdefault(name, []).append((number, given[2]))
            else:
                fields.setdefault(name, []).append((number, text))
        tags = tuple(tag for _, text in fields.pop("tags", []) for tag in text.split())
        front = _stripped(fields.pop("front"))
        back = [line for part in fields.values() for line in (*_stripped(part), (part[0][0], ""))]
        self._two_sides(FRAMED, start, front, back, kind, tags)

    def _kind_of(self, name: str) -> str:
        name = name.casefold()
        return "cloze" if "cloze" in name else "reversed" if "revers" in name else ""

    def _two_sides(
        self,
        mark: str,
        place: int,
        front: list[Line],
        back: list[Line],
        kind: str,
        tags: Sequence[str] = (),
    ) -> None:
        if not front:
            return
        if kind == "cloze":
            body = _as_cloze([*front, (front[-1][0], ""), *back])
            draft = self._draft(mark, place, self.heading or "Fill in", body, kind="cloze")
        else:
            first, *more = front
            words = _BULLET.sub("", _HEADING.sub("", first[1]))
            if more and all(_is_prose(text) for _, text in more):
                joined = " ".join(text.strip() for text in (words, *(text for _, text in more)))
                words, more = (joined, []) if len(joined) <= _LONGEST_PROMPT else (words, more)
            draft = self._draft(mark, place, words, back, kind=kind, context=more)
        draft.tags = tuple(dict.fromkeys((*draft.tags, *map(_as_tag, tags), *self.deck)))

    # A line `?` between two sides

    def _block(self, groups: Sequence[tuple[int, int]], at: int) -> int | None:
        start, end = groups[at]
        middle = next(
            (
                place
                for place in range(start, end)
                if place not in self.code and self.lines[place][1].strip() in ("?", "??")
            ),
            None,
        )
        if middle is None or not self.wants(BLOCK):
            return None
        if middle == start:
            front = self._before(start)
        else:
            # Lines of other cards may be directly above this one.
            first = start
            for place in range(start, middle):
                if self.colons and self._separated(place) is not None:
                    first = place + 1
            if first > start:
                self._other(start, first)
            front = [(number, _SCHEDULE.sub("", text)) for number, text in self.lines[first:middle]]
        if not front:
            return None
        back, following = self._behind(groups, at, middle)
        kind = "reversed" if self.lines[middle][1].strip() == "??" else ""
        front = _stripped(front)
        self._two_sides(BLOCK, self.places[front[0][0]], front, back, kind)
        return following

    def _before(self, start: int) -> list[Line]:
        """Take the text before a `?` with an empty line above it."""
        rest = self.found.rest
        taken: list[Line] = []
        if not start or self.lines[start - 1][1].strip():
            return []
        above = next((place for place in range(start - 1, -1, -1) if self.lines[place][1].strip()), None)
        if above is None or above in self.code or not rest or rest[-1] != self.lines[above]:
            return []  # the text above it is another card's
        while rest and rest[-1][1].strip():
            taken.append(rest.pop())
        return taken[::-1]

    def _behind(self, groups: Sequence[tuple[int, int]], at: int, middle: int) -> tuple[list[Line], int]:
        """Return the back, and the group after it."""
        end = groups[at][1]
        back = list(self.lines[middle + 1 : end])
        following = at + 1
        if self.ends or not any(text.strip() for _, text in back):
            while following < len(groups):
                first, last = groups[following]
                texts = [text for _, text in self.lines[first:last]]
                is_other = any(text.strip() in ("?", "??") for text in texts)
                is_new = first not in self.code and (
                    _HEADING.match(texts[0]) or texts[0].strip() in ("---", "***", "START")
                )
                if not self.ends and (is_other or is_new):
                    break
                if any(_END.match(text) for _, text in back):
                    break
                if back:
                    back.append((self.lines[first - 1][0], ""))
                back += self.lines[first:last]
                following += 1
        closing = next((place for place, (_, text) in enumerate(back) if _END.match(text)), None)
        if closing is not None:
            after = back[closing + 1 :]
            back = back[:closing]
            if any(text.strip() for _, text in after):
                self.found.rest += [*after, (after[-1][0], "")]
        back = [(number, _SCHEDULE.sub("", text)) for number, text in back]
        return _stripped(back), following

    # Lines

    def _other(self, start: int, end: int) -> None:
        """Read lines one by one; lines that are not cards stay text."""
        if self._tagged(start, end):
            return
        kept = start
        place = start
        for place in range(start, end):
            number, text = self.lines[place]
            if place in self.code:
                continue
            is_deck = self._change_deck(text)
            sides = self._separated(place) if self.colons else None
            inline = [*_INLINE_CARD.finditer(text)] if "STARTI" in text and self.wants(FRAMED) else []
            if is_deck or sides is not None or inline or (self.has_cards and _SCHEDULE.fullmatch(text)):
                if kept < place:
                    self._keep(kept, place)
                kept = place + 1
            if sides is not None:
                front, back, is_reversed = sides
                kind = "reversed" if is_reversed else ""
                self._two_sides(ONE_LINE, place, [(number, front)], [(number, back)], kind)
            for card in inline:
                front, _, back = re.sub(r"\s*Tags:.*$", "", card[2]).partition(" Back: ")
                kind = self._kind_of(card[1] or "")
                tags = re.findall(r"Tags:\s*(.*)$", card[2])
                self._two_sides(
                    FRAMED, place, [(number, front)], [(number, back)] if back else [], kind, tags[:1]
                )
        if kept < end:
            if self._marked(kept, end):
                return
            self._keep(kept, end)

    def _change_deck(self, text: str) -> bool:
        """Remember the deck that a line of tags gives all cards below it; return whether it gives one."""
        if not is_deck(text):
            return False
        self.deck = tags_of(text)[0]
        return True

    def _separated(self, place: int) -> tuple[str, str, bool] | None:
        """Return the two sides of a line `Q::A`, and whether there is a reverse card."""
        text = self.lines[place][1]
        if place in self.code or "::" not in text or _PROPERTY.match(text) or "{{c" in text:
            return None
        plain = _CODE.sub(lambda found: "x" * len(found[0]), text)
        plain = re.sub(r"\[\[[^\[\]]*\]\]|https?://\S+|\$[^$]*\$", lambda found: "x" * len(found[0]), plain)
        found = _SEPARATOR.search(plain)
        if found is None:
            return None
        front, back = text[: found.start()], _SCHEDULE.sub("", text[found.end() :])
        is_apart = front.endswith(" ") or back.startswith(" ")
        if not self.has_cards and not is_apart:
            return None  # a name in code, as std::vector
        front = _BULLET.sub("", front).strip()
        back = back.strip()
        if not front or not back or front.startswith(("|", ">", "<!--")):
            return None
        return front, back, found[1] == ":::"

    def _tagged(self, start: int, end: int) -> bool:
        """Read a prompt with the tag `#card`, and the answer below it."""
        text = self.lines[start][1]
        mark = _CARD_TAG.search(_CODE.sub(lambda found: "x" * len(found[0]), text))
        below = start + 1
        words = text
        if mark is None and start + 1 < end and _CARD_TAG.fullmatch(self.lines[start + 1][1].strip()):
            mark = _CARD_TAG.fullmatch(self.lines[start + 1][1].strip())
            below = start + 2
        elif mark is not None:
            words = text[: mark.start()] + text[mark.end() :]
        words = _BULLET.sub("", _HEADING.sub("", words)).strip()
        if mark is None or start in self.code or not self.wants(TAGGED) or not words:
            return False
        if not (below < end and self.lines[below][1].strip()):
            return False
        indent = len(text) - len(text.lstrip())
        last = end
        if _BULLET.match(text):
            # In an outline, the answer is the indented text below it.
            last = below
            while last < end and len(self.lines[last][1]) - len(self.lines[last][1].lstrip()) > indent:
                last += 1
        body = _outdented(self.lines[below:last])
        body = [line for line in body if not _PROPERTY.match(line[1])]
        kind = "reversed" if (mark[1] or "").lower() == "reverse" else ""
        if not body:
            return False
        self._draft(TAGGED, start, words, body, kind=kind)
        if last < end:
            self._other(last, end)
        return True

    def _marked(self, start: int, end: int) -> bool:
        """Read a paragraph with text that is marked as a cloze deletion."""
        lines = self.lines[start:end]
        text = "\n".join(line for _, line in lines)
        if not self.has_cards or not self.wants(MARKED) or start in self.code or "==" not in text:
            return False
        if not _CLOZE.search(_CODE.sub("", text)):
            return False
        body = _as_cloze(lines)
        if not any("{{c" in line for _, line in body):
            return False
        self._draft(MARKED, start, self.heading or "Fill in", body, kind="cloze")
        return True


def read_marked(document: Document, given: Mapping[str, Role]) -> tuple[Outline, dict[str, Role]]:
    """Read a document's flashcards and, in the rest, its questions; also return the roles of its parts.

    The roles are the author's, if there are any; otherwise they are guessed.
    """
    found = flashcards_of(document, given)
    if not found.drafts:
        roles = _decided(document, given)
        return outline_of(document, roles), {**roles, **given}
    rest = replace(document, lines=found.rest, losses=[*document.losses, *found.losses])
    roles = _decided(rest, given)
    outline = outline_of(rest, roles)
    if not given and (len(outline.drafts) < _FEW or outline.sure < 1):
        # Notes around flashcards are not questions themselves; their headings divide chapters.
        roles = {name: "chapter" if name in HEADINGS[:2] else "answer" for name in roles or counts_of(rest)}
        outline = outline_of(rest, roles)
    for draft in found.drafts:
        above = [section for section in outline.sections if section.line <= draft.line]
        (above[-1] if above else outline.sections[0]).drafts.append(draft)
    for section in outline.sections:
        section.drafts.sort(key=lambda draft: draft.line)
    outline.total = sum(len(text.strip()) for _, text in document.lines) or 1
    outline.sure = 1.0
    return outline, {**roles, **dict.fromkeys(found.counts, "prompt"), **given}


def _decided(document: Document, given: Mapping[str, Role]) -> dict[str, Role]:
    if not given:
        return dict(guess(document))
    present = {name for name, number in counts_of(document).items() if number}
    return {name: given.get(name, "answer") for name in ELEMENTS if name in present | {*given}}


def tags_of(text: str) -> tuple[tuple[str, ...], str]:
    """Return the tags in a text, in Anki's form, and the text without tags at its ends."""
    if "#" not in text:
        return (), text
    plain = _CODE.sub(lambda found: "x" * len(found[0]), text)
    found = [*TAG.finditer(plain)]
    tags: list[str] = []
    pieces: list[str] = []
    last = 0
    for tag in found:
        name = tag[1].strip("/-")
        if _DECK_TAG.match(name):
            name = name.partition("/")[2]
        if name:
            tags.append(_as_tag(name))
        is_edge = not TAG.sub("", plain[: tag.start()]).strip() or not TAG.sub("", plain[tag.end() :]).strip()
        pieces += (text[last : tag.start()], "" if is_edge else tag[1])
        last = tag.end()
    words = "".join((*pieces, text[last:]))
    return tuple(dict.fromkeys(tags)), words.strip() if found else text


def _as_tag(tag: str) -> str:
    return "::".join(part for part in tag.lstrip("#").split("/") if part)


def is_deck(text: str) -> bool:
    """Return whether a line has only tags, one of which names the deck of the cards below it."""
    if "#" not in text or TAG.sub("", text).strip():
        return False
    return any(_DECK_TAG.match(tag) for tag in TAG.findall(text))


def _is_prose(text: str) -> bool:
    """Return whether a line continues the text of the one above it."""
    return bool(text.strip()) and not re.match(r"\s*(?:[-*+>|#]|\d+[.)]\s|```|~~~|!\[|\$\$|    )", text)


def _stripped(lines: Sequence[Line]) -> list[Line]:
    kept = list(lines)
    while kept and not kept[0][1].strip():
        del kept[0]
    while kept and not kept[-1][1].strip():
        kept.pop()
    return kept


def _outdented(lines: Sequence[Line]) -> list[Line]:
    texts = [text.expandtabs(4) for _, text in lines]
    indent = min((len(text) - len(text.lstrip()) for text in texts if text.strip()), default=0)
    return [(number, text[indent:]) for (number, _), text in zip(lines, texts, strict=True)]


def _as_cloze(lines: Sequence[Line]) -> list[Line]:
    """Write marked texts as cloze deletions, numbered in order, unless the text already has some."""
    text = "\n".join(line for _, line in lines)
    if re.search(r"\{\{c\d+::", text):
        return list(lines)
    last = 0

    def deletion(found: re.Match[str]) -> str:
        nonlocal last
        words, hint, number = found[1], found[2], found[3]
        if "}}" in words or "::" in words:
            return found[0]
        last = int(number) if number else last + 1
        return f"{{{{c{last}::{words}" + (f"::{hint}" if hint else "") + "}}"

    return [(number, _CLOZE.sub(deletion, line)) for number, line in lines]
