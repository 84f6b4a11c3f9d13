"""Cuts a chapter into pieces that stay together: a column may end between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from typing import Literal

from builder.anki.note import Note, Subdeck
from builder.corpus.labels import ENGLISH, Labels
from builder.corpus.model import Role, title_of
from builder.design.language import attributes_of
from builder.design.templates import fill_in
from builder.print.engine.html import CODE, for_paper
from builder.print.layout.tables import TableRoom, fit_tables

_LINES, _ROWS = 3, 3
"""Minimum lines of code (empty ones do not count), and rows of a table, that stay together."""
_AMID = re.compile(r'<pre class="[^"]*\bgoing-on\b[^"]*"><code>(<[^>]+>)*[\s)\]}]')
_LIST = re.compile(r'<(ul|ol)( class="rows")?(?: start="(\d+)")?>')
_TABLE = re.compile(r'(<div class="table[^>]*>.*<tbody>\n)(.*)(</tbody>.*)', re.DOTALL)


Above = Literal["", "rule", "space"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of HTML that stays together, and the question or chapter that it belongs to."""

    html: str
    of: str
    number: str
    is_start: bool
    chapter: str = ""
    """Number of its chapter, and the words of its title."""
    above: Above = ""
    """Separation from the piece above it in its column: a rule, or space."""

    @property
    def is_amid(self) -> bool:
        """True if it begins within a statement of code, at an indented line or a closing bracket."""
        return bool(_AMID.match(self.html))


def cut(
    subdeck: Subdeck,
    finest: Collection[str] = (),
    tables: TableRoom | None = None,
    labels: Labels = ENGLISH,
) -> Iterator[Piece]:
    """Cut the part of a chapter that a sheet prints into pieces that may be in different columns.

    A question's first piece has its heading and the beginning of its answer, with a list or code that this
    leads to; a chapter's first piece also has the chapter's opening. At least three lines of code stay with
    the text above. Tables are set to fit the given room.
    """
    return _cut(subdeck, finest, tables, partial(_printed_answer, labels=labels), is_loose=False)


def cut_whole(
    subdeck: Subdeck,
    finest: Collection[str] = (),
    tables: TableRoom | None = None,
    labels: Labels = ENGLISH,
) -> Iterator[Piece]:
    """Cut a chapter with its full answers into pieces that may be on different pages."""
    return _cut(subdeck, finest, tables, partial(_whole_answer, labels=labels), is_loose=True)


def _cut(
    subdeck: Subdeck,
    finest: Collection[str],
    tables: TableRoom | None,
    answer_of: Callable[[Note], tuple[Sequence[str], str]],
    *,
    is_loose: bool,
) -> Iterator[Piece]:
    def printed_of(html: str, language: str = "") -> str:
        shown = for_paper(html)
        return fit_tables(shown, tables.speaking(language)) if tables else shown

    chapter = f"{subdeck.number} {subdeck.words}"
    opening = [
        fill_in("sheet-opening", number=str(subdeck.number), title=subdeck.title),
        *subdeck.introduction,
    ]
    printed = [note for note in subdeck.notes if not note.is_drill]
    for note in printed:
        answer, end = answer_of(note)
        own = (_head(note), *note.context, *answer)
        blocks = [*map(printed_of, opening), *(printed_of(html, note.language) for html in own)]
        is_finest = note.id in finest
        runs = _join(
            blocks,
            len(blocks) - len(answer) + 1,
            is_finest=is_finest,
            is_loose=is_loose,
        )
        runs[-1] += printed_of(end, note.language)
        if note.language:
            # Everything except the chapter's opening above the question.
            before, heading, rest = runs[0].partition("<h2 ")
            start = f'<div class="foreign"{attributes_of(note.language)}>'
            runs = [f"{start}{run}</div>" for run in (heading + rest, *runs[1:])]
            runs[0] = before + runs[0]
        yield Piece(
            runs[0],
            note.id,
            note.number,
            is_start=True,
            chapter=chapter,
            above="space" if opening else "rule",
        )
        for run in runs[1:]:
            yield Piece(run, note.id, note.number, is_start=False, chapter=chapter)
        opening = []
    if not printed:
        is_finest = f"/{subdeck.slug}" in finest
        runs = _join(list(map(printed_of, opening)), len(opening), is_finest=is_finest, is_loose=False)
        for index, run in enumerate(runs):
            # A slash, because no question's id has one.
            above: Above = "" if index else "space"
            yield Piece(run, f"/{subdeck.slug}", str(subdeck.number), index == 0, chapter, above)


def _printed_answer(note: Note, labels: Labels) -> tuple[Sequence[str], str]:
    """Return the blocks of an answer that the sheet prints, and HTML for the end of its last piece."""
    return [*filter(None, [note.solution]), *note.lead], _why(note, labels)


_ASIDES = (Role.WHY, Role.WEAK_ANSWER, Role.PITFALL, Role.FOLLOW_UP, Role.READ_MORE)
"""Standard sections that the handbook prints."""


