"""Adapts foreign Markdown to a chapter's grammar, with as few changes as possible.

Valid text is copied byte for byte. Invalid text is found by the same parser and checks as in chapters, and
this module has a fix for each finding. Every change that a reader could see is reported as a loss, with its
place in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import pairwise
from pathlib import Path

from builder.checks.content import (
    CHAPTER_CHECKS,
    CLOZE_ELSEWHERE,
    CONTROL_CHARACTER,
    EMPTY_ITEM,
    INDENTED_HEADING,
    MERGE_CONFLICT,
    MISPLACED_MORE,
    NO_HEADING,
    NO_LINK,
    NO_TABLE,
    SHORT_DIVIDER,
    SURPLUS_CELL,
    UNCLOSED_CODE,
    UNCLOSED_COMMENT,
    code_has_a_known_language,
    code_has_colours,
    images_can_be_shown,
    maths_can_be_drawn,
    unclear_dollars_are_named,
)
from builder.checks.fixes import Fix, edited
from builder.checks.foreign_marks import LOST_EMBED, UNUSED_FOOTNOTE
from builder.checks.html import ELEMENTS, block_edits, inline_edits
from builder.corpus.chapter_codes import BAD_ATTRIBUTES
from builder.corpus.kinds import KINDS
from builder.corpus.model import Chapter
from builder.corpus.reader import read_chapters
from builder.diagnostics import Diagnostic, Edit
from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.model import Loss
from builder.markdown.parser import (
    Passage,
    Source,
    Token,
    comments_in,
    is_unclosed_fence,
    is_web_address,
    parse,
)

Line = tuple[int, str]
"""A line of a source, with its number, from 1."""

_PATH = Path("imported.md")
_HEAD = "## x {#x}\n\n"
"""Text before a text to check, so that it is read as an answer."""
_MOST_ROUNDS, _FEW_ROUNDS = 40, 10
"""Maximum rounds of changes, and the number that nearly always suffices."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->|<!--", re.DOTALL)
_BOX = re.compile(r"\[[ xX]\](?=[ \t])")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_BAR = re.compile(r"(?<!\\)\|")
_FALSE_LINK = re.compile(r"(?<!\\)(?:\]\(|(?<![\w\])])\[[^\]]{0,500}\]\[|\[\^\d+\])")
_NO_TEXT = re.compile(r"[\W_]+")
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff]")
_OTHER_CHECKS = (
    code_has_a_known_language,
    code_has_colours,
    images_can_be_shown,
    maths_can_be_drawn,
    unclear_dollars_are_named,
)
_CHECKS: tuple[Callable[[Chapter], Iterable[Diagnostic]], ...] = (
    *(each for each in CHAPTER_CHECKS if each not in _OTHER_CHECKS),
    *(check for kind in KINDS.values() for check in kind.checks),
)
"""Checks that need only the text; others need images, or give only advice."""


@dataclass(frozen=True, slots=True)
class Links:
    """The targets that links and images of a source get in the corpus."""

    link: Callable[[str], str] = lambda _: ""
    """Returns the new address of a link that is not a web address; empty if it leads nowhere."""
    image: Callable[[str], str] = lambda src: src if is_web_address(src) else ""
    """Returns the new address of an image; empty if there is no suitable file."""


NOWHERE = Links()
"""For texts in which only links to the web have a target."""


@dataclass(slots=True)
class Adapted:
    """An adapted text, and its losses."""

    text: str
    losses: list[Loss] = field(default_factory=list)


def adapt(
    lines: Sequence[Line],
    name: str,
    links: Links = NOWHERE,
    *,
    is_title: bool = False,
    has_options: bool = False,
    is_cloze: bool = False,
) -> Adapted:
    """Return lines of a named source as valid text of a chapter.

    A title becomes one line. If a text has options, the boxes of its list stay.
    """
    lines = _trimmed(lines)
    text = "\n".join(line for _, line in lines)
    if not text:
        return Adapted("")
    work = _Work(name, [number for number, _ in lines], links, is_title, has_options, is_cloze)
    return Adapted(work.done(text), work.losses)


