"""Mends what is safe to mend: ids that are missing, attributes out of order; no other byte changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.checks.rules import Rulebook
from builder.checks.rules.writing import attributes_have_one_order
from builder.corpus.attributes import in_order, with_id
from builder.corpus.chapter_codes import MISSING_ID
from builder.corpus.files import read_bytes
from builder.corpus.model import Chapter, Question, Section
from builder.corpus.reader import read_chapter, slug
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.faults import at_chapter, at_question
from builder.markdown.parser import Passage, Source, plain_text
from builder.runtime.atomic import replacing
from builder.runtime.regular_files import RefusedFile


@dataclass(frozen=True, slots=True)
class Mend:
    """A finding that is mended, and how."""

    location: Location
    code: str
    what: str


class Names:
    """Ids that are taken, and the next number for each that was wanted more than once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken}
        self._numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return an id that is not taken, the wanted one or that with a number; and take it."""
        name, number = wanted, self._numbers.get(wanted, 1)
        while name in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name)
        self._numbers[wanted] = number
        return name


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one heading: from a column (from 0) of a line to another, a new text."""

    path: Path
    line: int
    start: int
    end: int
    text: str
    mends: tuple[Mend, ...]


def find_edits(
    chapters: Iterable[Chapter], taken: Iterable[str], rules: Rulebook
) -> list[tuple[Chapter, list[Edit]]]:
    """Return what can be mended in which chapters; `taken` are all ids that there are, or ever were."""
    names = Names(taken)
    edits: list[tuple[Chapter, list[Edit]]] = []
    for chapter in chapters:
        with at_chapter(chapter.source.path):
            found = list(_edits(chapter, names, rules))
            if found and _is_safe(chapter, found):
                edits.append((chapter, found))
    return edits


def mend(chapter: Chapter, edits: Sequence[Edit]) -> None:
    """Make the edits of one chapter in its file. Raises `BuildError`; then the file is as it was."""
    path = chapter.source.path.resolve()
    before = _read(path)
    text = before.decode("utf-8")
    mark = text[:1] if text.startswith("\ufeff") else ""
    if text.removeprefix(mark) != chapter.source.text:
        raise BuildError(f"{str(path)!r} was changed meanwhile: run the command again")
    with replacing(path, mode=path.stat().st_mode) as temporary:
        temporary.write_bytes((mark + edited(chapter.source.text, edits)).encode("utf-8"))
        if _read(path) != before:
            raise BuildError(f"{str(path)!r} was changed meanwhile: run the command again")


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except RefusedFile as error:
        raise BuildError(f"{str(path)!r} {error.reason}: {error.hint}") from error


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a chapter's text after its edits."""
    # Lines, and between them their ends, as `Source` counts them.
    parts = re.split(r"(\r\n?|\n)", text)
    for edit in edits:
        line = parts[2 * edit.line]
        parts[2 * edit.line] = line[: edit.start] + edit.text + line[edit.end :]
    return "".join(parts)


def _edits(chapter: Chapter, names: Names, rules: Rulebook) -> Iterator[Edit]:
    for question in chapter.questions:
        with at_question(question.location, question.id or question.prompt):
            found = list(_edit(chapter, question, names, rules))
        yield from found
        for section in _unnamed_drills(question):
            if place := _place(chapter.source, section.title, "", section.location):
                name = _new_id(section.title, chapter, names)
                what = f"got the id {name!r}: it is a drill now"
                yield Edit(*place, f" {{#{name}}}", (Mend(section.location, MISSING_ID.name, what),))
        for drill in question.drills:
            yield from _edit(chapter, drill, names, rules)


def _edit(chapter: Chapter, question: Question, names: Names, rules: Rulebook) -> Iterator[Edit]:
    """Yield the edit of a question's heading, if it needs one."""
    written, mends = question.attributes.written, []
    place = _place(chapter.source, question.title, written, question.location)
    # An opening brace in the words may be the beginning of attributes that nobody closed.
    if place is None or question.attributes.is_malformed or "{#" in question.title.tokens[0].content:
        return
    if not question.id:
        name = _new_id(question.title, chapter, names)
        written = with_id(written, name)
        mends.append(Mend(question.location, MISSING_ID.name, f"got the id {name!r}"))
    if rules.keeps(attributes_have_one_order, question) and in_order(written) != written:
        written = in_order(written)
        location = chapter.source.find(question.attributes.written, question.location.line - 1)
        mends.append(
            Mend(location, attributes_have_one_order.code, f"has its attributes in order, {written}")
        )
    if mends:
        yield Edit(*place, written if question.attributes.written else f" {written}", tuple(mends))


def _unnamed_drills(question: Question) -> list[Section]:
    """Return the sections that ask something: drills whose ids are missing. No section may follow a drill."""
    found: list[Section] = []
    for section in reversed(question.sections):
        if section.role or not plain_text(section.title).strip().endswith("?"):
            break
        found.append(section)
    return found[::-1]


def _place(
    source: Source, title: Passage, attributes: str, location: Location
) -> tuple[Path, int, int, int] | None:
    """Return where a heading's attributes stand, or would; None if it is not written in one plain line."""
    if not title.tokens:
        return None
    line = source.lines[location.line - 1]
    words = title.tokens[0].content
    start = line.find(words) + len(words)
    if not words or not line.lstrip().startswith("#") or words not in line:
        return None
    if attributes:
        start = line.find(attributes, start)
        if start < 0:
            return None
    return source.path, location.line - 1, start, start + len(attributes)


def _new_id(title: Passage, chapter: Chapter, names: Names) -> str:
    """Return an id of a prompt's words that no question has, or ever had; and take it."""
    return names.take(slug(plain_text(title)) or chapter.slug)


def _is_safe(chapter: Chapter, edits: Sequence[Edit]) -> bool:
    """Tell whether the chapter would read as before, but for what is mended."""
    source = Source(chapter.source.path, edited(chapter.source.text, edits))
    _, before = read_chapter(chapter.source)
    _, after = read_chapter(source)
    mended = {edit.line + 1 for edit in edits if any(mend.code == MISSING_ID.name for mend in edit.mends)}
    return not any(
        found.code == MISSING_ID.name and found.location.line in mended for found in after
    ) and _lines(after) <= _lines(before)


def _lines(diagnostics: Sequence[Diagnostic]) -> set[int]:
    return {diagnostic.location.line for diagnostic in diagnostics}
