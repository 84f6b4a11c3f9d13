"""Makes text from outside safe to print, and derives ids from it.

A terminal acts on some characters instead of showing them. A prompt, the name of a file or a deck, or git's
output may contain an escape sequence that colours or deletes text, a mark that changes the direction of text,
or an invisible character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import groupby

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆〇"
KANA = "\u3040-\u30ff"
BOPOMOFO = "\u3105-\u312fˇˊˋ˙"
THAI_AND_NEIGHBOURS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Letters as the inside of a regex class: of Chinese; of Japanese; of readings in Taiwan; of Thai, Lao,
Burmese and Khmer."""
_WITHOUT_SPACES = ((f"[{HAN}{KANA}]", 2), (f"[{THAI_AND_NEIGHBOURS}]", 5))
"""Letters of scripts without spaces between words, and how many are about a word. Not compiled here: that
takes as long as importing five modules, and few texts need it."""
_LINES = re.compile(r"(\n)")
JOINERS = "\u200c\u200d"
"""Zero-width non-joiner, and joiner."""
_JOINED = ("L", "M", "S")
"""Categories of characters beside which a joiner is useful: letters, marks and symbols."""
_DIRECTION_MARKS = "\u061c\u200e\u200f"
"""Marks that place a sign beside a word of one direction in text of the other, as in `C++` in Arabic."""


def count_words(text: str) -> int:
    """Count the words of a text, also in scripts without spaces between words."""
    joined = 0
    if not text.isascii():
        for letters, length in _WITHOUT_SPACES:
            text, number = re.subn(letters, " ", text)
            joined += -(-number // length)
    apart = text.split()
    return len(apart) if not joined else joined + sum(any(map(str.isalnum, word)) for word in apart)


def marks_of(text: str) -> str:
    r"""Return the marks and joiners of a text, such as vowel signs of Hindi, which `\w` does not match."""
    return "".join(char for char in text if char in JOINERS or _is_mark(char))


def is_line(text: str) -> bool:
    """Tell whether a text is one line without invisible characters, except those that words need.

    These are joiners, as in Persian words, and marks of direction. Spaces of every width are visible.
    """
    return as_line(text) == text


def as_line(text: str) -> str:
    """Return a text without line ends, and without invisible characters that no word needs."""
    if text.isprintable():
        return text
    return "".join(
        char
        for place, char in enumerate(text)
        if _is_shown(char) or _is_joiner(text, place) or char in _DIRECTION_MARKS
    )


def hyphenated(text: str, signs: str) -> str:
    """Return a text with a hyphen for each run of other characters than those of words, and signs."""
    kept = (
        char if char.isalnum() or char in signs or _is_mark(char) or _is_joiner(text, place) else "\0"
        for place, char in enumerate(text)
    )
    return re.sub("\0+", "-", "".join(kept))


@cache
def word_class() -> str:
    r"""Return the inside of a regex class for the characters of words: `\w`, and marks and joiners."""
    codes = [code for code in range(0x300, 0x10000) if chr(code) in JOINERS or _is_mark(chr(code))]
    runs = groupby(enumerate(codes), lambda each: each[1] - each[0])
    ranges = ([code for _, code in run] for _, run in runs)
    return r"\w" + "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ranges)


def printable(text: str) -> str:
    r"""Return a text, which may have several lines, with invisible characters as escapes: `\x1b`, `\u202e`.

    These are control characters (except line ends), marks and overrides of direction, zero-width
    characters, separators of lines and paragraphs, lone surrogates, and undefined code points. Letters of
    every script do not change, nor do spaces of every width. A joiner stays where words and
    emoji need it: between two letters, marks or symbols beyond ASCII, as in Persian, in the scripts of India
    and in a family of emoji. Between others it has no visible effect, and only hides a difference.
    """
    if text.isprintable():
        return text
    return "".join(part if part == "\n" else one_line(part) for part in _LINES.split(text))


def one_line(text: str) -> str:
    r"""Return a text as `printable` does, on one line: line ends become `\n`."""
    if text.isprintable():
        return text
    return "".join(
        char if _is_shown(char) or _is_joiner(text, place) else _escaped(char)
        for place, char in enumerate(text)
    )


def quoted(text: str) -> str:
    """Return the first 40 characters of a text in quotes, in one line; backslashes are not doubled."""
    return repr(text[:40]).replace("\\\\", "\\")


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


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def _is_joiner(text: str, place: int) -> bool:
    return (
        text[place] in JOINERS
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
    """Return a number with its noun, in the plural except after 1."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_MOST_WORDS, _LONGEST_WORD = 6, 40
"""Maximum words of an id, and maximum characters of each in other scripts, which may have no spaces."""
_IDEOGRAPH = re.compile(f"[{HAN}]")


def slug(text: str) -> str:
    """Return an id derived from a text's words; empty if it has no letters or digits.

    Letters of other scripts are transliterated one by one: `stolitsa` for "столица". An ideograph becomes a
    word: its reading in Chinese.
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


_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Hiragana of each katakana."""


def sort_key(text: str) -> tuple[str, str]:
    """Return the sort key of a text: without case and marks, so that ã is beside a; then as written.

    This is not exactly the order of any language, but the same on every system. PyICU, which knows the order
    of each language, needs a library of the system; pyuca, which does not, had its last release in 2017.
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in letters if unicodedata.category(char) != "Mn").translate(_HIRAGANA)
    return "".join(map(_LETTERS.get, plain, plain)), text


_LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ß": "ss"}
"""Letters that Unicode does not decompose, with the letters to sort them by."""
