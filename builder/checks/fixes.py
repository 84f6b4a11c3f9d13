"""Makes safe fixes: edits that findings carry, missing ids, attributes in order.

No other byte changes, and no fix that would add an error is made.
"""

from __future__ import annotations

import re
from bisect import bisect, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

from builder.checks.rules import Rulebook
from builder.checks.rules.writing import attributes_have_one_order
from builder.checks.run import check_chapter
from builder.checks.whole import EMPTY_CORPUS
from builder.corpus.attributes import in_order, with_id
from builder.corpus.chapter_codes import MISSING_ID, UNDERLINED_HEADING
from builder.corpus.files import read_bytes
from builder.corpus.labels import ENGLISH, Labels
from builder.corpus.model import Chapter, Question, Section
from builder.corpus.reader import read_chapters
from builder.diagnostics import BuildError, Diagnostic, Edit, Location
from builder.faults import at_chapter, at_question
from builder.markdown.parser import Passage, Source, plain_text
from builder.runtime.atomic import replacing
from builder.runtime.regular_files import RefusedFile
from builder.text import slug

_MOST_TRIES, _FEW_TRIES = 20, 3
"""Maximum further tries to find the safe fixes of a file, and of a long one; usually, all are safe."""
_LONG = 60_000
"""Characters above which a file is long: it takes half a second to read."""
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding that a fix removes."""

    location: Location
    code: str
    what: str
    """Description of the change, or message of the finding."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits of a file that are made all or none, and the findings that they remove."""

    findings: tuple[Fixed, ...]
    edits: tuple[Edit, ...]
    """Empty if another fix has to be made first."""


class Names:
    """The ids in use, and for each that was wanted again, the last number added to it."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken}
        self._numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return a free id and reserve it: the wanted one, or that with a number."""
        name, number = wanted, self._numbers.get(wanted, 1)
        while name in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name)
        self._numbers[wanted] = number
        return name


def find_fixes(
    files: Iterable[tuple[Source, Sequence[Diagnostic]]],
    taken: Iterable[str],
    rules: Rulebook,
    labels: Labels = ENGLISH,
) -> list[tuple[Source, list[Fix]]]:
    """Return the possible fixes of chapter files, from their findings; files without one are left out.

    `taken` are all ids in use now or ever before.
    """
    names = Names(taken)
    fixes: list[tuple[Source, list[Fix]]] = []
    for source, diagnostics in files:
        with at_chapter(source.path):
            doubtful = {each.location.line for each in diagnostics if each.code == UNDERLINED_HEADING.name}
            headings = (
                each
                for chapter, _ in read_chapters(source, labels=labels)
                for each in _headings(chapter, names, rules)
                if doubtful.isdisjoint(found.location.line for found in each.findings)
            )
            wanted = [*headings, *_of_findings(diagnostics)]
            first, later = _apart(wanted)
            if found := _safe(source, first, rules, labels):
                fixes.append((source, [*found, *(Fix(each.findings, ()) for each in later)]))
    return fixes


def _of_findings(diagnostics: Iterable[Diagnostic]) -> Iterator[Fix]:
    for found in diagnostics:
        if found.edits:
            yield Fix((Fixed(found.location, found.code, found.message),), found.edits)


def _apart(fixes: Iterable[Fix]) -> tuple[list[Fix], list[Fix]]:
    """Return the fixes to make now, by place, and those that overlap with one of them, for later."""
    kept: list[Fix] = []
    others: list[Fix] = []
    edits: list[Edit] = []  # sorted, as are those at each place
    for each in sorted(fixes, key=lambda each: min(each.edits)):
        places = [bisect(edits, edit) for edit in each.edits]
        beside = [
            (*edits[max(place - 1, 0) : place + 1], edit)
            for place, edit in zip(places, each.edits, strict=True)
        ]
        if all(_are_apart(some) for some in beside):
            kept.append(each)
            for edit in each.edits:
                insort(edits, edit)
        else:
            others.append(each)
    return kept, others


def _are_apart(edits: Iterable[Edit]) -> bool:
    return all(
        (one.end_line, one.end_column) <= (other.line, other.column)
        and (one.line, one.column) != (other.line, other.column)
        for one, other in pairwise(sorted(edits))
    )


def _safe(source: Source, fixes: list[Fix], rules: Rulebook, labels: Labels) -> list[Fix]:
    """Return those fixes that add no error."""
    if not fixes:
        return []
    before = _counts(source, rules, labels)

    def is_safe(some: Sequence[Fix]) -> bool:
        after = _counts(Source(source.path, edited(source.text, some)), rules, labels)
        codes = {found.code for each in some for found in each.findings}
        return sum(after[0][code] for code in codes) < sum(before[0][code] for code in codes) and all(
            number <= before[1][code]
            for code, number in after[1].items()
            if code != MISSING_ID.name  # a new question gets its id in the next round
        )

    tries, most = count(), _MOST_TRIES if len(source.text) < _LONG else _FEW_TRIES

    def part(some: list[Fix]) -> list[Fix]:
        if next(tries) > most:
            return []
        if is_safe(some):
            return some
        half = len(some) // 2
        first, second = (part(some[:half]), part(some[half:])) if half else ([], [])
        return first + second if first and second and is_safe(first + second) else first or second

    return part(fixes)


