"""Checks for print: characters that no print font has, and a title or a description that is too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from unicodedata import name

from builder.checks.making_codes import TOO_TALL
from builder.checks.rules.codes import MISSING_GLYPH
from builder.corpus.model import LONGEST_DESCRIPTION, LONGEST_TITLE, Settings
from builder.design.fonts import REPLACEMENT, extra_for, missing_glyphs
from builder.diagnostics import Diagnostic
from builder.markdown.formulas import Formula, formula_at
from builder.markdown.maths import MathsError, draw
from builder.markdown.source import Source, divide_comments
from builder.text import count

_BLANKED = re.compile(r"[^\n]")
_UNUSUAL = re.compile(r"[^\n -~]")
"""Characters that a font may lack: all but ASCII."""


def check_glyphs(source: Source, start: int = 0, end: int | None = None) -> Iterator[Diagnostic]:
    """Report characters of a chapter that no print font has, each once: prints show a box instead."""
    # Comments are not printed. Their line breaks stay, so that line numbers stay right.
    seen = _without_comments("\n".join(source.lines[start:end]))
    if any("$" in line or "\\" in line for line in seen.split("\n") if not line.isascii()):
        seen = _without_drawings(seen)
    return _check(source, seen, start=start)


def check_setting_glyphs(settings: Settings, source: Source) -> Iterator[Diagnostic]:
    """Report characters of printed settings that no print font has."""
    printed = (
        settings.title,
        settings.description,
        *settings.authors,
        settings.licence,
        settings.version,
    )
    return _check(source, "\n".join(source.lines), "".join(printed))


def check_header(settings: Settings, source: Source) -> Iterator[Diagnostic]:
    """Report a title or a description that is too long to be printed above a sheet."""
    for key, text, most in (
        ("title", settings.title, LONGEST_TITLE),
        ("description", settings.description, LONGEST_DESCRIPTION),
    ):
        if len(text) > most:
            yield TOO_TALL.at(
                source.location(),
                f"the {key} has {len(text)} characters: the study sheet and the handbook show only the"
                f" first {most}",
                "make it shorter",
            )


def _check(source: Source, seen: str, printed: str | None = None, *, start: int = 0) -> Iterator[Diagnostic]:
    """Report characters of a printed text that no font has, at their first place in a file from a line on."""
    among = _UNUSUAL.findall(seen if printed is None else printed)
    missing = dict.fromkeys(character for _, character in missing_glyphs("".join(dict.fromkeys(among))))
    if not missing:
        return
    lines = seen.split("\n")
    with_them = [number for number, line in enumerate(lines) if not missing.keys().isdisjoint(line)]
    number = with_them[0] if with_them else 0
    column = next((n for n, character in enumerate(lines[number]) if character in missing), 0)
    yield MISSING_GLYPH.at(
        source.location(start + number, column),
        f"no print font has {_shown(missing)}{_extent(len(with_them))}: prints show {REPLACEMENT} instead",
        _hint(missing),
    )


def _hint(missing: Iterable[str]) -> str:
    """Return a hint about characters that the print fonts lack."""
    extras = dict.fromkeys(extra_for(character) for character in missing)
    if names := ",".join(name for name in extras if name):
        others = "; for the others, use a word or another character" if None in extras else ""
        return f"install cardpress[{names}]{others}"
    return (
        "use a word or another character; or add a font that has it, in deck.toml under [print]: fonts = "
        '["fonts/name.ttf"]; if you never print this corpus, write outputs = ["apkg"] there'
    )


def _shown(missing: Iterable[str]) -> str:
    """Return the first character with its name, and how many others there are."""
    first, *others = missing
    more = f" and {count(len(others), 'other character')}" if others else ""
    return f"{first!r} (U+{ord(first):04X} {name(first, 'without a name')}){more}"


def _extent(lines: int) -> str:
    return f", in {count(lines, 'line')}" if lines > 1 else ""


def _without_drawings(text: str) -> str:
    """Return a text with spaces where prints draw a formula: its font has more signs."""
    parts: list[str] = []
    place = 0
    for start in re.finditer(r"\$\$?|\\[(\[]", text):
        if start.start() < place:
            continue
        found = formula_at(text, start.start())
        if found is None or found.tex.isascii() or not _is_drawn(found):
            continue
        parts += (text[place : start.start()], _BLANKED.sub(" ", text[start.start() : found.end]))
        place = found.end
    return "".join((*parts, text[place:]))


def _is_drawn(formula: Formula) -> bool:
    try:
        draw(formula.tex.strip(), is_display=formula.is_display)
    except MathsError:
        return False
    return True


def _without_comments(text: str) -> str:
    """Return a text with spaces where its comments are."""
    comments, around = divide_comments(text)
    blanks = (_BLANKED.sub(" ", f"<!--{comment}-->") for comment in comments)
    return "".join(chain.from_iterable(zip_longest(around, blanks, fillvalue="")))
