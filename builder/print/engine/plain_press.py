"""The plain press: WeasyPrint lays out every page as a whole.

It works with any version of WeasyPrint, but takes twice the time of fragments and five times the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builder.diagnostics import BuildError
from builder.faults import at_question, pin_down
from builder.print.engine.fragments import PIECE, Fragment, Unexpected
from builder.print.engine.press import LaidOut, OnPiece, Page, Places, ignore_progress
from builder.print.engine.weasyprint import Design, Machine, machine_for
from builder.runtime.cache import Cache
from builder.runtime.workers import cores, spread, uncollected

_PIECES_CSS = """
@page { size: 1000mm 1000000mm; margin: 0; background: none;
  @top-left { content: none } @top-right { content: none }
  @bottom-left { content: none } @bottom-right { content: none } }
.fragment { bookmark-level: 1; bookmark-label: attr(id) }
"""
"""Page for the layout of pieces: all are at its top left, so that none depends on another."""
BATCH = 80_000
"""Approximate number of characters of HTML to lay out in one document."""
_WORTH_PROCESSES = 4
"""Minimum number of batches for which it is worth starting other processes."""

Job = tuple[Design, float, Sequence[str]]
"""Pieces to lay out, and their width in millimetres."""
ReadFragments = Callable[[Any, Machine], Sequence[Fragment | None]]
"""Reads the fragments from a document of pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPress:
    """Prints pages that WeasyPrint lays out as a whole; pieces are laid out only for their heights."""

    design: Design
    cache: Cache
    """Not used: a height alone is not worth a file in the cache."""
    on_piece: OnPiece = ignore_progress
    batch: int = BATCH
    processes: int = field(default_factory=cores)
    _known: dict[tuple[str, float], LaidOut] = field(default_factory=dict)

    def lay_out(self, pieces: Sequence[str], width: float, places: Places | None = None) -> list[LaidOut]:
        """See `Press.lay_out`."""
        missing = [html for html in dict.fromkeys(pieces) if (html, width) not in self._known]
        jobs = [(self.design, width, batch) for batch in batches(missing, self.batch)]
        done = 0
        for laid_out in lay_out_all(_lay_out_plainly, jobs, self.processes, places or {}):
            self._known.update({(piece.html, width): piece for piece in laid_out})
            done += len(laid_out)
            self.on_piece(done, len(missing))
        return [self._known[html, width] for html in pieces]

    def print(
        self, pages: Sequence[Page], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        """See `Press.print`; WeasyPrint finds the origin in the page's margins."""
        machine = machine_for(self.design)
        with uncollected():
            machine.write(path, lay_out_pages(machine, pages, before))


def batches(pieces: Sequence[str], size: int) -> list[list[str]]:
    """Divide pieces into batches of about `size` characters."""
    found: list[list[str]] = []
    filled = size
    for html in pieces:
        if filled >= size:
            found.append([])
            filled = 0
        found[-1].append(html)
        filled += len(html)
    return found


def lay_out_all(
    lay_out: Callable[[Job], list[LaidOut]], jobs: Sequence[Job], processes: int, places: Places
) -> Iterator[list[LaidOut]]:
    """Lay out batches; if one fails, lay out each of its pieces alone, to name the question.

    `lay_out` must be a module's function, so that other processes can import it.
    """
    results = spread(lay_out, jobs, processes=processes if len(jobs) >= _WORTH_PROCESSES else 1)
    for design, width, batch in jobs:
        try:
            laid_out = next(results)
        except BuildError:
            raise
        except Exception as error:
            pin_down(
                error,
                lay_out,
                ((at_question(*places[html]), (design, width, [html])) for html in batch if html in places),
            )
            raise
        yield laid_out


def _lay_out_plainly(job: Job) -> list[LaidOut]:
    design, width, pieces = job
    return lay_out_pieces(machine_for(design), width, pieces)


def lay_out_pieces(
    machine: Machine,
    width: float,
    pieces: Sequence[str],
    read: ReadFragments | None = None,
    css: str = "",
) -> list[LaidOut]:
    """Lay out pieces in one document; if `read` is given, read their fragments, as far as it can."""
    # The first piece shows what WeasyPrint adds around each piece.
    body = "".join(
        f'<div class="fragment" id="{PIECE}{number}" style="width: {width:.3f}mm">{html}</div>\n'
        for number, html in enumerate(("x", *pieces))
    )
    with uncollected():
        document = machine.lay_out(body, _PIECES_CSS + css)
        fragments: Sequence[Fragment | None] = [None] * len(pieces)
        with suppress(Unexpected):
            if read:
                fragments = read(document, machine)
    (page,) = document.pages
    laid_out: list[LaidOut] = []
    for number, (html, fragment) in enumerate(zip(pieces, fragments, strict=True), 1):
        _, top, _, bottom = page.anchors[f"{PIECE}{number}"]
        laid_out.append(LaidOut(html, width, round(bottom - top, 4), fragment))
    return laid_out


def lay_out_pages(machine: Machine, pages: Sequence[Page], before: str, without: Collection[int] = ()) -> Any:
    """Lay out pages with their pieces; pages in `without` get none of theirs.

    Raises `BuildError` if a page would lose a part.
    """
    html = (
        f"{page.html}</div>" if number in without else _with_pieces(page, number)
        for number, page in enumerate(pages)
    )
    document = machine.lay_out(before + "".join(html))
    _assert_whole(document, {number: page for number, page in enumerate(pages) if number not in without})
    return document


def _with_pieces(page: Page, number: int) -> str:
    """Return a page with its pieces in it."""
    pieces = "".join(
        f'<div class="fragment" id="{PIECE}{number}-{index}"'
        f' style="width: {piece.width:.3f}mm; left: {left:.4f}px; top: {top:.4f}px">{piece.html}</div>\n'
        for index, (piece, left, top) in enumerate(page.pieces)
    )
    return f"{page.html}{pieces}</div>"


def _assert_whole(document: Any, pages: Mapping[int, Page]) -> None:
    """Refuse a document that lost a part: WeasyPrint silently drops anything below the end of a page."""
    places = {name: place for page in document.pages for name, place in page.anchors.items()}
    for number, page in pages.items():
        for index, (piece, _, _) in enumerate(page.pieces):
            _, top, _, bottom = places.get(f"{PIECE}{number}-{index}", (0, 0, 0, 0))
            if bottom - top < piece.height - 1:
                raise BuildError(
                    f"page {number + 1} lost a part: this is a fault of cardpress, please report it"
                )
