"""Prints findings: in a terminal with source lines, otherwise one line each."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.terminal import show, show_styled, verbosity
from builder.diagnostics import Diagnostic
from builder.text import count

if TYPE_CHECKING:
    from builder.checks.report.formats import Fixable


_MANY = 20
"""Findings of one code in one file above which only the first few are shown; then all findings above which
fixable ones are only counted."""
_FEW = 3


def show_all(
    diagnostics: Sequence[Diagnostic],
    fixable: Fixable = (),
    *,
    is_advice_listed: bool = True,
    is_made: bool = False,
) -> None:
    """Print findings in order, and their number, to standard error; advice may be only counted.

    Advice is a warning about a chapter; one about the lock, or git, is always listed. If something `is_made`,
    a warning that its output cannot show something is listed, too.
    """
    from builder.checks.rules import CODES
    from builder.checks.rules.codes import ADVICE

    found = _wanted(diagnostics)
    advice = () if is_advice_listed else (*CODES, *ADVICE)
    listed = [
        each
        for each in found
        if each.severity == "error" or each.code not in advice or (is_made and each.outputs)
    ]
    if len(listed) > _MANY and verbosity() != "verbose":
        folded = [each for each in listed if (each.location, each.code) in fixable]
        listed = [each for each in listed if (each.location, each.code) not in fixable]
    else:
        folded = []
    _show(listed)
    if folded:
        kinds = Counter(each.code for each in folded).most_common()
        names = ", ".join(f"{number:,} {code}" for code, number in kinds)
        show(f"not listed, since --fix fixes them (--verbose lists them): {names}", err=True)
    if found:
        more = "" if is_advice_listed or len(listed) == len(found) else "; cardpress check lists the warnings"
        show(_summary(found, fixable) + more, err=True)
    if listed and _is_watched():
        show(f"cardpress check --explain {listed[0].code} explains it, as it does every code", err=True)


def show_each(diagnostics: Sequence[Diagnostic]) -> None:
    """Print findings in order, to standard error."""
    _show(_wanted(diagnostics))


def _wanted(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings in order, each once; with --quiet, errors only."""
    is_quiet = verbosity() == "quiet"
    return sorted(found for found in set(diagnostics) if found.severity == "error" or not is_quiet)


def _show(diagnostics: Sequence[Diagnostic]) -> None:
    """Print findings; if many in a file have one code, only the first few."""
    of_a_kind = Counter(map(_kind, diagnostics))
    shown: Counter[tuple[Path, str]] = Counter()
    show_one = _show_excerpt() if _is_watched() else lambda each: show(str(each), err=True)
    for each in diagnostics:
        kind = _kind(each)
        is_short = of_a_kind[kind] > _MANY and verbosity() != "verbose"
        shown[kind] += 1
        if not is_short or shown[kind] <= _FEW:
            show_one(each)
        if is_short and shown[kind] == _FEW:
            rest = f"{of_a_kind[kind] - _FEW:,} more of {each.code} in this file"
            show(f"{each.location.path}: {rest}; --verbose lists them", err=True)


def _kind(diagnostic: Diagnostic) -> tuple[Path, str]:
    return diagnostic.location.path, diagnostic.code


def _show_excerpt() -> Callable[[Diagnostic], None]:
    """Return a function that prints a finding with its source line."""
    from builder.checks.report.excerpt import as_excerpt

    is_coloured = not os.environ.get("NO_COLOR")
    # One column less: a terminal that wraps at its last column would add an empty line.
    width = shutil.get_terminal_size().columns - 1
    lines_of = cache(_lines)

    def show_one(diagnostic: Diagnostic) -> None:
        text = as_excerpt(diagnostic, lines_of, width, click.style if is_coloured else _as_it_is)
        show_styled(text + "\n", is_coloured=is_coloured)

    return show_one


def _is_watched() -> bool:
    """Return whether standard error is a terminal, or should look like one (https://bixense.com/clicolors)."""
    forced = any(os.environ.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR"))
    return forced or (sys.stderr.isatty() and os.environ.get("TERM") != "dumb")


def _as_it_is(text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
    return text


def _lines(path: Path) -> Sequence[str]:
    from builder.corpus.files import read_bytes
    from builder.markdown.parser import Source
    from builder.runtime.regular_files import RefusedFile

    try:
        return Source(path, read_bytes(path).decode("utf-8-sig", errors="replace")).lines
    except RefusedFile:
        return ()


def _summary(diagnostics: Sequence[Diagnostic], fixable: Fixable) -> str:
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = [count(counts[name], name) for name in ("error", "warning") if counts[name]]
    number = sum((diagnostic.location, diagnostic.code) in fixable for diagnostic in diagnostics)
    return ", ".join(parts) + (f"; cardpress check --fix fixes {number} of them" if number else "")
