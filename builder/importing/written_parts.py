"""Writes a field's text into the lines of its question, block by block; unchanged blocks stay.

Every block of a part is rendered and converted as the field is, so that both can be compared. Only blocks
that differ are replaced. Nothing else in the file changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape
from itertools import chain, repeat
from pathlib import Path
from typing import Literal

from builder.corpus.images import ImageError, image_path, images, media_name
from builder.corpus.kinds import kind_of
from builder.corpus.kinds.choice import CHOICE, in_order, is_task_list, options
from builder.corpus.kinds.spec import Option
from builder.corpus.labels import Labels
from builder.corpus.model import Question, Role, section_names, title_of
from builder.importing.html_to_markdown import Converted, Reading, to_markdown
from builder.importing.runs import one_line
from builder.markdown.cloze import ClozeForm
from builder.markdown.parser import Passage, Token, blocks, comments_in, is_web_address, parse, to_html
from builder.markdown.sounds import for_field

Form = Literal["block", "prompt", "title", "label", "option"]
"""How a block is written. A label is the title of a section with a field of its own, where it has none."""
_LINE_END = re.compile(r"(\r\n|\r|\n)")
_BOX = re.compile(r"\s*[-*+][ \t]+\[[ xX]\][ \t]+")
_MARK = re.compile(r'\s*<span class="mark"[^>]*>.*?</span>', re.DOTALL)
_OPTION = re.compile(r"<li\b[^>]*>")
_SOLVED = re.compile(r'<li\b[^>]*\bclass="(?:right|wrong)"[^>]*>')
_REASON = re.compile(r'<div class="reason"[^>]*>')
_MORE = "<!-- more -->"


class UnsaidError(Exception):
    """A change that a chapter cannot have, or that is left to its author. Its message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBlock:
    """A block of a question, and its lines."""

    part: str
    form: Form = "block"
    html: str
    start: int
    """Its first line, from 0, and the line after its last one."""
    end: int
    first: str = ""
    """Marks and indentation before its text on the first line."""
    indent: str = ""
    """Marks and indentation before its text on the other lines."""
    is_fence: bool = False


