"""Validates the type and range of a package's values, from SQL and from JSON."""

from __future__ import annotations

import re
from typing import Any

LONGEST_LINE = 500
"""Maximum characters of a name."""
LARGEST_INTEGER = (1 << 63) - 1
_LINE = re.compile(
    # No control characters, line or paragraph separators, bidirectional controls or surrogates.
    rf"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{{1,{LONGEST_LINE}}}"
)
_HALVES = re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1e\x7f-\x9f\ud800-\udfff]")
"""Control characters and surrogates, but not tabs, line ends and U+001F, which separates a note's fields."""


class PackageError(Exception):
    """A fault of a package. Its message continues a sentence that begins with the file's name."""


def damaged(what: str) -> PackageError:
    """Return the error for a damaged package; `what` describes the fault."""
    return PackageError(f"is a damaged Anki package ({what}): export or download it again")


def integer(value: Any, what: str, *, low: int = 0, high: int = LARGEST_INTEGER) -> int:
    """Return a value that is a whole number from `low` to `high`. Raises `PackageError`."""
    if type(value) is not int or not low <= value <= high:
        raise damaged(f"{what} is not a number from {low} to {high}")
    return value


def text(value: Any, what: str) -> str:
    """Return a value that is text, of any length, without characters that Anki does not keep.

    Raises `PackageError`, also for text that is not UTF-8.
    """
    if not isinstance(value, str):
        raise damaged(f"{what} is not text")
    if not _CONTROLS.search(value):
        return value
    if _HALVES.search(value):
        raise damaged(f"{what} is not text")
    return _CONTROLS.sub("", value)


def line(value: Any, what: str) -> str:
    """Return a value that is one short line of text, without characters that a terminal would act on.

    Raises `PackageError`.
    """
    if not isinstance(value, str) or not _LINE.fullmatch(value):
        raise damaged(f"{what} is not a line of text")
    return value


def utf8(value: Any, what: str) -> str:
    """Decode UTF-8. Raises `PackageError`."""
    if not isinstance(value, bytes):
        raise damaged(f"{what} is not text")
    try:
        return text(value.decode(), what)
    except UnicodeDecodeError as error:
        raise damaged(f"{what} is not text") from error


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a value that is a JSON object. Raises `PackageError`."""
    if not isinstance(value, dict):
        raise damaged(f"{what} is not a JSON object")
    return value


def sequence(value: Any, what: str, *, longest: int) -> list[Any]:
    """Return a value that is a JSON array with at most `longest` items. Raises `PackageError`."""
    if not isinstance(value, list) or len(value) > longest:
        raise damaged(f"{what} is not a JSON array of at most {longest}")
    return value
