r"""Formulas in running text: decides whether dollars, `\(…\)` and `\[…\]` mean TeX.

Dollars also mark prices, variables and the ends of regular expressions. Pandoc's rule (no blank just inside,
no digit after) reads fourteen of sixty such texts as formulas; the further conditions here read none. A check
reports what only Pandoc would read as a formula: `unclear_dollars`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DELIMITERS = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_OPENING = re.compile(r"\$\$?|\\[(\[]")
_DISPLAYED = ("$$", r"\[")
_STOP = {
    "$": re.compile(r"\\.|[${}]", re.DOTALL),
    "$$": re.compile(r"\\.|\$\$|[{}]", re.DOTALL),
    # Another opening ends the search: a formula has none within.
    r"\(": re.compile(r"\\[^()]|\\[()]", re.DOTALL),
    r"\[": re.compile(r"\\[^\[\]]|\\[\[\]]", re.DOTALL),
}
"""Patterns, by opening mark: marks that end a formula or the search for its end, and escaped characters."""
_NEVER = re.compile(r"`|\]\(|^\]|\n[ \t]*\n")
"""Code, the end of a link, a bracket first, an empty line."""
_COMMAND = re.compile(r"\\(?:[A-Za-z]{2,}|[a-mo-qsu-zA-Z](?![A-Za-z])|[{}|,;:!%\\ ])")
r"""A command of TeX; `\n`, `\r` and `\t` are what a string has in code."""
_SIGN = re.compile(r"\\[A-Za-z]|[\^=]|(?<=[A-Za-z0-9)}\]])_[A-Za-z0-9{\\]")
"""Signs that only formulas have between dollars: a command, a power, an equation, an index."""
_SCRIPT = re.compile(r"(?:[_^](?:\{[^{}$]+\}|\\[A-Za-z]{2,}|[A-Za-z0-9+−*-])){1,2}")
"""Nothing but subscripts and superscripts, which may be next to a word: `H$_2$O`, `10$^{-3}$`, `S$_N$2`."""
_WORD_OF_TEX = re.compile(r"\\[A-Za-z]{2,}")
r"""Nothing but one command, which a number may follow: `$\pm$2`, `3$\times$10`."""
_WITHIN_WORD = re.compile(r"\\[A-Za-z]{2,}|^[_^]")
r"""What is a formula even within a word: `5\(\mu\)g`, `H\(_2\)O`."""
_CODE = re.compile(r"""["]|(?<!\\)#|;(?! ?[A-Za-z]\w{0,2}[),_'^])|==|(?<!\\)\$|^\.[A-Za-z]|^\(['.]""")
"""Signs of code, which no formula has: a string, comment, statement, comparison, variable or method."""
_ARROW = re.compile("->")
_SIDE_BY_SIDE = re.compile(r"(?<![A-Za-z_\\])[a-z]{2,}[.,]? [a-z]{2,}(?![A-Za-z_])")
_FUNCTION = (
    "(?:arc(?:sin|cos|tan|cot)|(?:sin|cos|tan|cot)h?|sec|csc|log|ln|lg|exp|lim|max|min|sup|inf|det|dim|ker|deg"
    "|gcd|lcm|mod|arg|[Vv]ar|[Cc]ov|sgn|div|rot|grad|tr|rank)"
)
_KNOWN = re.compile(rf"(?<![A-Za-z]){_FUNCTION}(?![A-Za-z])")
_OTHER_LETTER = r"[^\W\d_A-Za-z\u0370-\u03ff]"
"""A letter of a script that formulas seldom have."""
_WORD = re.compile(rf"[A-Za-z]{{3,}}|{_OTHER_LETTER}{{2,}}|\d\s+[^\W\d_A-Za-z]+\s*\d")
"""A word; in other scripts also a short one between numbers, as in `5 و 10`."""
_SHORT_WORD = re.compile(r"(?:^|\s)\(?[a-z]{2,}(?=[\s)]|$)")
_GROUPS = re.compile(r"\\.|[{}]", re.DOTALL)
_ENDS_OTHERWISE = tuple(":/;_^")
_QUOTED = re.compile(r"\s*(?:\d+|\.{3}|…)\s*")
"""Square brackets hold numbers, and dots for words that are left out."""
_BOX = re.compile(r"\\\[[ xX]?\\\]")
_ORDINAL = re.compile(r"(?:th|st|nd|rd)(?![A-Za-z0-9])")
_MOST_WITHIN = 8
"""Maximum dollars within a formula: in a text of it, or in its chemistry."""
_MOST_UNCLEAR = 200
"""Maximum characters between two dollars for a report that a formula may be intended."""
_TEX = re.compile(r"\\[A-Za-z]{2,}|[\^_]\{|\^[0-9A-Za-z]")
"""Signs of TeX that make text look like a formula, even with blanks just inside the dollars."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a stretch of text; places are offsets in it."""

    tex: str
    mark: str
    """Opening mark: `$`, `$$`, or a backslash and a bracket."""
    end: int
    """Offset after its closing mark."""

    @property
    def is_display(self) -> bool:
        """True if it is displayed, on a line of its own."""
        return self.mark in _DISPLAYED


def formula_at(text: str, start: int) -> Formula | None:
    """Return the formula that begins at an offset in a text; None if its marks mean something else."""
    found = _enclosed(text, start)
    if found is None or _NEVER.search(found.tex) or not found.tex.strip():
        return None
    is_meant = _is_in_dollars if found.mark.startswith("$") else _is_in_brackets
    return found if is_meant(text, start, found) else None


