"""The numbers of questions, 6.2, and of their drills, 6.2a, as printed on cards and the sheet.

A number stays with its question, even if others are inserted, so that a card in Anki, last year's flashcard
and today's sheet agree. A question that is new, or comes from another chapter, gets the next number. The
number of a question that is gone is not used again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from builder.corpus.model import ChapterOutline, Outline, QuestionOutline

_FORM = re.compile(r"([0-9]{1,9}\.)(?:([0-9]{1,9})|([0-9]{1,9})([a-z]{1,6}))")
Published = Mapping[str, str]
"""All numbers ever given, by the identity of their question."""


def number_questions(outline: Outline, published: Published) -> dict[str, str]:
    """Return the number of every question and drill of a corpus, by identity, in the order of the files."""
    given: dict[str, set[int]] = defaultdict(set)
    for number in published.values():
        parent, place = _split(number)
        given[parent].add(place)
    return {
        identity: number
        for chapter in outline.chapters
        for identity, number in _number_chapter(chapter, published, given)
    }


def _number_chapter(
    chapter: ChapterOutline, published: Published, given: Mapping[str, set[int]]
) -> Iterator[tuple[str, str]]:
    groups = _groups(chapter)
    known = [_split(published.get(question.identity, "")) for question, _ in groups]
    homes = {home for home, _ in known if home}
    home = f"{chapter.number}."
    # If all of a chapter's questions come from one other chapter, that chapter was renumbered.
    former = next(iter(homes)) if len(homes) == 1 else home
    for (question, drills), place in zip(groups, _places(home, former, known, given), strict=True):
        number = f"{home}{place}"
        yield question.identity, number
        if drills:
            at = [_split(published.get(drill.identity, "")) for drill in drills]
            letters = _places(number, published.get(question.identity, number), at, given)
            for drill, letter in zip(drills, letters, strict=True):
                yield drill.identity, number + _letters(letter)


def _groups(chapter: ChapterOutline) -> list[tuple[QuestionOutline, list[QuestionOutline]]]:
    """Return each question with its drills."""
    groups: list[tuple[QuestionOutline, list[QuestionOutline]]] = []
    for question in chapter.questions:
        if question.is_drill:
            groups[-1][1].append(question)
        else:
            groups.append((question, []))
    return groups


def _places(
    home: str, former: str, known: Sequence[tuple[str, int]], given: Mapping[str, set[int]]
) -> list[int]:
    """Return the places, from 1, of questions under a parent, `6.` or `6.2`; `known` are their old ones.

    A question keeps its place if it is free, even if its parent had another number then (`former`). All
    others get places after the last one ever used there.
    """
    places = [0] * len(known)
    taken: set[int] = set()
    for parent in (home, former):
        for index, (at, place) in enumerate(known):
            if place and at == parent and not places[index] and place not in taken:
                places[index] = place
                taken.add(place)
        taken |= given.get(home, set())
    following = count(max(taken, default=0) + 1)
    return [place or next(following) for place in places]


def _split(number: str) -> tuple[str, int]:
    """Split a number into its parent and its place there: 6.2 into `6.` and 2, 6.2b into `6.2` and 2."""
    match = _FORM.fullmatch(number)
    if not match:
        return "", 0
    chapter, place, question, letters = match.groups()
    return (chapter, int(place)) if place else (chapter + question, _place(letters))


def _letters(place: int) -> str:
    """Return the letters of a place from 1: a, b, … z, aa, ab and so on."""
    rest, last = divmod(place - 1, 26)
    return (_letters(rest) if rest else "") + "abcdefghijklmnopqrstuvwxyz"[last]


def _place(letters: str) -> int:
    """Return the place of letters: 1 for a."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("a") + 1
    return place
