"""The press: HTML is laid out in pieces, and pages of placed pieces become a PDF.

One protocol with two implementations: `FragmentPress` lays out each piece once and caches it; with
`PlainPress`, WeasyPrint lays out every page as a whole. `choose.choose_press` chooses one.
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
"""Questions of pieces, by their HTML: place and id, to name the question in an error."""
OnPiece = Callable[[int, int], None]
"""Called with the number of pieces laid out so far, and of all."""


def ignore_progress(done: int, total: int) -> None:
    """Do nothing: for callers that show no progress."""


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A laid-out piece: its HTML, its width in millimetres, its height in CSS pixels."""

    html: str
    width: float
    height: float
    fragment: Fragment | None = None
    """None if WeasyPrint has to lay it out again on its page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF: an HTML element without its end tag, and its pieces, left and top in CSS pixels."""

    html: str
    pieces: Sequence[tuple[LaidOut, float, float]]


class Press(Protocol):
    """Lays pieces out, and prints pages of them."""

    @property
    def design(self) -> Design:
        """Design of the pages."""

    def lay_out(self, pieces: Sequence[str], width: float, places: Places | None = None) -> list[LaidOut]:
        """Lay out pieces of HTML, each by itself, in a width in millimetres.

        Raises `BuildError` if a piece needs a file that it was not given.
        """

    def print(
        self, pages: Sequence[Page], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        """Print pages to a PDF; `before` is HTML that comes before them.

        Pieces are placed from `origin`, left and top, in millimetres. Raises `BuildError` if a page needs a
        file that it was not given.
        """


class MakePress(Protocol):
    """Makes a press for a design."""

    def __call__(self, *, design: Design, cache: Cache, on_piece: OnPiece = ignore_progress) -> Press:
        """Return a press that caches fragments, if it has any."""


def drawing(svg: str) -> str:
    """Return a drawing as a `data:` address."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