def _trimmed(lines: Sequence[Line]) -> Sequence[Line]:
    """Return lines without blank ones at both ends, and without inserted second blank ones."""
    kept: list[Line] = []
    for place, (number, text) in enumerate(lines):
        if not text.strip():
            following = lines[place + 1][0] if place + 1 < len(lines) else number
            is_second = not kept or not kept[-1][1].strip()
            if is_second and (not kept or number in (kept[-1][0], following)):
                continue
        kept.append((number, text))
    while kept and not kept[-1][1].strip():
        kept.pop()
    return kept


@dataclass(slots=True)
class _Work:
    """Changes a text, round by round, until no check refuses it."""

    name: str
    numbers: list[int]
    """Line numbers of the text in its source."""
    links: Links
    is_title: bool
    has_options: bool
    is_cloze: bool
    losses: list[Loss] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    """Addresses that links and images have already got."""
    round: int = 0

    @property
    def head(self) -> str:
        kind = " .choice" if self.has_options else " .cloze" if self.is_cloze else ""
        return "## " if self.is_title else _HEAD.replace("}", f"{kind}}}")

    @property
    def tail(self) -> str:
        return " {#x}\n\nx\n" if self.is_title else "\n"

    def done(self, text: str) -> str:
        """Return the changed text."""
        if _NOT_STORED.search(text):
            self.lose(self.numbers[0], "character", "invisible control characters are left out")
            text = _NOT_STORED.sub("", text)
        before = text
        for self.round in range(_MOST_ROUNDS):
            source = Source(_PATH, self.head + text + self.tail)
            edits = self.edits(source)
            if not edits:
                break
            text = self.changed(source, edits)
        else:
            self.lose(self.numbers[0], "grammar", "not all of this text can be written: check it")
        if text is not before:
            self.compare(before, text)
        return text.strip("\n")

    def changed(self, source: Source, edits: Sequence[Edit]) -> str:
        """Return the text after some edits, and update its line numbers."""
        numbers = [self.numbers[0]] * (0 if self.is_title else 2) + self.numbers
        after: list[int] = []
        line = 1
        for edit in edits:
            after += numbers[line - 1 : edit.line - 1]
            at = numbers[min(edit.line, len(numbers)) - 1]
            after += [at] * edit.text.count("\n")
            line = edit.end_line
        after += numbers[line - 1 :]
        text = edited(source.text, [Fix((), tuple(edits))])
        text = text[len(self.head) :].removesuffix(self.tail)
        lines = text.count("\n") + 1
        after = after[0 if self.is_title else 2 :] or [self.numbers[0]]
        self.numbers = (after + [after[-1]] * lines)[:lines]
        return text

    def edits(self, source: Source) -> list[Edit]:
        """Return edits that do not overlap: those for tokens first, then those for findings."""
        first, last = (1, 1) if self.is_title else (3, 2 + len(self.numbers))
        for found in (self.of_tokens, self.of_findings):
            edits: list[Edit] = []
            for edit in sorted(set(found(source))):
                if edit.end_line > last + 1:
                    edit = replace(edit, end_line=last + 1, end_column=1)
                if first <= edit.line <= last + 1 and (
                    not edits or _end(edits[-1]) <= (edit.line, edit.column)
                ):
                    edits.append(edit)
            if edits:
                return edits
        return []

    def lose(self, number: int, kind: str, message: str) -> None:
        loss = Loss(f"{self.name}:{number}", kind, message)
        if loss not in self.losses:
            self.losses.append(loss)

    def lose_at(self, line: int, kind: str, message: str) -> None:
        """Record a loss at a line (from 0) of the current text."""
        place = line - (0 if self.is_title else 2)
        self.lose(self.numbers[max(0, min(place, len(self.numbers) - 1))], kind, message)

    # What tokens show

    def of_tokens(self, source: Source) -> Iterator[Edit]:
        tokens = parse(source.text)
        passage = Passage(source, tuple(tokens))
        own = [token for token in tokens if not token.map or self.is_title or token.map[0] >= 2]
        if not self.is_title:
            yield from self.of_headings(source, own)
            yield from self.of_lines_across(source, own)
        options = self.options(own) if self.has_options else (0, 0)
        for token in own:
            if token.type == "html_block":
                yield from self.of_html(passage, token)
            elif token.type == "fence":
                yield from self.unclosed(passage, token)
            elif token.type == "list_item_open" and token.map:
                if not (options[0] <= token.map[0] < options[1]):
                    yield from _box(source, token)
            elif token.type == "inline":
                yield from self.of_inline(passage, token)

    def options(self, tokens: Sequence[Token]) -> tuple[int, int]:
        """Return the lines of the list with a choice's options, which is the first one with boxes."""
        for token in tokens:
            if token.type != "bullet_list_open" or token.level or token.map is None:
                continue
            words = next(
                (
                    each.content
                    for each in tokens
                    if each.type == "inline" and each.map and each.map[0] == token.map[0]
                ),
                "",
            )
            if _BOX.match(words):
                return token.map[0], token.map[1]
        return 0, 0

    def of_headings(self, source: Source, tokens: Sequence[Token]) -> Iterator[Edit]:
        """Lower headings, or else they would begin questions and sections."""
        found = [(heading, inline) for heading, inline in pairwise(tokens) if heading.type == "heading_open"]
        levels = [int(heading.tag[1]) for heading, _ in found if heading.level == 0]
        top = min(levels, default=9)
        for heading, inline in found:
            assert heading.map is not None
            level = int(heading.tag[1])
            lowered = min(6, level - top + 4) if heading.level == 0 and top < 4 else max(level, 4)
            first, end = heading.map
            line = source.lines[first]
            words = inline.content.split("\n")
            attributes = heading.meta["attributes"]
            if heading.markup in ("=", "-"):
                if words[0] not in line:
                    continue
                start = line.index(words[0])
                text = f"{line[:start]}{'#' * lowered} {' '.join(map(str.strip, words))}\n"
                if start and line[:start].strip():  # within a quotation or a list
                    yield Edit.of_lines(first + 1, end + 1, text)
                else:
                    yield Edit.of_lines(first + 1, end + 1, text + "\n")
            elif not inline.content.strip() and not attributes:
                if heading.level == 0:
                    yield Edit.of_lines(first + 1, end + 1)
            elif lowered != level:
                start = line.find("#" * level)
                if start >= 0:
                    yield Edit.within(first + 1, start + 1, "#" * level, "#" * lowered)
            if attributes and (level > 3 or heading.level > 0) and attributes.written in line:
                start = line.index(attributes.written)
                if attributes.ids or attributes.classes:
                    self.lose_at(first, "attributes", f"{attributes.written!r} is left out")
                    yield Edit.within(first + 1, start + 1, attributes.written, "")

    def of_lines_across(self, source: Source, tokens: Sequence[Token]) -> Iterator[Edit]:
        """Write thematic breaks in an answer as `***`; drop those at its ends, which divided questions."""
        top = [token for token in tokens if token.level == 0 and token.nesting >= 0]
        for token in top:
            if token.type != "hr" or token.map is None:
                continue
            line = source.lines[token.map[0]]
            if token in (top[0], top[-1]):
                yield Edit.of_lines(token.map[0] + 1, token.map[0] + 2)
            elif token.markup.startswith("-"):
                yield Edit.within(token.map[0] + 1, 1, line, "***")

    def unclosed(self, passage: Passage, token: Token) -> Iterator[Edit]:
        """Close a block of code that is not closed, or whose closing mark is indented too far."""
        assert token.map is not None
        first, end = token.map
        lines = passage.source.lines
        last = max(number for number in range(first, end) if number == first or lines[number].strip())
        mark = lines[last].strip()
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())] if not token.level else ""
        is_closing = last > first and mark == token.markup[0] * max(len(mark), len(token.markup))
        if not token.level and is_closing and len(lines[last]) - len(lines[last].lstrip()) > 3:
            yield Edit.of_lines(last + 1, last + 2, f"{indent}{mark}\n")
        elif is_unclosed_fence(passage, token):
            # Marks of quotations are on each line, those of lists only on the first.
            prefix = re.sub(r"[^>\s]", " ", lines[first].partition(token.markup)[0])
            yield Edit(last + 1, 10**6, last + 1, 10**6, f"\n{prefix}{token.markup}")

    def of_html(self, passage: Passage, token: Token) -> Iterator[Edit]:
        """Write a block of HTML as Markdown."""
        assert token.map is not None
        comments = comments_in(token)
        first, end = token.map
        if comments is not None:
            if any(sorted(comment.casefold().strip(" .…-")) == sorted("more") for comment in comments):
                yield Edit.of_lines(first + 1, end + 1)
            return
        if edits := block_edits(passage, token):
            self.look(passage.source.lines[first:end], first)
            yield from edits
            return
        content = [line for line in token.content.split("\n") if line.strip()]
        lines = passage.source.lines[first : first + len(token.content.rstrip("\n").split("\n"))]
        # In a list or a quotation, the marks before the block are not part of it.
        prefixes = [
            line[: len(line) - len(text)] if line.endswith(text) else ""
            for line, text in zip(lines, token.content.split("\n"), strict=False)
        ]
        written = self.as_markdown("\n".join(content), first)
        prefix = re.sub(r"[-*+0-9.)]", " ", prefixes[0]) if token.level else ""
        head = prefixes[0] if token.level else ""
        body = f"\n{prefix}".join(written.split("\n"))
        yield Edit.of_lines(first + 1, first + len(lines) + 1, f"{head}{body}\n\n" if body else f"{head}\n")

    def as_markdown(self, html: str, line: int) -> str:
        """Return a block of HTML as Markdown, if it has no simple equivalent."""
        is_open = "<!--" in html and "-->" not in html
        converted = to_markdown(html.replace("<!--", "&lt;!--") if is_open else html, self.reading)
        for loss in converted.losses:
            self.lose_at(line, loss.kind, loss.message)
        return converted.text

    @property
    def reading(self) -> Reading:
        """How HTML in the text is read, with images from files beside the source."""

        def file(src: str) -> str | None:
            new = src if src in self.given else self.image(src)
            self.given.add(new)
            return new or None

        return Reading(is_cloze=self.is_cloze, file=file)

    def image(self, src: str) -> str:
        """Return the new address of an image; a `data:` address stays."""
        return src if _SCHEME.match(src) and not is_web_address(src) else self.links.image(src)

    def look(self, lines: Sequence[str], line: int) -> None:
        """Record losses of formatting attributes in HTML."""
        for name in ("align", "style", "width", "height", "color", "class"):
            if any(re.search(rf"<[^<>]*\s{name}\s*=", each, re.IGNORECASE) for each in lines):
                self.lose_at(line, "look", f"the attribute {name!r} is left out")

    def of_inline(self, passage: Passage, block: Token) -> Iterator[Edit]:
        """Change tags, links and images within a text."""
        children = block.children or []
        if any(child.type == "html_inline" for child in children):
            yield from self.of_tags(passage, block)
        opened: list[tuple[Token, str]] = []
        for child, following in pairwise([*children, None]):
            if child is None:
                continue
            if child.type == "link_open":
                href = str(child.attrs["href"])
                is_empty = following is not None and following.type == "link_close"
                yield from self.of_link(passage, block, child, href, is_empty=is_empty)
                opened.append((child, href))
            elif child.type == "image":
                yield from self.of_image(passage, block, child)

    def of_tags(self, passage: Passage, block: Token) -> Iterator[Edit]:
        children = block.children or []
        # With a lone backtick before, new backticks would turn the text between into code.
        is_open = any(child.type == "text" and "`" in child.content for child in children)
        is_stuck = is_open or self.round > _FEW_ROUNDS
        known = {} if is_stuck else inline_edits(passage, block)
        paired = {edit for edits in known.values() for edit in edits}
        yield from paired
        for child in children:
            if child.type != "html_inline":
                continue
            comments = comments_in(child)
            place = passage.locate(block, child)
            line = passage.source.lines[place.line - 1]
            if comments is not None:
                if any(sorted(comment.casefold().strip(" .…-")) == sorted("more") for comment in comments):
                    yield Edit.within(place.line, place.column, child.content, "")
                continue
            at = (place.line, place.column)
            if self.round > _FEW_ROUNDS or (is_open and _name(child.content) not in ELEMENTS):
                yield Edit.within(place.line, place.column, "", "\\")
                continue
            if any((edit.line, edit.column) <= at < _end(edit) for edit in paired):
                continue
            if not line.startswith(child.content.split("\n")[0], place.column - 1):
                continue
            found = re.match(r"</?([A-Za-z][\w-]*)", child.content)
            if found is None:
                yield Edit.within(place.line, place.column, "<", "\\<")
                continue
            written = ""
            if found[1].lower() == "img":
                written = self.as_markdown(child.content, place.line - 1)
            elif not child.content.startswith("</"):
                self.lose_at(place.line - 1, "HTML", f"<{found[1].lower()}> is left out, its text is kept")
            lines = child.content.split("\n")
            end_line = place.line + len(lines) - 1
            start = place.column if len(lines) == 1 else _start_of(passage, end_line, lines[-1])
            yield Edit(place.line, place.column, end_line, start + len(lines[-1]), written)

    def of_link(
        self, passage: Passage, block: Token, token: Token, href: str, *, is_empty: bool
    ) -> Iterator[Edit]:
        """Give a link its new address, or replace it by its words."""
        if is_web_address(href) and not is_empty:
            return
        offset = int(token.meta.get("offset", 0))
        if token.markup in ("autolink", "linkify") or block.content[offset : offset + 1] == "<":
            return  # fixed as a finding
        span = _link(block.content, offset)
        if span is None:
            return
        label_end, end = span
        new = "" if is_empty else self.links.link(href)
        line = passage.locate_at(block, offset).line - 1
        if new == href or (href in self.given and not is_empty):
            return
        if new:
            self.given.add(new)
            yield _span(passage, block, label_end + 1, end, f"({new})")
            return
        self.lose_at(line, "link", f"the link to {href[:60]!r} leads to no question: its words are kept")
        yield _span(passage, block, offset, offset + 1, "")
        yield _span(passage, block, label_end, end, "")

    def of_image(self, passage: Passage, block: Token, token: Token) -> Iterator[Edit]:
        """Give an image its new address, or replace it by its words."""
        src = str(token.attrs["src"])
        if src in self.given:
            return
        new = self.image(src)
        offset = int(token.meta.get("offset", 0))
        span = _link(block.content, offset + 1)
        if new == src or span is None:
            return
        label_end, end = span
        line = passage.locate_at(block, offset).line - 1
        if new:
            self.given.add(new)
            yield _span(passage, block, label_end + 1, end, f"({new})")
            return
        self.lose_at(
            line, "missing image", f"there is no image {src[:80]!r} that can be shown: its words are kept"
        )
        yield _span(passage, block, offset, offset + 2, "")
        yield _span(passage, block, label_end, end, "")

    # What checks find

    def of_findings(self, source: Source) -> Iterator[Edit]:
        if self.is_title and not source.text:
            return
        chapters = read_chapters(source)
        for chapter, wrong in chapters:
            for found in (*wrong, *(each for check in _CHECKS for each in check(chapter))):
                yield from self.remedy(source, chapter, found)

    def remedy(self, source: Source, chapter: Chapter, found: Diagnostic) -> Iterator[Edit]:
        line, column = found.location.line, found.location.column
        written = source.lines[line - 1] if line <= len(source.lines) else ""
        rest = written[column - 1 :]
        code = found.code
        if code in _ESCAPED and not written[: column - 1].endswith("\\"):
            yield Edit.within(line, column, "", "\\")
        elif code == BAD_ATTRIBUTES.name and rest.startswith("{"):
            yield Edit.within(line, column, "{", "&#123;")
        elif code == NO_LINK.name:
            yield from _as_text(source, line, written, column)
        elif code == EMPTY_ITEM.name:
            mark = re.match(r"([-*+])|\d+", rest)
            place = column if mark and mark[1] else column + (len(mark[0]) if mark else 0)
            yield Edit.within(line, place, "", "\\")
        elif code == MERGE_CONFLICT.name:
            self.lose_at(line - 1, "code", "a conflict marker of a merge is now indented by a space")
            yield Edit.within(line, 1, "", " ")
        elif code == SHORT_DIVIDER.name:
            dash = {"–": "&ndash;", "—": "&mdash;"}.get(rest[:1])
            yield Edit.within(line, column, rest[:1] if dash else "", dash or "\\")
        elif code == SURPLUS_CELL.name:
            self.lose_at(line - 1, "table", "a row has more cells than the head, which got a column for them")
            yield from _wider(source, chapter, line - 1)
        elif code == UNCLOSED_CODE.name:
            yield from _longer_fence(chapter, line - 1)
        elif code == INDENTED_HEADING.name:
            yield from _fenced(chapter, line - 1)
        elif code == MISPLACED_MORE.name and (comment := re.match(r"<!--.*?-->", rest)):
            yield Edit.within(line, column, comment[0], "")
        elif code == CONTROL_CHARACTER.name and rest[:1] == "<":
            yield Edit.within(line, column, "", "\\")
        elif found.severity == "warning" and code == "bad-link":
            yield from found.edits

    def compare(self, before: str, after: str) -> None:
        """Record a loss if a reader sees something else than in the source."""
        mark = "# " if self.is_title else ""
        if not self.losses and seen(mark + before) != seen(mark + after):
            self.lose(self.numbers[0], "text", "some of this text was rewritten: compare it")


