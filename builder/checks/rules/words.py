"""Words, as the rules count and compare them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from builder.text import marks_of, word_class

_WORD = re.compile(r"\w+(?:[.'’_-]\w+)*")
_COMMON = """
a an and are as at be been but by can could did do does for from has have how if in into is it its may must
of on one or should so than that the their them then there these they this those to was were what when where
which while who whose why will with would you your
"""
COMMON = frozenset(_COMMON.split())
"""Common English words, found in sentences on any subject."""
_NUMBER_WORDS = """
two three four five six seven eight nine ten eleven twelve both each every many number pair order
"""
NUMBER_WORDS = frozenset(_NUMBER_WORDS.split())
"""English words that say how many things to name, or that they are in an order."""


def words(text: str) -> list[str]:
    """Return a text's words in lower case; a name with dots, hyphens or underscores is one word."""
    has_marks = not text.isascii() and marks_of(text)
    return [word.lower() for word in (_word_with_marks() if has_marks else _WORD).findall(text)]


@cache
def _word_with_marks() -> re.Pattern[str]:
    return re.compile(_WORD.pattern.replace(r"\w", f"[{word_class()}]"))


def stem(word: str) -> str:
    """Return a word without the `s` of an English plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def telling_words(words: Iterable[str]) -> set[str]:
    """Return the words that say what a text is about: not common ones, and in the singular."""
    return {stem(word) for word in words if word not in COMMON}