@dataclass(frozen=True, slots=True)
class LineEdit:
    """A change of whole lines, from one up to another, counted from 0."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of a field as Markdown."""

    text: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question as it is written, with all that is needed to compare and change it."""

    question: Question
    lines: Sequence[str]
    """Lines of its file, without their ends."""
    folder: Path
    labels: Labels
    known: Mapping[str, str] = field(default_factory=dict)
    """Paths in the corpus folder, by the names that an existing deck has for files."""

    def reading(self, part: str) -> Reading:
        """Return how the field of a part is read."""
        sources = {name: src for src, name in self.names().items()}

        def file(name: str) -> str | None:
            return sources.get(name) or self.known.get(name) or (name if is_web_address(name) else None)

        return Reading(is_cloze=part == "answer" and kind_of(self.question).is_cloze, file=file)

    def names(self) -> dict[str, str]:
        """Return the names that fields have for the files that the question shows."""
        found: dict[str, str] = {}
        for passage in self.question.passages():
            for _, image in images(passage):
                src = str(image.attrs["src"])
                try:
                    found[src] = media_name(image_path(src, passage.source.path, self.folder))
                except ImageError:
                    found[src] = src
        return found

    def html(self, passage: Passage, part: str) -> str:
        """Render a passage of a part as its field has it."""
        is_cloze = part == "answer" and kind_of(self.question).is_cloze
        form = ClozeForm.MARKED if is_cloze else ClozeForm.WRITTEN
        return for_field(to_html(passage, self.names(), form))

    def blocks(self, parts: Iterable[str]) -> list[WrittenBlock]:
        """Return the blocks of some parts, in the order of the parts."""
        return [block for part in parts for block in self._of_part(part)]

    def _of_part(self, part: str) -> Iterator[WrittenBlock]:
        question = self.question
        if part == "prompt":
            start, end = _lines_of(question.title)
            html = self.html(question.title, part)
            yield WrittenBlock(part=part, form="prompt", html=html, start=start, end=end)
        elif part == "context":
            yield from self._in(question.context, part)
        elif part == "answer":
            left = _task_list(question)
            yield from self._in(question.lead, part, left_out=left)
        elif part == "details":
            yield from self._in(question.details, part)
        else:
            for name, section in zip(section_parts(question), question.sections, strict=True):
                if name == part and section.role is None:
                    start, end = _lines_of(section.title)
                    html = f"<h3>{self.html(section.title, part)}</h3>"
                    yield WrittenBlock(part=part, form="title", html=html, start=start, end=end)
                elif name == part and section.role:
                    start, end = _lines_of(section.title)
                    html = f"<h3>{escape(title_of(section.role, self.labels))}</h3>"
                    yield WrittenBlock(part=part, form="label", html=html, start=start, end=end)
                if name == part:
                    yield from self._in(section.body, part)

    def _in(
        self, passage: Passage, part: str, left_out: tuple[Token, ...] = (), indent: str = ""
    ) -> Iterator[WrittenBlock]:
        for block in passage.blocks():
            if left_out and block.tokens == left_out:
                continue
            if (html := self.html(block, part)) and (lines := block.tokens[0].map):
                yield WrittenBlock(
                    part=part,
                    html=html,
                    start=lines[0],
                    end=self._trimmed(*lines),
                    first=indent,
                    indent=indent,
                    is_fence=block.tokens[0].type == "fence",
                )

    def _trimmed(self, start: int, end: int) -> int:
        while end > start + 1 and not self.lines[end - 1].strip():
            end -= 1
        return end

    def options(self) -> list[tuple[Option, list[WrittenBlock], list[WrittenBlock]]]:
        """Return the options of a choice in the order of its cards, with their texts and their reasons."""
        task_list = _task_list(self.question)
        written = options(Passage(self.question.lead.source, task_list)) if task_list else []
        found = []
        for option in in_order(self.question, written):
            start, end = option.text.tokens[0].map or (0, 0)
            box = _BOX.match(self.lines[start])
            if box is None:
                raise UnsaidError("an option begins on another line than its box")
            indent = " " * (len(box[0]) - len(box[0].lstrip()) + 2)
            text = WrittenBlock(
                part="options",
                form="option",
                html=self.html(option.text, "options"),
                start=start,
                end=end,
                first=box[0],
                indent=indent,
            )
            found.append((option, [text], list(self._nested(option.reason, indent))))
        return found

    def _nested(self, passage: Passage, indent: str) -> Iterator[WrittenBlock]:
        """Yield the blocks of a reason, which lie in an item of a list."""
        level = passage.tokens[0].level if passage.tokens else 0
        start = 0
        for place, token in enumerate(passage.tokens, 1):
            if token.level == level and token.nesting <= 0:
                block = Passage(passage.source, passage.tokens[start:place])
                start = place
                if (html := self.html(block, "options")) and (lines := block.tokens[0].map):
                    yield WrittenBlock(
                        part="reason",
                        html=html,
                        start=lines[0],
                        end=self._trimmed(*lines),
                        first=indent,
                        indent=indent,
                        is_fence=block.tokens[0].type == "fence",
                    )


def section_parts(question: Question) -> list[str]:
    """Return the names of the parts that a question's sections are."""
    return [
        section.role.value if section.role else f"section {place}"
        for place, section in enumerate(question.sections)
    ]


def _lines_of(passage: Passage) -> tuple[int, int]:
    start, end = passage.tokens[0].map or (0, 1)
    return start, end


def _task_list(question: Question) -> tuple[Token, ...]:
    """Return the options of a choice; nothing of another kind."""
    found = question.lead.blocks() if question.kind == CHOICE.name else ()
    return next((block.tokens for block in found if is_task_list(block)), ())


