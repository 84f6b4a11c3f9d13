"""The press: HTML is laid out in pieces, and pages of placed pieces become a PDF.

One protocol with two implementations: `FragmentPress` lays each piece out once and keeps it, `PlainPress` has
WeasyPrint lay out all of every page. `choose.choose_press` decides which of them prints.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from builder.diagnostics import Location
from builder.print.engine.fragments import Fragment
from builder.print.engine.weasyprint import Design
from builder.runtime.cache import Cache

Places = Mapping[str, tuple[Location, str]]
"""The questions that pieces are of, by HTML: place and id, to be named where something goes wrong."""
OnPiece = Callable[[int, int], None]
"""Told how many pieces are laid out, and how many there are to be."""


def ignore_progress(done: int, total: int) -> None:
    """Do nothing: nobody asks how far the work is."""


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A piece that is laid out: its HTML, its width in millimetres, its height in CSS pixels."""

    html: str
    width: float
    height: float
    fragment: Fragment | None = None
    """None where WeasyPrint has to lay it out again on its page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF: an element without its end, and the pieces in it, left and top in CSS pixels."""

    html: str
    pieces: Sequence[tuple[LaidOut, float, float]]


class Press(Protocol):
    """Lays pieces out, and prints pages of them."""

    @property
    def design(self) -> Design:
        """What the pages look like."""

    def lay_out(self, pieces: Sequence[str], width: float, places: Places | None = None) -> list[LaidOut]:
        """Lay out pieces of HTML, each by itself, in a width in millimetres.

        Raises `BuildError` where one asks for a file that it was not given.
        """

    def print(
        self, pages: Sequence[Page], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        """Print pages to a PDF; `before` is HTML that comes before them.

        Pieces are put down from `origin`, left and top, in millimetres. Raises `BuildError` where a page asks
        for a file that it was not given.
        """


class MakePress(Protocol):
    """Makes a press for a design."""

    def __call__(self, *, design: Design, cache: Cache, on_piece: OnPiece = ignore_progress) -> Press:
        """Make a press that keeps what it can in a cache."""


def drawing(svg: str) -> str:
    """Return the address of a drawing that a document brings with it."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
