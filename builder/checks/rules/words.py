"""Words, as the rules count and compare them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from builder.text import marks_of, word_class

_WITHOUT_SPACES = (
    (r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", 2),
    (r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]", 5),
)
"""Letters of scripts without spaces between words, and how many are about a word: those of Chinese and
Japanese; those of Thai, Lao, Burmese and Khmer, with their marks. Not compiled here: that takes as long as
importing five modules, and few texts need it."""
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


def count_words(text: str) -> int:
    """Count the words of a text, also in scripts without spaces between words."""
    joined = 0
    if not text.isascii():
        for letters, length in _WITHOUT_SPACES:
            text, count = re.subn(letters, " ", text)
            joined += -(-count // length)
    apart = text.split()
    return len(apart) if not joined else joined + sum(any(map(str.isalnum, word)) for word in apart)


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