# --- a field and its blocks -----------------------------------------------------------------------


def pieces(markdown: str) -> list[Piece]:
    """Return the blocks of a field's Markdown."""
    lines = markdown.split("\n")
    found = []
    for block in blocks(parse(markdown)):
        if block[0].map and comments_in(block[0]) is None:
            start, end = block[0].map
            found.append(Piece("\n".join(lines[start:end]).rstrip("\n"), block[0].type))
    return found


def same_pieces(written: Written, own: Sequence[WrittenBlock], html: str, reading: Reading) -> list[str]:
    """Return the blocks as Markdown, in the words of the converter; `html` is their field, if it is known."""
    whole = [piece.text for piece in pieces(to_markdown(html, reading).text)] if html else []
    return whole if len(whole) == len(own) else [to_markdown(block.html, reading).text for block in own]


def line_edits(
    written: Written,
    own: Sequence[WrittenBlock],
    ours: Sequence[str],
    theirs: Sequence[Piece],
    parts: Sequence[str],
) -> list[LineEdit]:
    """Return the edits that make some blocks say what a field says. Raises `UnsaidError`.

    `parts` are those that the field has, in order: the first that has no block may get some.
    """
    before = [_compared(block, text) for block, text in zip(own, ours, strict=True)]
    wanted = [piece.text for piece in theirs]
    after = [
        one_line(text) if place == 0 and own and own[0].form == "prompt" else text
        for place, text in enumerate(wanted)
    ]
    edits: list[LineEdit] = []
    left = {part: sum(block.part == part and block.form == "block" for block in own) for part in parts}
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(i_end - i, j_end - j)
        for place in range(paired):
            more = theirs[j + place + 1 : j_end] if place == paired - 1 else ()
            edits += _replaced(written, own[i + place], theirs[j + place], more, parts)
        for block in own[i + paired : i_end]:
            if block.form != "block":
                raise UnsaidError("a heading was removed")
            left[block.part] -= 1
            edits.append(_deleted(written, block))
        if not paired and j < j_end:
            edits.append(_inserted(written, own, i, theirs[j:j_end], parts))
    if own and not theirs:
        raise UnsaidError("it was emptied: if this is intended, delete it in the chapter")
    for part in parts:
        if not left[part] and any(block.part == part and block.form == "block" for block in own):
            raise UnsaidError("a part of it was emptied: if this is intended, delete it in the chapter")
    return edits


def _compared(block: WrittenBlock, text: str) -> str:
    return one_line(text) if block.form == "prompt" else text


def _replaced(
    written: Written, block: WrittenBlock, piece: Piece, more: Sequence[Piece], parts: Sequence[str]
) -> Iterator[LineEdit]:
    """Yield the edits that put a piece, and more behind it, in a block's place."""
    line = written.lines[block.start]
    if block.form == "label":
        raise UnsaidError("the heading of a section is made by a build: change it in the chapter")
    if block.form in ("prompt", "title"):
        yield LineEdit(block.start, block.end, (_heading(written, block, piece),))
        if more:
            yield _inserted(written, [block], 1, more, parts)
        return
    if block.form == "option":
        if piece.type != "paragraph_open" or more:
            raise UnsaidError("an option is one paragraph")
        text = piece.text.replace("\n", f"\n{block.indent}")
        yield LineEdit(block.start, block.end, tuple(f"{block.first}{text}".split("\n")))
        return
    text = piece.text
    if block.is_fence and piece.type == "fence":
        text = _with_language(text, line.strip())
    lines = _indented("\n\n".join((text, *(each.text for each in more))), block.indent)
    following = written.lines[block.end] if block.end < len(written.lines) else ""
    is_apart = not following.strip() or (not more and _is_like(block, piece))
    before = written.lines[block.start - 1] if block.start else ""
    is_begun = not before.strip() or before.lstrip().startswith("#") or _is_like(block, piece)
    _refuse_heading((piece, *more))
    yield LineEdit(
        block.start, block.end, (*(() if is_begun else ("",)), *lines, *(() if is_apart else ("",)))
    )


