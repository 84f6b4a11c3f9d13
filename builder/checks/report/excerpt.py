"""Findings for a terminal: each with its source line, and a caret under the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Protocol

from wcwidth import wcswidth

from builder.diagnostics import Diagnostic
from builder.text import one_line

_TAB = 4
_COLOURS = {"error": "red", "warning": "yellow"}
_CHARACTERS_A_COLUMN = 8
"""Characters to look at for each column, on each side of a place, as some characters take no column."""
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")


class Style(Protocol):
    """A function that colours a text, as click.style does, or leaves it as it is."""

    def __call__(self, text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
        """Return the text in colour."""


def as_excerpt(
    diagnostic: Diagnostic, lines_of: Callable[[Path], Sequence[str]], width: int, style: Style
) -> str:
    """Return a finding as lines of at most `width` columns, unless a word is longer."""
    location, colour = diagnostic.location, _COLOURS[diagnostic.severity]
    gutter = len(str(location.line)) + 3
    indent = " " * (gutter + 1)
    shown = _head(diagnostic, indent, width, style)
    lines = lines_of(location.path)
    if 1 <= location.line <= len(lines) and lines[location.line - 1].strip():
        line = lines[location.line - 1]
        text, start, length = _window(
            line, location.column - 1, _extent(diagnostic, line), width - gutter - 1
        )
        bar = style("|", fg="blue")
        shown += (
            f" {style(str(location.line), fg='blue')} {bar} {text}",
            f"{' ' * (gutter - 1)}{bar} {' ' * start}{style('^' + '~' * (length - 1), fg=colour, bold=True)}",
        )
    shown += (indent + line for line in wrap(one_line(diagnostic.hint), max(width - len(indent), 20)))
    return "\n".join(shown)


def _head(diagnostic: Diagnostic, indent: str, width: int, style: Style) -> list[str]:
    """Return place, severity, message and code, wrapped between words."""
    colour, code = _COLOURS[diagnostic.severity], f"[{diagnostic.code}]"
    place, severity = one_line(str(diagnostic.location)), f"{diagnostic.severity}:"
    plain = f"{place}: {severity} {one_line(diagnostic.message)} {code}"
    lines = wrap(
        plain, max(width, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    # If a place with spaces was wrapped in its middle, it gets no colour.
    lines[0] = lines[0].replace(place, style(place, bold=True), 1)
    lines[0] = lines[0].replace(f" {severity}", f" {style(severity, fg=colour, bold=True)}", 1)
    lines[-1] = (
        lines[-1].removesuffix(code) + style(code, fg=colour) if lines[-1].endswith(code) else lines[-1]
    )
    return lines


def _extent(diagnostic: Diagnostic, line: str) -> int:
    """Return the length of the text at the place, if the message quotes it; otherwise 1."""
    column = diagnostic.location.column - 1
    quoted = ("".join(match) for match in _QUOTED.findall(diagnostic.message))
    return next((len(text) for text in quoted if line.startswith(text, column)), 1)


def _window(line: str, column: int, extent: int, width: int) -> tuple[str, int, int]:
    """Return the part of a line to show, and the column and width of the marked part."""
    # A long line may have thousands of findings: look only at the part to show.
    near = _CHARACTERS_A_COLUMN * max(width, 20)
    first, last = max(column - near, 0), column + min(extent, near)
    before, marked, after = (
        _printable(part) for part in (line[first:column], line[column:last], line[last : last + near])
    )
    # A tab's width depends on its column.
    before = _expand(before, 0)
    marked = _expand(marked, _columns(before))
    after = _expand(after, _columns(before + marked))
    room = max(width, 20)
    # After the end of a line, the mark takes a column, too.
    if max(_columns(before + marked + after), _columns(before) + 1) > room:
        before = _end(before, max(room - _columns(marked) - 12, room // 3))
        after = _beginning(after, max(room - _columns(before + marked), 1))
        if _columns(before + marked + after) > room:
            marked = _beginning(marked, max(room - _columns(before), 1))
            after = ""
    return before + marked + after, _columns(before), max(_columns(marked), 1)


def _expand(text: str, start: int) -> str:
    shown = ""
    for piece in re.split(r"(\t)", text):
        shown += " " * (_TAB - (start + _columns(shown)) % _TAB) if piece == "\t" else piece
    return shown


def _columns(text: str) -> int:
    return max(wcswidth(text), 0)


def _end(text: str, room: int) -> str:
    if _columns(text) <= room:
        return text
    while _columns(text) > room - 1:
        text = text[max(len(text) - room, 1) if len(text) > 2 * room else 1 :]
    return "…" + text


def _beginning(text: str, room: int) -> str:
    if _columns(text) <= room:
        return text
    text = text[:room]
    while _columns(text) > room - 1:
        text = text[:-1]
    return text + "…"


def _printable(text: str) -> str:
    """Return a text that is safe for a terminal; tabs stay, because their width depends on the column."""
    return "\t".join(map(one_line, text.split("\t")))
