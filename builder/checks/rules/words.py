"""Words, as the rules count and compare them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from builder.text import marks_of

_WITHOUT_SPACES = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
"""Letters of scripts without spaces between words; about two letters are one word. Not compiled here: that
takes as long as importing five modules, and few texts need it."""
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
    if text.isascii() or not re.search(_WITHOUT_SPACES, text):
        return len(text.split())
    joined = len(re.findall(_WITHOUT_SPACES, text))
    return len(re.sub(_WITHOUT_SPACES, " ", text).split()) + (joined + 1) // 2


def words(text: str) -> list[str]:
    """Return a text's words in lower case; a name with dots, hyphens or underscores is one word."""
    marks = "" if text.isascii() else "".join(sorted({*marks_of(text)}))
    form = re.compile(_WORD.pattern.replace(r"\w", rf"[\w{marks}]")) if marks else _WORD
    return [word.lower() for word in form.findall(text)]


def stem(word: str) -> str:
    """Return a word without the `s` of an English plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def telling_words(words: Iterable[str]) -> set[str]:
    """Return the words that say what a text is about: not common ones, and in the singular."""
    return {stem(word) for word in words if word not in COMMON}