def _is_like(block: WrittenBlock, piece: Piece) -> bool:
    """Return whether a piece is an element of the same kind as the block that it replaces."""
    tag = re.match(r"<(\w+)", block.html)
    return piece.type == {"p": "paragraph_open", "ul": "bullet_list_open", "ol": "ordered_list_open"}.get(
        tag[1] if tag else "", ""
    )


def _refuse_heading(found: Iterable[Piece]) -> None:
    if any(piece.type == "heading_open" and re.match(r"#{1,3}\s", piece.text) for piece in found):
        raise UnsaidError("a heading of its level would end the answer")


def _with_language(text: str, opening: str) -> str:
    """Return a block of code with the language that its author gave it, unless it has one."""
    language = opening.lstrip("`~").strip()
    first, _, rest = text.partition("\n")
    return f"{first}{language}\n{rest}" if language and not first.strip("`~") else text


def _heading(written: Written, block: WrittenBlock, piece: Piece) -> str:
    """Return the line of a heading with other words."""
    line = written.lines[block.start]
    if block.form == "prompt":
        content = written.question.title.tokens[0].content
    else:
        place = section_parts(written.question).index(block.part)
        content = written.question.sections[place].title.tokens[0].content
    start = line.find(content)
    if block.end != block.start + 1 or start < 0 or not line.lstrip().startswith("#"):
        raise UnsaidError("its heading is underlined, or on several lines")
    if piece.type == "heading_open" and block.form == "title":
        words = piece.text.lstrip("#").strip()
    elif piece.type == "paragraph_open" and block.form == "prompt":
        words = one_line(piece.text)
    else:
        raise UnsaidError("a heading has only words in one line")
    return f"{line[:start]}{words}{line[start + len(content) :]}"


def _indented(text: str, indent: str) -> list[str]:
    return [f"{indent}{line}" if line else "" for line in text.split("\n")]


def _deleted(written: Written, block: WrittenBlock) -> LineEdit:
    """Return the edit that deletes a block, with the empty lines behind it."""
    end = block.end
    while end < len(written.lines) - 1 and not written.lines[end].strip():
        end += 1
    return LineEdit(block.start, end, ())


def _inserted(
    written: Written, own: Sequence[WrittenBlock], place: int, found: Sequence[Piece], parts: Sequence[str]
) -> LineEdit:
    """Return the edit that writes pieces before the block at a place, or into a part without blocks."""
    _refuse_heading(found)
    text = "\n\n".join(piece.text for piece in found)
    if place and own[place - 1].form == "block":
        block = own[place - 1]
        return _between(written, block.end, _indented(text, block.indent))
    if place < len(own) and own[place].form == "block":
        block = own[place]
        return LineEdit(block.start, block.start, (*_indented(text, block.indent), ""))
    if place and own[place - 1].form in ("title", "label"):
        return _between(written, own[place - 1].end, text.split("\n"))
    if place and own[place - 1].form == "prompt" and "context" in parts and written.question.context.is_blank:
        return _new_part(written, "context", text)
    if not own and parts:
        return _new_part(written, parts[0], text)
    raise UnsaidError("there is more than one paragraph where a chapter has one line")


def _between(written: Written, line: int, lines: Sequence[str]) -> LineEdit:
    """Return the edit that inserts lines, with an empty one before them and behind them."""
    following = written.lines[line] if line < len(written.lines) else ""
    return LineEdit(line, line, ("", *lines, *([""] if following.strip() else [])))