def _counts(source: Source, rules: Rulebook, labels: Labels) -> tuple[Counter[str], Counter[str]]:
    """Count the findings and the errors of a file's chapters, by code.

    A file without a question counts as an error, as a corpus without one is.
    """
    found: list[Diagnostic] = []
    has_questions = False
    for chapter, wrong in read_chapters(source, labels=labels):
        found += (*rules.weigh(wrong), *check_chapter(chapter, rules))
        has_questions = has_questions or bool(chapter.questions)
    errors = Counter(each.code for each in found if each.severity == "error")
    errors[EMPTY_CORPUS.name] = not has_questions
    return Counter(each.code for each in found), errors


def fix(source: Source, fixes: Sequence[Fix]) -> None:
    """Fix the chapters of one file. Raises `BuildError`; the file is then unchanged."""
    path = source.path.resolve()
    before = _read(path)
    text = before.decode("utf-8")
    mark = text[:1] if text.startswith("\ufeff") else ""
    if text.removeprefix(mark) != source.text:
        raise BuildError(f"{str(path)!r} changed in the meantime: run the command again")
    with replacing(path, mode=path.stat().st_mode) as temporary:
        temporary.write_bytes((mark + edited(source.text, fixes)).encode("utf-8"))
        if _read(path) != before:
            raise BuildError(f"{str(path)!r} changed in the meantime: run the command again")


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except RefusedFile as error:
        raise BuildError(f"{str(path)!r} {error.reason}: {error.hint}") from error


def edited(text: str, fixes: Iterable[Fix]) -> str:
    """Return a file's text with fixes applied."""
    ends = [match.span() for match in _LINE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    new_line = text[slice(*ends[0])] if ends else "\n"

    def place(line: int, column: int) -> int:
        return len(text) if line > len(starts) else min(starts[line - 1] + column - 1, stops[line - 1])

    pieces: list[str] = []
    last = 0
    for edit in sorted(edit for each in fixes for edit in each.edits):
        start, end = place(edit.line, edit.column), place(edit.end_line, edit.end_column)
        pieces += (text[last:start], edit.text.replace("\n", new_line))
        last = end
    return "".join((*pieces, text[last:]))


def _headings(chapter: Chapter, names: Names, rules: Rulebook) -> Iterator[Fix]:
    """Yield the fixes of the headings of a chapter's questions."""
    for question in chapter.questions:
        with at_question(question.location, question.id or question.prompt):
            found = list(_heading(chapter, question, names, rules))
        yield from found
        for section in _unnamed_drills(question):
            if place := _place(chapter.source, section.title, "", section.location):
                name = _new_id(section.title, chapter, names)
                what = f"got the id {name!r}: it is a drill now"
                edit = Edit.within(*place, "", f" {{#{name}}}")
                yield Fix((Fixed(section.location, MISSING_ID.name, what),), (edit,))
        for drill in question.drills:
            yield from _heading(chapter, drill, names, rules)


def _heading(chapter: Chapter, question: Question, names: Names, rules: Rulebook) -> Iterator[Fix]:
    """Yield the fix of a question's heading, if it needs one."""
    written = before = question.attributes.written
    place = _place(chapter.source, question.title, written, question.location)
    # An opening brace in the prompt may begin attributes that nobody closed.
    if place is None or question.attributes.is_malformed or "{#" in question.title.tokens[0].content:
        return
    done: list[Fixed] = []
    if not question.id:
        name = _new_id(question.title, chapter, names)
        written = with_id(written, name)
        done.append(Fixed(question.location, MISSING_ID.name, f"got the id {name!r}"))
    if rules.keeps(attributes_have_one_order, question) and in_order(written) != written:
        written = in_order(written)
        location = chapter.source.find(before, question.location.line - 1)
        code = attributes_have_one_order.code
        done.append(Fixed(location, code, f"has its attributes in order, {written}"))
    if done:
        yield Fix(tuple(done), (Edit.within(*place, before, written if before else f" {written}"),))


def _unnamed_drills(question: Question) -> list[Section]:
    """Return the last sections that are questions: drills without ids. A section may not follow a drill."""
    found: list[Section] = []
    for section in reversed(question.sections):
        if section.role or not plain_text(section.title).strip().endswith("?"):
            break
        found.append(section)
    return found[::-1]


def _place(source: Source, title: Passage, attributes: str, location: Location) -> tuple[int, int] | None:
    """Return the line and the column of a heading's attributes, or where they belong.

    Return None if the heading is not one plain line.
    """
    if not title.tokens:
        return None
    line = source.lines[location.line - 1]
    words = title.tokens[0].content
    start = line.find(words) + len(words)
    if not words or words not in line:
        return None
    if attributes:
        start = line.find(attributes, start)
        if start < 0:
            return None
    return location.line, start + 1


def _new_id(title: Passage, chapter: Chapter, names: Names) -> str:
    """Return an id derived from a prompt, never used before, and reserve it."""
    return names.take(slug(plain_text(title)) or chapter.slug)