_ESCAPED = frozenset(
    (
        NO_HEADING.name,
        NO_TABLE.name,
        UNCLOSED_COMMENT.name,
        LOST_EMBED.name,
        UNUSED_FOOTNOTE.name,
        CLOZE_ELSEWHERE.name,
    )
)
"""Codes of findings at a mark, which a backslash turns into text."""


def seen(text: str) -> str:
    """Return the visible letters and digits of Markdown, without blanks and marks."""
    shown: list[str] = []
    tokens = parse(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        if token.type == "list_item_open" and following and following.type == "list_item_close":
            shown.append(token.info)
        if token.type in ("fence", "code_block", "math_block"):
            shown.append(token.content)
        elif token.type == "html_block":
            shown.append(unescape(_TAG.sub("", token.content)))
        for child in token.children or ():
            if child.type != "html_inline" or _name(child.content) not in ELEMENTS:
                shown.append(child.content)
    return _NO_TEXT.sub("", "".join(shown))


def _name(tag: str) -> str:
    """Return the name of a tag; `br` for a comment."""
    found = re.match(r"</?([A-Za-z][\w-]*)", tag)
    return found[1].lower() if found else "br"


def _end(edit: Edit) -> tuple[int, int]:
    return (edit.end_line, edit.end_column)


def _start_of(passage: Passage, line: int, text: str) -> int:
    return max(passage.source.lines[line - 1].find(text), 0) + 1


def _span(passage: Passage, block: Token, start: int, end: int, text: str) -> Edit:
    """Return the edit of a part of a block's text."""
    first, last = passage.locate_at(block, start), passage.locate_at(block, max(end - 1, start))
    return Edit(first.line, first.column, last.line, last.column + (1 if end > start else 0), text)


def _box(source: Source, item: Token) -> Iterator[Edit]:
    """Yield the edit that turns an item's box into text, because only a choice has boxes."""
    if item.map is None or item.markup not in ("-", "*", "+"):
        return
    line = source.lines[item.map[0]]
    found = _BOX.search(line)
    if found and re.fullmatch(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*", line[: found.start()]):
        yield Edit.within(item.map[0] + 1, found.start() + 1, "", "\\")


def _link(content: str, start: int) -> tuple[int, int] | None:
    """Return where the words of a link end, and where the link itself ends."""
    place, depth = start, 0
    while place < len(content):
        sign = content[place]
        if sign == "\\":
            place += 1
        elif sign == "`":
            ticks = re.compile("`+").match(content, place)
            assert ticks is not None
            closing = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(content, ticks.end())
            place = closing.end() - 1 if closing else ticks.end() - 1
        elif sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if not depth:
                break
        place += 1
    if place >= len(content):
        return None
    return place, _end_of_address(content, place + 1)


def _end_of_address(content: str, place: int) -> int:
    following = content[place : place + 1]
    if following == "[":
        end = content.find("]", place)
        return end + 1 if end >= 0 else place
    if following != "(":
        return place
    depth, quote = 0, ""
    for at in range(place, len(content)):
        sign = content[at]
        if content[at - 1] == "\\":
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign == "<":
            quote = ">"
        elif sign in "\"'" and content[at - 1].isspace():
            quote = sign
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if not depth:
                return at + 1
    return place


def _as_text(source: Source, line: int, written: str, column: int) -> Iterator[Edit]:
    """Yield the edits that escape text that only looks like a link."""
    # The first match may be escaped already.
    link = _FALSE_LINK.search(written, max(column - 1, 0)) or _FALSE_LINK.search(written)
    if link is None:
        return
    links = [link]
    if link[0].startswith("[") and "]:" not in source.text:
        # There are no definitions, so no other one in this line is a link.
        plain = _CODE.sub(lambda found: "x" * len(found[0]), written)
        links = [each for each in _FALSE_LINK.finditer(plain) if each[0].startswith("[")] or links
    for each in links:
        yield Edit.within(line, each.start() + 1, "", "\\")


def _wider(source: Source, chapter: Chapter, line: int) -> Iterator[Edit]:
    """Yield the edits that give a table's head as many columns as one of its rows has."""
    missing = len(_BAR.findall(source.lines[line].strip(" |")))
    for passage in chapter.passages():
        for token in passage.tokens:
            if token.type == "table_open" and token.map and token.map[0] < line < token.map[1]:
                head = source.lines[token.map[0]].strip()
                missing -= len(_BAR.findall(head.strip(" |")))
                for number, cell in ((token.map[0], " |"), (token.map[0] + 1, "---|")):
                    text = source.lines[number].rstrip()
                    bar = "" if text.endswith("|") else "|"
                    written = bar + cell * max(missing, 1)
                    yield Edit(number + 1, len(text) + 1, number + 1, 10**6, written)


def _longer_fence(chapter: Chapter, line: int) -> Iterator[Edit]:
    """Yield the edits that make a fence longer than fences in the code."""
    for passage in chapter.passages():
        for token in passage.tokens:
            if token.type != "fence" or token.map is None or token.map[0] != line:
                continue
            within = re.findall(rf"{re.escape(token.markup[0])}{{3,}}", token.content)
            longest = max(map(len, (*within, token.markup)))
            more = token.markup[0] * (longest + 1 - len(token.markup))
            lines = passage.source.lines
            first = lines[line].find(token.markup)
            last = lines[token.map[1] - 1].rfind(token.markup)
            if first >= 0 and last >= 0:
                yield Edit.within(line + 1, first + 1, "", more)
                yield Edit.within(token.map[1], last + 1, "", more)


def _fenced(chapter: Chapter, line: int) -> Iterator[Edit]:
    """Yield the edits that turn indented code into fenced code."""
    for passage in chapter.passages():
        for token in passage.tokens:
            if token.type != "code_block" or token.map is None or not token.map[0] <= line < token.map[1]:
                continue
            first = token.map[0]
            lines = passage.source.lines
            indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
            inner = indent[: max(len(indent) - 4, 0)]
            code = token.content.rstrip("\n").split("\n")
            written = "".join(f"{inner}{text}\n" for text in ("```", *code, "```"))
            yield Edit.of_lines(first + 1, first + len(code) + 1, written)
