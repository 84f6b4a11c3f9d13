"""The numbers of questions, 6.2, and of their drills, 6.2a: printed on cards and sheet alike.

A number stays with its question for ever, whatever comes between it and its neighbours, so that a card in
Anki, one that was cut out last year and today's sheet agree. What is new gets the chapter's next number, and
the number of a question that is gone is not given again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from builder.model import Chapter, Corpus, Question

_FORM = re.compile(r"([0-9]+\.)(?:([0-9]+)|([0-9]+)([a-z]+))")
Published = Mapping[str, str]
"""The numbers that were ever given, by the identity of their question."""


def number_questions(corpus: Corpus, published: Published) -> dict[str, str]:
    """Number every question and drill of a corpus: its number by its identity, in study order."""
    identities = {question.identity for question in corpus.questions()}
    gone: dict[str, set[int]] = defaultdict(set)
    for identity, number in published.items():
        if identity not in identities:
            parent, place = _split(number)
            gone[parent].add(place)
    return {
        identity: number
        for chapter in corpus.chapters
        for identity, number in _number_chapter(chapter, published, gone)
    }


def _number_chapter(
    chapter: Chapter, published: Published, gone: Mapping[str, set[int]]
) -> Iterator[tuple[str, str]]:
    places = _places(f"{chapter.number}.", chapter.questions, published, gone)
    for question, place in zip(chapter.questions, places, strict=True):
        number = f"{chapter.number}.{place}"
        yield question.identity, number
        letters = _places(number, question.drills, published, gone)
        for drill, letter in zip(question.drills, letters, strict=True):
            yield drill.identity, number + _letters(letter)


def _places(
    parent: str, questions: Sequence[Question], published: Published, gone: Mapping[str, set[int]]
) -> list[int]:
    """Number questions under their parent, `6.` or `6.2`, from 1.

    Those that stay keep their place. Those that come from another parent keep it where it is free, so that
    a renumbered chapter looks as before. All others follow after the last one ever given.
    """
    known = [_split(published.get(question.identity, "")) for question in questions]
    places = [0] * len(questions)
    taken: set[int] = set()
    for is_at_home in (True, False):
        for index, (home, place) in enumerate(known):
            if place and not places[index] and place not in taken and (home == parent) == is_at_home:
                places[index] = place
                taken.add(place)
        taken |= gone.get(parent, set())
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
    """Return the place that letters stand for."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("a") + 1
    return place
