"""How to study: the `study` texts of deck.toml, with numbers that each build counts.

`{core}` is the number of cards of the core, and `{core/16}` the number of them per day for 16 days.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from builder.corpus.model import Level, QuestionOutline

NUMBERS = ("cards", "core", "rest", "questions", "core-questions", *Level)
"""Names of numbers: all cards, those of the core, of the rest, of questions without drills, and by level."""
_NUMBER = re.compile(r"\{(?P<name>[^{}\s/]+)(?P<share>/(?P<days>[^{}\s]*))?\}")
_DAYS = re.compile(r"[1-9][0-9]{0,2}")


def unknown_numbers(text: str) -> Iterator[str]:
    """Yield the names in braces in a text that are not names of numbers."""
    yield from (found[0] for found in _NUMBER.finditer(text) if not _is_known(found))


def count_cards(questions: Iterable[QuestionOutline]) -> Mapping[str, int]:
    """Return the numbers of cards of some questions, by name."""
    found = Counter(dict.fromkeys(NUMBERS, 0))
    for question in questions:
        names = (
            "cards",
            "core" if question.core else "rest",
            "" if question.is_drill else "questions",
            "core-questions" if question.core and not question.is_drill else "",
            question.level or "",
        )
        found.update(dict.fromkeys(filter(None, names), len(question.cards)))
    return found


def with_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """Return a text with its numbers filled in; numbers per day are rounded up."""

    def number(found: re.Match[str]) -> str:
        if not _is_known(found):
            return found[0]
        return f"{-(-numbers[found['name']] // int(found['days'] or 1)):,}"

    return _NUMBER.sub(number, text)


def _is_known(found: re.Match[str]) -> bool:
    return found["name"] in NUMBERS and (found["share"] is None or bool(_DAYS.fullmatch(found["days"])))
