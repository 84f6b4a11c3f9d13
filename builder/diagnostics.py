"""Findings and their places. Wrong content is reported as a value, a broken machine as an exception.

A code is declared beside the function that reports it, with examples. A check is a function that yields
findings; its docstring is the reason:

    UNCLOSED_CODE = Code("unclosed-code", bad="…", good="…")

    @check(UNCLOSED_CODE)
    def code_is_closed(chapter):
        '''The reason.'''
        ...
            yield UNCLOSED_CODE.at(location, "what is wrong", "what to do")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Generic, Literal, TypeVar

from builder.text import count, one_line

Subject = TypeVar("Subject")
Severity = Literal["error", "warning"]
"""Severity of a finding: an error stops a build, a warning is advice."""
PRINT = "print"
"""In a finding's outputs: all printed outputs."""
Examples = Literal["chapter", "file", "settings", "words"]
"""Kind of a code's examples: questions of a chapter, a whole chapter, a deck.toml, or a description."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a content file; lines and columns count from 1, columns in characters."""

    path: Path
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """A change of a content file: new text from one place to another; places count as in `Location`.

    A line beyond the last, or a column beyond its line, means the end. Line ends become those of the file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str = ""

    @staticmethod
    def within(line: int, column: int, old: str, new: str) -> Edit:
        """Return the edit that replaces a text within a line."""
        return Edit(line, column, line, column + len(old), new)

    @staticmethod
    def of_lines(first: int, end: int, text: str = "") -> Edit:
        """Return the edit that replaces whole lines, from the first up to but not including the end."""
        return Edit(first, 1, end, 1, text)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """A finding about the content, for the author."""

    location: Location
    code: str
    """Name of the kind of finding, stable and searchable: `duplicate-id`."""
    message: str
    """Description of the fault, with quotes of the text; its words may change."""
    hint: str = ""
    """Advice on what to do about it."""
    severity: Severity = "error"
    outputs: tuple[str, ...] = ()
    """Outputs that it concerns, by name; `print` means all printed ones; empty means all outputs."""
    edits: tuple[Edit, ...] = ()
    """Edits that fix it, made together by `cardpress check --fix`; empty if there is no fix."""

    @property
    def stops_all(self) -> bool:
        """True if it stops every output: it is an error that is not limited to some outputs."""
        return self.severity == "error" and not self.outputs

    def __str__(self) -> str:
        text = one_line(f"{self.location}: {self.severity}: {self.message} [{self.code}]")
        return f"{text}\n    {one_line(self.hint)}" if self.hint else text


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding, declared beside its check: `UNCLOSED_CODE.at(place, "…", "…")` makes a finding.

    docs/rules.md, `cardpress check --explain` and SARIF are made from the declarations.
    """

    name: str
    """Name, stable and searchable: `duplicate-id`."""
    _: KW_ONLY
    reason: str = ""
    """Reason for reporting it; if empty, it is the docstring of its check."""
    bad: str
    """Example that has this finding and no other."""
    good: str
    """The bad example, corrected."""
    of: Examples = "chapter"
    severity: Severity = "error"
    is_fixable: bool = False
    """True if `cardpress check --fix` fixes it."""
    outputs: tuple[str, ...] = ()
    """The outputs that it concerns: see `Diagnostic`."""

    def at(self, location: Location, message: str, hint: str = "", *edits: Edit) -> Diagnostic:
        """Return the finding at a place."""
        return Diagnostic(location, self.name, message, hint, self.severity, self.outputs, edits)


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """A check of a chapter, or of the outline of a whole corpus."""

    function: Callable[[Subject], Iterator[Diagnostic]]
    codes: tuple[Code, ...]
    """Codes of its findings, for which its docstring is the reason, unless another check declares them."""

    def __call__(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield the findings."""
        return self.function(subject)


def check(*codes: Code) -> Callable[[Callable[[Subject], Iterator[Diagnostic]]], Check[Subject]]:
    """Turn a function into a check, with the codes of its findings."""

    def made(function: Callable[[Subject], Iterator[Diagnostic]]) -> Check[Subject]:
        return Check(function, codes)

    return made


class BuildError(Exception):
    """A build cannot continue, for a reason outside the content. The message is one sentence with advice."""


def once_a_file(found: Iterable[Diagnostic], what: str) -> list[Diagnostic]:
    """Return the first finding of each file that concerns some outputs, with the number of others.

    `what` is the noun for the others, as in `other card`.
    """
    firsts: dict[tuple[Path, str, tuple[str, ...]], list[Diagnostic]] = {}
    for each in found:
        firsts.setdefault((each.location.path, each.code, each.outputs), []).append(each)
    return [
        replace(first, message=f"{first.message} (and so {count(len(others), what)})") if others else first
        for first, *others in firsts.values()
    ]


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Return whether any finding is an error."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
