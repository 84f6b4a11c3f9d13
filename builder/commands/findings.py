"""How a command tells what it found: on a terminal with the source lines, elsewhere a line each."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.terminal import show, show_styled, verbosity
from builder.diagnostics import Diagnostic
from builder.text import count

if TYPE_CHECKING:
    from builder.checks.report.formats import Mended


def show_all(diagnostics: Sequence[Diagnostic], mended: Mended = ()) -> None:
    """Print findings in order, and how many there are, to standard error."""
    found = show_each(diagnostics)
    if found:
        show(_summary(found, mended), err=True)
    if found and _is_watched():
        show(f"cardpress check --explain {found[0].code} says more, and so of each code", err=True)


def show_each(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Print findings in order, to standard error; returns those that were printed."""
    is_quiet = verbosity() == "quiet"
    found = sorted(found for found in set(diagnostics) if found.severity == "error" or not is_quiet)
    if _is_watched():
        _show_excerpts(found)
    else:
        for diagnostic in found:
            show(str(diagnostic), err=True)
    return found


def _show_excerpts(diagnostics: Sequence[Diagnostic]) -> None:
    from builder.checks.report.excerpt import as_excerpt

    is_coloured = not os.environ.get("NO_COLOR")
    # One column less: a terminal that wraps at its last one would put an empty line below.
    width = shutil.get_terminal_size().columns - 1
    lines_of = cache(_lines)
    for diagnostic in diagnostics:
        text = as_excerpt(diagnostic, lines_of, width, click.style if is_coloured else _as_it_is)
        show_styled(text + "\n", is_coloured=is_coloured)


def _is_watched() -> bool:
    """Tell whether somebody reads standard error, or wants it to look as if (https://bixense.com/clicolors)."""
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


def _summary(diagnostics: Sequence[Diagnostic], mended: Mended) -> str:
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = [count(counts[name], name) for name in ("error", "warning") if counts[name]]
    fixable = sum((diagnostic.location, diagnostic.code) in mended for diagnostic in diagnostics)
    return ", ".join(parts) + (f"; cardpress check --fix mends {fixable} of them" if fixable else "")
