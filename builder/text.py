"""Text from outside, made safe to print, and ids derived from it.

A terminal acts on some characters instead of showing them. A prompt, the name of a file or a deck, or git's
output may hold an escape sequence that colours or deletes text, a mark that changes the direction of text, or
a character that is invisible.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_LINES = re.compile(r"(\n)")
_JOINERS = "\u200c\u200d"
"""Zero-width non-joiner, and joiner."""
_JOINED = ("L", "M", "S")
"""Categories of the characters that a joiner may stand between: letters, marks and symbols."""


def marks_of(text: str) -> str:
    r"""Return the combining marks of a text: vowel signs of Hindi, which no `\w` matches, are such."""
    return "".join(char for char in text if unicodedata.category(char).startswith("M"))


def printable(text: str) -> str:
    r"""Return a text, also of several lines, with characters that are not shown as escapes: `\x1b`, `\u202e`.

    Escaped are control characters except line ends, marks and overrides of direction, zero-width
    characters, separators of lines and paragraphs, lone surrogates, and what Unicode leaves undefined.
    Letters of every script stay as they are, and so do spaces of every width. A joiner stays where words and
    emoji need it: between two letters, marks or symbols beyond ASCII, as in Persian, in the scripts of India
    and in a family of emoji. Between others it has no visible effect, and only hides a difference.
    """
    if text.isprintable():
        return text
    return "".join(part if part == "\n" else one_line(part) for part in _LINES.split(text))


def one_line(text: str) -> str:
    r"""Return a text as `printable` does, with line ends as `\n`: a name or a message is one line."""
    if text.isprintable():
        return text
    return "".join(
        char if _is_shown(char) or _is_joiner(text, place) else _escaped(char)
        for place, char in enumerate(text)
    )


def printable_json(text: str) -> str:
    """Return equal JSON in which the characters that `printable` escapes are JSON's own escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char == "\n" or _is_shown(char) or _is_joiner(text, place) else _escaped_in_json(char)
        for place, char in enumerate(text)
    )


def ascii_json(text: str) -> str:
    """Return equal JSON in ASCII, for a stream of any encoding."""
    return "".join(char if char.isascii() else _escaped_in_json(char) for char in text)


def _is_shown(char: str) -> bool:
    # Python counts every space except the common one, such as the Japanese one, as not printable.
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _is_joiner(text: str, place: int) -> bool:
    return (
        text[place] in _JOINERS
        and 0 < place < len(text) - 1
        and all(_can_be_joined(text[near]) for near in (place - 1, place + 1))
    )


def _can_be_joined(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in _JOINED


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _escaped_in_json(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def count(number: int, noun: str) -> str:
    """Return a number with its noun, which is plural except after 1."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_MOST_WORDS, _LONGEST_WORD = 6, 40
"""Maximum words of an id, and characters of each where other scripts are written, maybe without spaces."""
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def slug(text: str) -> str:
    """Return an id derived from a text's words; empty if it has no letters or digits.

    Letters of other scripts are written in Latin ones, each by itself: `stolitsa` for "столица". An ideograph
    is a word, as it is read in Chinese.
    """
    plain, longest = text.casefold(), None
    if not plain.isascii():
        plain = "".join(map(_in_latin, unicodedata.normalize("NFKC", plain)))
        longest = _LONGEST_WORD
    return "-".join(word[:longest] for word in re.findall(r"[a-z0-9]+", plain)[:_MOST_WORDS])


@cache
def _in_latin(char: str) -> str:
    """Return a character in a-z and 0-9, as far as it is a letter or a digit; an ideograph between spaces."""
    if char.isascii():
        return char
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    if plain or unicodedata.category(char)[0] not in "LMN":
        return plain
    from anyascii import anyascii

    latin = re.sub(r"[^a-z0-9]", "", anyascii(char).lower())
    return f" {latin} " if _IDEOGRAPH.match(char) else latin


_KANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Hiragana of each katakana."""


def sort_key(text: str) -> tuple[str, str]:
    """Return what texts are sorted by: letters without case and marks, ã beside a; then as they are.

    It is no language's own order to the letter, and the same everywhere: PyICU, which knows each, needs a
    library of the system's, and pyuca, without any language's own, had its last release in 2017.
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in letters if unicodedata.category(char) != "Mn").translate(_KANA)
    return "".join(map(_LETTERS.get, plain, plain)), text


_LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ß": "ss"}
"""Letters that have no mark in Unicode, and are sorted like others."""