def _new_part(written: Written, part: str, text: str) -> LineEdit:
    """Return the edit that adds a part that the question does not have yet."""
    question = written.question
    lines = text.split("\n")
    _, heading = _lines_of(question.title)
    if part == "context":
        return _between(written, heading, [*lines, "", "---"])
    answer = written.blocks(("answer",)) or [
        block for _, text_, reason in written.options() for block in (*text_, *reason)
    ]
    if part == "details" and answer:
        return _between(written, max(block.end for block in answer), [_MORE, "", *lines])
    if part in {role.value for role in Role}:
        parts = ("answer", "details", *section_parts(question))
        ends = [*(block.end for block in (*answer, *written.blocks(parts))), heading]
        title = title_as_written(Role(part), written.labels)
        if not _may_have_sections(written):
            raise UnsaidError("a drill has no sections")
        return _between(written, max(ends), [f"### {title}", "", *lines])
    raise UnsaidError("the question has no such part")


def title_as_written(role: Role, labels: Labels) -> str:
    """Return the title that an author writes for a section."""
    names = section_names(labels)
    title = title_of(role, labels)
    if names.get(title.casefold()) is role:
        return title
    return next(name for name, each in names.items() if each is role).capitalize()


def _may_have_sections(written: Written) -> bool:
    """Tell whether a question is none of another one's drills."""
    line = written.lines[_lines_of(written.question.title)[0]].lstrip()
    return not line.startswith("###")


# --- choices --------------------------------------------------------------------------------------


def option_edits(written: Written, listed: str, solved: str) -> list[LineEdit]:
    """Return the edits that make the options of a choice say what its two fields say."""
    own = written.options()
    reading = written.reading("options")
    fronts = [_bare(part) for part in _OPTION.split(listed)[1:]]
    backs = _SOLVED.split(solved)[1:]
    if len(fronts) != len(own) or len(backs) != len(own):
        raise UnsaidError("options were added or removed, or their list has another form")
    edits: list[LineEdit] = []
    for (_, text, reason), front, back in zip(own, fronts, backs, strict=True):
        shown, *reasons = _REASON.split(back, maxsplit=1)
        said = to_markdown(front, reading)
        again = to_markdown(_bare(_MARK.sub("", shown)), reading)
        if said.text != again.text and _silent(said) != _silent(again):
            raise UnsaidError("Options and Solution differ: change an option in both fields")
        ours = same_pieces(written, text, "", reading)
        edits += line_edits(written, text, ours, pieces(said.text), ("options",))
        given = pieces(to_markdown(reasons[0] if reasons else "", reading).text)
        ours = same_pieces(written, reason, "", reading)
        if given and not reason:
            block = text[0]
            added = _indented("\n\n".join(piece.text for piece in given), block.indent)
            edits.append(_between(written, block.end, added))
        elif given or reason:
            edits += line_edits(written, reason, ours, given, ("reason",))
    return edits


def _bare(html: str) -> str:
    return re.sub(r"</li>|</?ol[^>]*>", "", html).strip()


def _silent(converted: Converted) -> str:
    """Return the text of an option without sounds, which the back does not repeat."""
    return " ".join(re.sub(r"!\[[^\]]*\]\([^)]*\)", "", converted.text).split())


# --- lines ----------------------------------------------------------------------------------------


def with_edits(text: str, edits: Iterable[LineEdit]) -> str:
    """Return a file's text with some lines changed; all other bytes, and the ends of lines, stay."""
    split = _LINE_END.split(text)
    lines = [(line, end) for line, end in zip(split[::2], [*split[1::2], ""], strict=True)]
    usual = split[1] if len(split) > 1 else "\n"
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        start, end = edit.start, edit.end
        ends = [each for _, each in lines[start:end]]
        last = ends[-1] if ends else usual
        new = [
            (line, place) for line, place in zip(edit.lines, chain(ends[:-1], repeat(usual)), strict=False)
        ]
        if new and last:
            new[-1] = (new[-1][0], last)
        if start and not lines[start - 1][1] and new:
            lines[start - 1] = (lines[start - 1][0], usual)
        if new and end == len(lines):
            new[-1] = (new[-1][0], "")
        lines[start:end] = new
    return "".join(line + end for line, end in lines)
