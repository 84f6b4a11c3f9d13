"""HTML and CSS to pages of a PDF.

What a page is made of is set piece by piece, on all cores, and remembered from build to build
(`fragments`); then it is put in its place (`assemble`). Where that cannot be done, WeasyPrint sets all of it
again on its page.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from builder.diagnostics import BuildError, Location
from builder.faults import at_question, pin_down
from builder.print.engine import pango
from builder.print.engine.assemble import Placed, lock_up
from builder.print.engine.code_colours import PROBE, UNCOLOURED_CSS, coloured, read_inks, uncoloured
from builder.print.engine.fragments import DAMAGED, PIECE, Galley, Unexpected, load, read_galleys
from builder.print.engine.html import PIXEL
from builder.print.engine.weasyprint import Design, Machine, machine_for
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.workers import cores, spread, uncollected

_BED_CSS = """
@page { size: 1000mm 1000000mm; margin: 0; background: none;
  @top-left { content: none } @top-right { content: none }
  @bottom-left { content: none } @bottom-right { content: none } }
.galley { bookmark-level: 1; bookmark-label: attr(id) }
"""
"""The page that pieces are set on: all at its top left, where each is what it is by itself."""
_BATCH = 80_000
"""About how many characters of HTML are set in one go."""
_LARGEST_KEPT = 500_000
"""Bytes of a piece that is kept: a photograph would be kept for every size at which it is tried."""
_WORTH_PROCESSES = 4
"""How many batches take longer than other processes take to start."""


@dataclass(frozen=True, slots=True)
class SetPiece:
    """A piece of a page that is set: its HTML, its width in millimetres, its height in CSS pixels."""

    html: str
    width: float
    height: float
    galley: Galley | None
    """Nothing where WeasyPrint has to set it again on its page."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a PDF: an element without its end, and what is put into it, left and top in CSS pixels."""

    html: str
    pieces: Sequence[tuple[SetPiece, float, float]]