def _whole_answer(note: Note, labels: Labels) -> tuple[Sequence[str], str]:
    blocks = [*filter(None, [note.solution]), *note.lead, *_blocks(note.details)]
    for role in _ASIDES:
        if note.sections[role]:
            first, *others = _blocks(note.sections[role])
            names = f"aside {role.value.replace(' ', '-')}"
            first = f"<h3>{escape(title_of(role, labels))}</h3>{first}"
            blocks += [f'<div class="{names}">{block}</div>' for block in (first, *others)]
    return blocks, ""


_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>")


def _blocks(html: str) -> Iterator[str]:
    """Yield the top-level elements of HTML."""
    depth = start = 0
    for tag in _TAG.finditer(html):
        if tag[2] not in ("img", "br", "hr"):
            depth += -1 if tag[1] else 1
        if depth == 0:
            yield html[start : tag.end()].strip()
            start = tag.end()


def _join(blocks: Sequence[str], whole: int, *, is_finest: bool, is_loose: bool) -> list[str]:
    """Join blocks into runs that stay together: the first `whole`, and each block that leads to the next.

    The first lines of code stay with the block above. So do lists, unless the runs are loose, and horizontal
    rules.
    """
    runs = [""]
    for index, block in enumerate(blocks):
        first, *others = cut_block(block, is_finest=is_finest)
        before = blocks[index - 1] if index > 0 else ""
        leads = before.endswith((":</p>", ":</p></div>")) or before.startswith("<h3")
        is_free = not block.startswith("<pre") if is_loose else block.startswith("<p>")
        may_begin = index >= whole and not leads and is_free
        is_rule = block.startswith("<hr")  # it would be a piece without words
        may_begin |= is_finest and not before.startswith(("<h1", "<h2", "<h3"))
        if index > 0 and may_begin and not is_rule:
            runs.append(first)
        else:
            runs[-1] += first
        runs += others
    return runs


def cut_block(block: str, *, is_finest: bool) -> list[str]:
    """Cut a block of code; if `is_finest`, tables and lists, too."""
    if match := CODE.fullmatch(block):
        lines = match[1].split("\n")
        # A run does not begin with an empty line, or right after a line that leads to it.
        cuts = (n for n, line in enumerate(lines) if line and (is_finest or not _leads(lines[n - 1])))
        runs = list(_runs(lines, cuts, _LINES))
        return [_code(run, is_first=run is runs[0], is_last=run is runs[-1]) for run in runs]
    if match := _TABLE.fullmatch(block):
        start, body, end = match.groups()
        if not is_finest:
            return [start + body + end]
        rows = [f"<tr>{row}" for row in body.split("<tr>")[1:]]
        return [start + "".join(run) + end for run in _runs(rows, range(len(rows)), _ROWS)]
    if is_finest and (match := _LIST.match(block)):
        tag, names, first = match[1], match[2] or "", int(match[3] or 1)
        return [
            f'<ol start="{first + index}">{item}</ol>' if tag == "ol" else f"<ul{names}>{item}</ul>"
            for index, item in enumerate(_items(block))
        ]
    return [block]


_COMMENT = re.compile(r'<span class="c">.*?</span>')
_TAGS = re.compile(r"<[^>]+>")


def _leads(line: str) -> bool:
    """Return whether a line of code leads to the next: a decorator, the head of a block, an open bracket."""
    words = _TAGS.sub("", _COMMENT.sub("", line)).rstrip()
    return words.lstrip().startswith("@") or words.endswith((":", "(", "[", "{", ",", "\\"))


def _items(block: str) -> Iterator[str]:
    """Yield the items of a list, each with its nested lists."""
    depth = start = 0
    for tag in re.finditer(r"<(/?)li\b", block):
        if not tag[1]:
            start = start if depth else tag.start()
            depth += 1
        else:
            depth -= 1
            if not depth:
                yield block[start : tag.start()] + "</li>"


def _code(lines: Sequence[str], *, is_first: bool, is_last: bool) -> str:
    """Return a run of lines as a block of code that is marked as a part."""
    text = "\n".join(lines)
    classes = {
        "code": True,
        "parted": not is_last,
        "going-on": not is_first,
        # HTML does not show an empty line at the end of a block.
        "spaced": not is_last and not lines[-1],
    }
    names = " ".join(name for name, applies in classes.items() if applies)
    return f'<pre class="{names}"><code>{text}</code></pre>'


def _runs(items: Sequence[str], cuts: Iterable[int], least: int) -> Iterator[Sequence[str]]:
    """Cut a sequence at some of `cuts`, so that each run has at least `least` items that are not empty."""
    start = 0
    for cut in cuts:
        if sum(map(bool, items[start:cut])) >= least <= sum(map(bool, items[cut:])):
            yield items[start:cut]
            start = cut
    yield items[start:]


def _head(note: Note) -> str:
    return fill_in(
        "sheet-question",
        id=note.id,
        number=note.number,
        prompt=note.prompt,
        meta=escape(" · ".join(filter(None, (unescape(note.shown_level), *note.topics)))),
    )


def _why(note: Note, labels: Labels) -> str:
    why = note.sections[Role.WHY]
    return f'<div class="why"><b class="label">{escape(labels.why_asked)}</b> {why}</div>' if why else ""
