"""TOML: the standard library's parser, with limits, places of errors, and the lines of keys.

No widely used TOML parser in Python gives the line of a key; tomlkit keeps comments and spaces, but no lines.
So this module finds the statements of a text that the parser has accepted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

_MOST_PARTS = 100
"""Maximum parts of a dotted key: the parser takes quadratic time for them."""
_PART = r"""(?:[\w-]{1,200}|"[^"\\\n]{0,200}"|'[^'\n]{0,200}')"""
_LONG_KEY = re.compile(rf"(?:^[ \t\[]*|[{{,][ \t]*)(?:{_PART}[ \t]*\.[ \t]*){{{_MOST_PARTS}}}", re.MULTILINE)
_MANY_DIGITS = re.compile(r"[0-9_]{1000,}")
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$| \(at end of document\)$")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[^\"'#\[\]{}=\n]+"
    r"|.",
    re.DOTALL,
)
"""Tokens that matter for the end of a statement: strings, comments, and each bracket by itself."""


class TomlError(ValueError):
    """Text that is not TOML, or exceeds a limit; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class TooManyDigitsError(TomlError):
    """A number that Python does not convert."""


def load(text: str) -> dict[str, Any]:
    """Read TOML. Raises `TomlError`."""
    if found := _LONG_KEY.search(text):
        raise _error(f"a key has more than {_MOST_PARTS} parts", text, found.end())
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The position is an attribute from Python 3.14 on; before, it is at the end of the message.
        message = str(error)
        place = _PLACE.search(message)
        if place is None or place[1] is None:
            raise _error(message[: place.start()] if place else message, text, len(text)) from error
        raise TomlError(message[: place.start()], int(place[1]), int(place[2])) from error
    except RecursionError as error:
        raise _error("it is nested too deeply", text, len(text)) from error
    except ValueError as error:  # Python refuses to convert them
        found = _MANY_DIGITS.search(text)
        line, column = _place(text, found.start() if found else 0)
        raise TooManyDigitsError("a number has too many digits", line, column) from error


def _error(message: str, text: str, place: int) -> TomlError:
    return TomlError(message, *_place(text, place))


def _place(text: str, offset: int) -> tuple[int, int]:
    """Return a line and a column, which count from 1."""
    lines = text[:offset].split("\n")
    return len(lines), len(lines[-1]) + 1


def lines_of_keys(text: str) -> Mapping[tuple[str, ...], int]:
    """Return the line (from 0) in which each key, and each table, of valid TOML is first written.

    A key within braces or brackets has the line of their statement.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for line, statement, is_table in _statements(text):
        key = _key(statement)
        table, path = (key, key) if is_table else (table, (*table, *key))
        for beginning in accumulate(((part,) for part in path), lambda one, other: one + other):
            lines.setdefault(beginning, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the line of each statement, its key as written, and whether it begins a table."""
    line = start_line = depth = 0
    key: list[str] | None = []
    for token in _TOKEN.findall(text):
        if token == "\n" and depth == 0:
            if key and (written := "".join(key).strip()):  # no '=' follows a table's name
                yield start_line, written.strip("[] \t"), True
            key = []
        elif key is not None and token == "=":
            yield start_line, "".join(key), False
            key = None
        elif key is not None and not token.startswith("#"):
            if not "".join(key).strip():
                start_line = line
            key.append(token)
        if key is None:
            depth += (token in "[{") - (token in "]}")
        line += token.count("\n")
    if key and (written := "".join(key).strip()):
        yield start_line, written.strip("[] \t"), True


def _key(written: str) -> tuple[str, ...]:
    """Return the parts of a dotted key."""
    value: Any = tomllib.loads(f"{written} = 0")
    parts: list[str] = []
    while isinstance(value, dict):
        ((part, value),) = value.items()
        parts.append(part)
    return tuple(parts)
