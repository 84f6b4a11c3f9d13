"""What can be wrong, and where: wrong content is a value, a broken machine is an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from builder.text import one_line


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a content file; lines and columns count from 1, columns in characters."""

    path: Path
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding about the content, for its author."""

    location: Location
    code: str
    """Stable and searchable: `duplicate-id`."""
    message: str
    """What is wrong, quoting what was found; free to improve."""
    hint: str = ""
    """What to do about it."""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        text = one_line(f"{self.location}: {self.severity}: {self.message} [{self.code}]")
        return f"{text}\n    {one_line(self.hint)}" if self.hint else text


class BuildError(Exception):
    """The build cannot go on, for a reason outside the content: one sentence that says what to do."""


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Tell whether any finding is an error."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