_Job = tuple[Design, float, Sequence[str]]
"""Pieces to set, and their width in millimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Sets pieces, and prints pages of them."""

    design: Design
    cache: Cache
    on_piece: Callable[[int, int], None] = lambda done, total: None
    """Told how many pieces are set, and how many there are to be."""
    _memory: dict[tuple[str, float], SetPiece] = field(default_factory=dict)

    def set(
        self, pieces: Sequence[str], width: float, places: Mapping[str, tuple[Location, str]] | None = None
    ) -> list[SetPiece]:
        """Set pieces of HTML, each by itself, in a width in millimetres.

        `places` are the questions that pieces are of, with their ids: named where something goes wrong.
        Raises `BuildError` where one asks for a file that it was not given.
        """
        known = self._memory
        wanted = [html for html in dict.fromkeys(pieces) if (html, width) not in known]
        keys = {html: self._key("piece", f"{width:.3f}", html) for html in wanted}
        known |= {(html, width): piece for html in wanted if (piece := self._kept(keys[html], html, width))}
        missing = [html for html in wanted if (html, width) not in known]
        jobs = [(self.design, width, batch) for batch in _batches(missing)]
        processes = cores() if len(jobs) >= _WORTH_PROCESSES else 1
        done = 0
        for set_pieces in _set_all(jobs, processes, places or {}):
            for piece in set_pieces:
                known[piece.html, width] = piece
                if piece.galley and len(dump := piece.galley.dump()) <= _LARGEST_KEPT:
                    self.cache.put(keys[piece.html], dump)
            done += len(set_pieces)
            self.on_piece(done, len(missing))
        return [known[html, width] for html in pieces]

    def _key(self, *parts: str) -> str:
        design = self.design
        language = design.settings.language
        return key_of(fingerprint(), *pango.versions(), design.css, design.style, language, *parts)

    def _kept(self, key: str, html: str, width: float) -> SetPiece | None:
        dump = self.cache.get(key)
        if dump is None:
            return None
        try:
            galley = load(dump)
        except DAMAGED:
            return None
        return SetPiece(html, width, galley.height, galley)

    def print(
        self, leaves: Sequence[Leaf], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        """Print pages to a PDF; `before` is HTML that comes before them.

        Pieces are put down from `origin`, left and top, in millimetres. Raises `BuildError` where a page asks
        for a file that it was not given.
        """
        machine = machine_for(self.design)
        # A page with a piece that cannot be taken along is set by WeasyPrint, with all that is on it.
        whole = {page for page, leaf in enumerate(leaves) if all(piece.galley for piece, _, _ in leaf.pieces)}
        for fast in (whole, set[int]()):
            placed = [_placed(leaf, origin) if page in fast else [] for page, leaf in enumerate(leaves)]
            html = (
                f"{leaf.html}</div>" if page in fast else _with_pieces(leaf, page)
                for page, leaf in enumerate(leaves)
            )
            with suppress(Unexpected), uncollected():
                laid_out = machine.lay_out(before + "".join(html))
                _assert_whole(laid_out, {page: leaf for page, leaf in enumerate(leaves) if page not in fast})
                if fast:
                    lock_up(laid_out, placed, partial(machine.write, path))
                else:
                    machine.write(path, laid_out)
                return


def _batches(pieces: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = _BATCH
    for html in pieces:
        if size >= _BATCH:
            batches.append([])
            size = 0
        batches[-1].append(html)
        size += len(html)
    return batches


def _set_all(
    jobs: Sequence[_Job], processes: int, places: Mapping[str, tuple[Location, str]]
) -> Iterator[list[SetPiece]]:
    """Set batches; what goes wrong with one is tried again with each of its pieces, to name the question."""
    results = spread(_set, jobs, processes=processes)
    for design, width, batch in jobs:
        try:
            set_pieces = next(results)
        except BuildError:
            raise
        except Exception as error:
            pin_down(
                error,
                _set,
                ((at_question(*places[html]), (design, width, [html])) for html in batch if html in places),
            )
            raise
        yield set_pieces


def _set(job: _Job) -> list[SetPiece]:
    """Set pieces in one go."""
    design, width, pieces = job
    machine = machine_for(design)
    if not machine.is_known:
        return _set_as_they_are(machine, width, pieces)
    bare = [uncoloured(html) for html in pieces]
    probe, *found = _set_as_they_are(machine, width, [PROBE, *(html for html, _ in bare)])
    inks = read_inks(probe.galley) if probe.galley else None
    set_pieces: dict[str, SetPiece] = {}
    for html, (_, lines), piece in zip(pieces, bare, found, strict=True):
        galley = piece.galley
        if lines and galley:
            galley = coloured(galley, lines, inks) if inks else None
        set_pieces[html] = replace(piece, html=html, galley=galley)
    again = [
        html for html, (_, lines) in zip(pieces, bare, strict=True) if lines and not set_pieces[html].galley
    ]
    if again:
        set_pieces |= {piece.html: piece for piece in _set_as_they_are(machine, width, again)}
    return list(set_pieces.values())


def _set_as_they_are(machine: Machine, width: float, pieces: Sequence[str]) -> list[SetPiece]:
    # The first shows what lies around each of them.
    body = "".join(
        f'<div class="galley" id="{PIECE}{number}" style="width: {width:.3f}mm">{html}</div>\n'
        for number, html in enumerate(("x", *pieces))
    )
    with uncollected():
        laid_out = machine.lay_out(body, _BED_CSS + UNCOLOURED_CSS)
        galleys: Sequence[Galley | None] = [None] * len(pieces)
        with suppress(Unexpected):
            if machine.is_known:
                galleys = read_galleys(laid_out, machine.write_nowhere)
    (page,) = laid_out.pages
    set_pieces: list[SetPiece] = []
    for number, (html, galley) in enumerate(zip(pieces, galleys, strict=True), 1):
        _, top, _, bottom = page.anchors[f"{PIECE}{number}"]
        set_pieces.append(SetPiece(html, width, round(bottom - top, 4), galley))
    return set_pieces


def _placed(leaf: Leaf, origin: tuple[float, float]) -> list[Placed]:
    left, top = (edge / PIXEL for edge in origin)
    return [Placed(piece.galley, left + x, top + y) for piece, x, y in leaf.pieces if piece.galley]


def _with_pieces(leaf: Leaf, page: int) -> str:
    """Return a page with its pieces in it."""
    pieces = "".join(
        f'<div class="galley" id="{PIECE}{page}-{number}"'
        f' style="width: {piece.width:.3f}mm; left: {left:.4f}px; top: {top:.4f}px">{piece.html}</div>\n'
        for number, (piece, left, top) in enumerate(leaf.pieces)
    )
    return f"{leaf.html}{pieces}</div>"


def _assert_whole(laid_out: Any, leaves: Mapping[int, Leaf]) -> None:
    """Nothing is silently left out: what is below a page's foot would be."""
    places = {name: place for page in laid_out.pages for name, place in page.anchors.items()}
    for page, leaf in leaves.items():
        for number, (piece, _, _) in enumerate(leaf.pieces):
            _, top, _, bottom = places.get(f"{PIECE}{page}-{number}", (0, 0, 0, 0))
            if bottom - top < piece.height - 1:
                raise BuildError(
                    f"page {page + 1} lost a part: this is a fault of cardpress, please report it"
                )


def drawing(svg: str) -> str:
    """Return the address of a drawing that a document brings with it."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
