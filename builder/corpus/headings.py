"""The chapters that a file has, and their numbers: both are known from headings, before a chapter is read.

A heading of one `#` with a question below it begins a chapter; what stands before the first is the first's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from builder.corpus.files import name_of
from builder.corpus.front_matter import without_front_matter
from builder.faults import at_chapter
from builder.markdown.source import Source

MOST_CHAPTERS = 200
"""Maximum chapters of a file."""
LAST_CHAPTER = 999_999_999
"""Largest number of a chapter (`builder.identity.numbering`)."""
_MAY_BEGIN_CHAPTER = re.compile(r"\n(?: {0,3}#[ \t\n]| {0,3}=)")
"""A line that may be a `#` heading, or underline one; it may be code, too."""
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a chapter from its headings."""

    name: str
    """The words of its title, joined by hyphens."""
    questions: tuple[str, ...]
    """The first ids of its questions and drills."""


@dataclass(frozen=True, slots=True)
class Given:
    """The numbers that were given before."""

    chapters: Mapping[str, int]
    """Those of chapters, by the names of `Place`."""
    questions: Mapping[str, str]
    """Those of questions, 6.2 and 6.2a, by their first ids."""


NOTHING_GIVEN = Given({}, {})


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a chapter among all of its corpus."""

    path: Path
    index: int
    """Its place in its file, from 0."""
    number: int
    name: str
    """The name that its number is kept by; empty where its file's name has the number.

    It is the file's, without suffix; of a chapter that is not the first in its file, its title follows a
    slash, which no name of a file has.
    """


def beginnings(levels: Sequence[int]) -> list[int]:
    """Return which headings, by their levels, begin a chapter."""
    found: list[int] = []
    below = 0
    for index in reversed(range(len(levels))):
        if levels[index] == 1 and below == 2:
            found.append(index)
        below = levels[index] if levels[index] in (1, 2) else below
    return found[::-1]


def may_have_later(source: Source) -> bool:
    """Tell by a glance at its lines whether a file may have chapters after its first; most have none."""
    text = "\n" + source.text.replace("\r", "\n") + "\n"
    return len(_MAY_BEGIN_CHAPTER.findall(text)) > 1


def later_chapters(source: Source) -> tuple[Opening, ...]:
    """Return the chapters of a file after its first."""
    if not may_have_later(source):
        return ()
    from builder.markdown.parser import headings

    with at_chapter(source.path):
        found = list(headings(without_front_matter(source)))
    starts = beginnings([level for level, *_ in found])[1:]
    openings: list[Opening] = []
    for start, end in pairwise([*starts, len(found)]):
        attributes = (each for level, _, each in found[start + 1 : end] if level in (2, 3) and each)
        questions = (dict(each.values).get("was") or each.ids[0] for each in attributes if each.ids)
        openings.append(Opening(_name(found[start][1]), tuple(questions)))
    return tuple(openings)


def _name(title: str) -> str:
    return re.sub(r"[\W_]+", "-", title.casefold()).strip("-")[:_LONGEST_NAME] or "chapter"


def chapter_numbers(
    files: Mapping[Path, Sequence[Opening]], given: Callable[[], Given] = lambda: NOTHING_GIVEN
) -> list[Place]:
    """Number the chapters of files, each with its chapters after the first, and return them file by file.

    A file's first chapter has the number of its name. All others keep the number that was given to them, by
    name, or else that of the chapter that most of their questions were in, as after a retitle; the next
    numbers go to the rest, in order. `given` is called where there are such.
    """
    numbers = {(path, 0): number for path in files if (number := name_of(path)[0]) is not None}
    names = {
        (path, index): name
        for path in sorted(files, key=_order_of_files)
        for index, name in enumerate(_names(path, files[path]))
        if (path, index) not in numbers
    }
    if names:
        numbers |= _given(names, files, {*numbers.values()}, given())
    return [
        Place(path, index, numbers[path, index], names.get((path, index), ""))
        for path, later in files.items()
        for index in range(1 + len(later))
    ]


_Key = tuple[Path, int]


def _given(
    names: Mapping[_Key, str], files: Mapping[Path, Sequence[Opening]], taken: set[int], given: Given
) -> dict[_Key, int]:
    """Number the chapters whose numbers no file's name has; `taken` are those that one has."""
    known = given.chapters
    first = {key: known[name] for key, name in names.items() if not key[1] and name in known}
    numbers = {key: number for key, number in first.items() if number not in taken}
    taken = {*taken, *numbers.values()}

    def take(key: _Key, number: int | None) -> None:
        if number is not None and number not in taken:
            numbers[key] = number
            taken.add(number)

    later = [key for key in names if key[1]]
    wanted = {key: known.get(names[key]) for key in later}
    homes = {key: _home(files[key[0]][key[1] - 1].questions, given.questions) for key in later}
    # Several names may have had one number, by retitles: it is that of the chapter with its questions.
    for key in sorted(later, key=lambda key: wanted[key] != homes[key]):
        take(key, wanted[key])
    for key in (key for key in later if key not in numbers):
        take(key, homes[key])
    # A chapter that got a file of its own, called by its title.
    titled = {name.partition("/")[2]: number for name, number in known.items() if "/" in name}
    for path, index in (key for key in names if key not in numbers):
        take((path, index), None if index else titled.get(_name(path.stem)))
    last = max({*taken, *known.values()}, default=0)
    free = chain(range(last + 1, LAST_CHAPTER + 1), range(1, last))
    following = (number for number in free if number not in taken)
    return numbers | {key: next(following) for key in names if key not in numbers}


def _home(questions: Iterable[str], numbers: Mapping[str, str]) -> int | None:
    """Return the number of the chapter that most of some questions were in."""
    heads = (numbers.get(question, "").partition(".")[0] for question in questions)
    homes = Counter(int(head) for head in heads if head.isascii() and head.isdecimal() and len(head) < 10)
    return homes.most_common(1)[0][0] if homes else None


def _names(path: Path, later: Iterable[Opening]) -> Iterator[str]:
    """Yield the names of a file's chapters, each another."""
    yield path.stem
    seen: Counter[str] = Counter()
    for each in later:
        seen[each.name] += 1
        yield f"{path.stem}/{each.name}" + (f"/{seen[each.name]}" if seen[each.name] > 1 else "")


def _order_of_files(path: Path) -> tuple[bool, int, list[tuple[bool, int, str]], str]:
    """Return what files are sorted by: their numbers, then names without case, with numbers as numbers."""
    number, _ = name_of(path)
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", path.stem.casefold())
    words = [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]
    return number is None, number or 0, words, path.name
