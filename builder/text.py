"""Text from outside, made safe to print: a terminal acts on some characters instead of showing them.

A prompt, the name of a file or a deck, or git's output may hold an escape sequence that colours or deletes
text on a terminal, a mark that changes the direction of text, or a character that is invisible.
"""

from __future__ import annotations

import re
import unicodedata

_LINES = re.compile(r"(\n)")
_JOINERS = "\u200c\u200d"
"""Zero-width non-joiner, and joiner."""
_JOINED = ("L", "M", "S")
"""Categories of the characters that a joiner may stand between: letters, marks and symbols."""


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


def slug(text: str) -> str:
    """Return an id made of a text's words; empty if it has no letters a-z or digits."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words[:6])