def _enclosed(text: str, start: int) -> Formula | None:
    """Return the text between two marks, whether it is a formula or not."""
    opening = _OPENING.match(text, start)
    if opening is None:
        return None
    mark, closing = opening[0], _DELIMITERS[opening[0]]
    within: list[Formula] = []
    depth = 0
    for stop in _STOP[mark].finditer(text, opening.end()):
        if stop[0] in ("{", "}"):
            depth += 1 if stop[0] == "{" else -1
        elif stop[0] == closing:
            found = Formula(text[opening.end() : stop.start()], mark, stop.end())
            if depth == 0:
                return found
            # Within braces, dollars are of a formula in a text: \text{if $x$}, \ce{->[$k$]}.
            within.append(found)
            if len(within) > _MOST_WITHIN or not _COMMAND.search(within[0].tex):
                break
        elif stop[0] == mark:
            break
    return within[0] if within else None


def _is_in_dollars(text: str, start: int, found: Formula) -> bool:
    tex, is_display = found.tex, found.is_display
    before, behind = text[:start][-1:], text[found.end : found.end + 1]
    if behind == "$":
        return False
    if not is_display and (_SCRIPT.fullmatch(tex) or _WORD_OF_TEX.fullmatch(tex)):
        return True
    if not is_display and not _is_pandocs(found, behind):
        return False
    if _COMMAND.search(tex) and (is_display or not behind.isalpha() or tex.startswith("\\")):
        return True
    # A letter or digit beside it, as in US$5, $a and $b; but $n$th.
    if (behind.isalnum() and not _ORDINAL.match(text, found.end)) or (before.isalnum() and not is_display):
        return False
    if before == "^" or _is_code(tex):
        return False
    if is_display and tex[0].isspace() and "\n" not in tex and not _SIGN.search(tex):
        return False  # $$ is a process's number
    if tex.endswith(",") and not (re.search("[<>]", tex) and behind == " "):
        return False  # a list of variables: $a, $b
    return _SIGN.search(tex) is not None or not _has_words(tex)


def _is_pandocs(found: Formula, behind: str) -> bool:
    """Tell whether Pandoc reads it as a formula: no blank just inside the dollars, no digit after them."""
    return not found.tex[0].isspace() and not found.tex[-1].isspace() and not behind.isdecimal()


def _is_code(tex: str) -> bool:
    return (
        _CODE.search(tex) is not None
        or not _is_balanced(tex)
        or tex.endswith(_ENDS_OTHERWISE)
        or (_ARROW.search(tex) is not None and not _SIGN.search(tex))
        or _SIDE_BY_SIDE.search(tex) is not None
    )


def _is_balanced(tex: str) -> bool:
    depth = 0
    for group in _GROUPS.findall(tex):
        depth += (group == "{") - (group == "}")
        if depth < 0:
            return False
    return depth == 0


def _has_words(tex: str) -> bool:
    """Tell whether text has words and no sign of a formula: `HOME`, `10 or 10`."""
    rest = _KNOWN.sub("", tex)
    return _WORD.search(rest) is not None or (" " in tex and _SHORT_WORD.search(rest) is not None)


def _is_in_brackets(text: str, start: int, found: Formula) -> bool:
    r"""Tell whether `\(a\)` is a formula, not a group of `sed` or an escaped bracket."""
    tex, before, behind = found.tex, text[:start][-1:], text[found.end : found.end + 1]
    if before in ("/", "^", "\\") or behind in tuple("/*+?{$("):
        return False
    is_ordinal = not before.isalnum() and _ORDINAL.match(text, found.end)
    if (before.isalnum() or behind.isalnum()) and not (is_ordinal or _WITHIN_WORD.search(tex)):
        return False
    if _COMMAND.search(tex):
        return True
    if _is_code(tex):
        return False
    if found.is_display and (_QUOTED.fullmatch(tex) or (start == 0 and _BOX.match(text))):
        return False  # a footnote's number, words that are left out of a quotation, or the box of a task
    return _SIGN.search(tex) is not None or not _has_words(tex)


def unclear_dollars(text: str) -> Iterator[tuple[int, Formula]]:
    """Yield text that is shown with its dollars but may be intended as a formula, and its offset.

    That is: what Pandoc reads as a formula, and what looks like TeX but has blanks just inside its dollars.
    """
    place = 0
    while (place := _next_mark(text, place)) >= 0:
        if text[place] != "$":
            place = _behind(text, place)
        elif found := formula_at(text, place):
            place = found.end
        elif (unclear := _enclosed(text, place)) and _is_unclear(text, unclear):
            yield place, unclear
            place = unclear.end
        else:
            place += 1


def _next_mark(text: str, place: int) -> int:
    match = re.compile(r"[\\$`]").search(text, place)
    return match.start() if match else -1


def _behind(text: str, place: int) -> int:
    """Return the offset after an escaped character, a formula in brackets, or code."""
    if text[place] == "`":
        return behind_code(text, place)
    found = formula_at(text, place)
    return found.end if found else place + 2


def _is_unclear(text: str, found: Formula) -> bool:
    if _NEVER.search(found.tex) or not found.tex.strip() or len(found.tex) > _MOST_UNCLEAR:
        return False
    is_pandocs = found.mark == "$" and _is_pandocs(found, text[found.end : found.end + 1])
    return is_pandocs or (_TEX.search(found.tex) is not None and _is_balanced(found.tex))


def behind_code(text: str, start: int) -> int:
    """Return the offset after the code that begins at an offset; after its backticks if it is not closed."""
    ticks = re.compile(r"`+").match(text, start)
    assert ticks is not None
    closing = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(text, ticks.end())
    return closing.end() if closing else ticks.end()
