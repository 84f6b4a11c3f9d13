"""The chapters of a file and their numbers, found by headings alone, before a chapter is read.

A heading of one `#` with a question below it begins a chapter. Text before the first belongs to the first.
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
    """The headings of a chapter: its title and its first ids."""

    name: str
    """Its title in words joined by hyphens."""
    questions: tuple[str, ...]
    """The first ids of its questions and drills."""


@dataclass(frozen=True, slots=True)
class Given:
    """The numbers that earlier builds gave, as the lock has them."""

    chapters: Mapping[str, int]
    """Numbers of chapters, by `Place.name`."""
    questions: Mapping[str, str]
    """Numbers of questions, such as 6.2 and 6.2a, by their first ids."""


NOTHING_GIVEN = Given({}, {})


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a chapter in its corpus."""

    path: Path
    index: int
    """Its place in its file, from 0."""
    number: int
    name: str
    """The name under which the lock keeps its number; empty if its file's name begins with the number.

    It is the file's name without suffix. If the chapter is not the first of its file, a slash and its title
    follow: no file name has a slash.
    """


def beginnings(levels: Sequence[int]) -> list[int]:
    """Return the indices of the headings that begin a chapter, by the levels of all headings."""
    found: list[int] = []
    below = 0
    for index in reversed(range(len(levels))):
        if levels[index] == 1 and below == 2:
            found.append(index)
        below = levels[index] if levels[index] in (1, 2) else below
    return found[::-1]


def may_have_later(source: Source) -> bool:
    """Tell quickly, by its lines, whether a file may have chapters after its first; most have none."""
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

    A file's first chapter has the number in the file's name, if there is one. Any other keeps its earlier
    number, found by its name, or else, as after a new title, by the chapter that most of its questions were
    in. The rest get the next free numbers, in order. `given` is called only if it is needed.
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
    """Number the chapters without a number in a file's name; `taken` are the numbers in file names."""
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
    # After new titles, several names may have one number: it goes to the chapter with the questions.
    for key in sorted(later, key=lambda key: wanted[key] != homes[key]):
        take(key, wanted[key])
    for key in (key for key in later if key not in numbers):
        take(key, homes[key])
    # A chapter that was moved to a file of its own, named after its title.
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
    """Yield the names of a file's chapters, all different."""
    yield path.stem
    seen: Counter[str] = Counter()
    for each in later:
        seen[each.name] += 1
        yield f"{path.stem}/{each.name}" + (f"/{seen[each.name]}" if seen[each.name] > 1 else "")


def _order_of_files(path: Path) -> tuple[bool, int, list[tuple[bool, int, str]], str]:
    """Return the sort key of a file: its number, then its name without case, with numbers as numbers."""
    number, _ = name_of(path)
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", path.stem.casefold())
    words = [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]
    return number is None, number or 0, words, path.name
