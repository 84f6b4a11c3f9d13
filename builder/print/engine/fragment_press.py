"""The fragment press: each piece is laid out once, on all cores, cached for later builds, and assembled.

`fragments` reads WeasyPrint's layout of a piece, `code_colours` colours its code, and `assemble` puts it on
its page. If they do not support a piece, WeasyPrint itself lays out its whole page. If a PDF is not arranged
as they expect, the plain press prints the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from builder.print.engine import pango
from builder.print.engine.assemble import Placed, assemble
from builder.print.engine.code_colours import PROBE, UNCOLOURED_CSS, coloured, read_code_colours, uncoloured
from builder.print.engine.fragments import DAMAGED, Fragment, Unexpected, load, read_fragments
from builder.print.engine.html import PIXEL
from builder.print.engine.plain_press import (
    BATCH,
    Job,
    PlainPress,
    batches,
    lay_out_all,
    lay_out_pages,
    lay_out_pieces,
)
from builder.print.engine.press import LaidOut, MakePress, OnPiece, Page, Places, ignore_progress
from builder.print.engine.weasyprint import Design, Machine, machine_for
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.workers import cores, uncollected

_LARGEST_KEPT = 500_000
"""Maximum bytes of a fragment in the cache: a photograph would be stored for every tried size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentPress:
    """Prints pages of fragments."""

    design: Design
    cache: Cache
    on_piece: OnPiece = ignore_progress
    make_plain: MakePress = PlainPress
    """Makes the press for a document whose PDF is not arranged as expected."""
    batch: int = BATCH
    processes: int = field(default_factory=cores)
    _known: dict[tuple[str, float], LaidOut] = field(default_factory=dict)

    def lay_out(self, pieces: Sequence[str], width: float, places: Places | None = None) -> list[LaidOut]:
        """See `Press.lay_out`."""
        known = self._known
        wanted = [html for html in dict.fromkeys(pieces) if (html, width) not in known]
        keys = {html: self._key("piece", f"{width:.3f}", html) for html in wanted}
        known.update(
            {(html, width): piece for html in wanted if (piece := self._kept(keys[html], html, width))}
        )
        missing = [html for html in wanted if (html, width) not in known]
        jobs = [(self.design, width, batch) for batch in batches(missing, self.batch)]
        done = 0
        for laid_out in lay_out_all(_lay_out_fragments, jobs, self.processes, places or {}):
            for piece in laid_out:
                known[piece.html, width] = piece
                if piece.fragment and len(dump := piece.fragment.dump()) <= _LARGEST_KEPT:
                    self.cache.put(keys[piece.html], dump)
            done += len(laid_out)
            self.on_piece(done, len(missing))
        return [known[html, width] for html in pieces]

    def _key(self, *parts: str) -> str:
        design = self.design
        language = design.settings.language
        fonts = (each.family for each in design.large)
        own = (font.digest for font in design.settings.print.fonts)
        about = (design.css, design.style, language, " ".join((*own, *fonts)))
        return key_of(fingerprint(), *pango.versions(), *about, *parts)

    def _kept(self, key: str, html: str, width: float) -> LaidOut | None:
        dump = self.cache.get(key)
        if dump is None:
            return None
        try:
            fragment = load(dump)
        except DAMAGED:
            return None
        return LaidOut(html, width, fragment.height, fragment)

    def print(
        self, pages: Sequence[Page], path: Path, *, before: str = "", origin: tuple[float, float] = (0, 0)
    ) -> None:
        """See `Press.print`."""
        # WeasyPrint itself lays out every page that has a piece without a fragment.
        whole = {
            number for number, page in enumerate(pages) if all(piece.fragment for piece, _, _ in page.pieces)
        }
        if whole:
            try:
                self._assemble(pages, whole, path, before, origin)
            except Unexpected:
                pass
            else:
                return
        plain = self.make_plain(design=self.design, cache=self.cache, on_piece=self.on_piece)
        plain.print(pages, path, before=before, origin=origin)

    def _assemble(
        self, pages: Sequence[Page], whole: set[int], path: Path, before: str, origin: tuple[float, float]
    ) -> None:
        """Print pages; those in `whole` consist of fragments. Raises `Unexpected`."""
        machine = machine_for(self.design)
        placed = [_placed(page, origin) if number in whole else [] for number, page in enumerate(pages)]
        with uncollected():
            document = lay_out_pages(machine, pages, before, without=whole)
            assemble(document, placed, partial(machine.write, path))


def _placed(page: Page, origin: tuple[float, float]) -> list[Placed]:
    left, top = (edge / PIXEL for edge in origin)
    return [Placed(piece.fragment, left + x, top + y) for piece, x, y in page.pieces if piece.fragment]


def _lay_out_fragments(job: Job) -> list[LaidOut]:
    """Lay out pieces in one document."""
    design, width, pieces = job
    machine = machine_for(design)
    bare = [uncoloured(html) for html in pieces]
    probe, *found = _read_pieces(machine, width, [PROBE, *(html for html, _ in bare)])
    colours = read_code_colours(probe.fragment) if probe.fragment else None
    laid_out: dict[str, LaidOut] = {}
    for html, (_, lines), piece in zip(pieces, bare, found, strict=True):
        fragment = piece.fragment
        if lines and fragment:
            fragment = coloured(fragment, lines, colours) if colours else None
        laid_out[html] = replace(piece, html=html, fragment=fragment)
    again = [
        html for html, (_, lines) in zip(pieces, bare, strict=True) if lines and not laid_out[html].fragment
    ]
    if again:
        laid_out |= {piece.html: piece for piece in _read_pieces(machine, width, again)}
    return list(laid_out.values())


def _read_pieces(machine: Machine, width: float, pieces: Sequence[str]) -> list[LaidOut]:
    return lay_out_pieces(machine, width, pieces, _read, UNCOLOURED_CSS)


def _read(document: Any, machine: Machine) -> Sequence[Fragment | None]:
    return read_fragments(document, machine.write_nowhere)
