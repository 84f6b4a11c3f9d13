"""HTML and CSS to pages: the only module that knows WeasyPrint, and imports it only for a PDF.

What a page is made of is set piece by piece, on all cores, and remembered from build to build (`galley`);
then it is put in its place (`forme`). Where that cannot be done, WeasyPrint sets all of it again on its page.
Nothing is read but the pictures and fonts that it is given, by name: no other file, no network.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from builder.corpus.model import Settings
from builder.corpus.pictures import PictureError, read_named
from builder.design.fonts import cut_fonts, font_css
from builder.diagnostics import BuildError, Location
from builder.faults import at_question, pin_down
from builder.print.engine import pango
from builder.print.engine.assemble import Placed, lock_up
from builder.print.engine.code_colours import PROBE, UNCOLOURED_CSS, coloured, read_inks, uncoloured
from builder.print.engine.fragments import DAMAGED, PIECE, Galley, Unexpected, load, read_galleys
from builder.print.engine.html import PIXEL, document
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.workers import cores, spread, uncollected

_WEASYPRINT = "70.0"
"""The version whose PDFs `galley` and `forme` know."""
_BASE = "file:///cardpress/"
"""What relative addresses are relative to: no folder, a name that only the fetcher knows."""
_PDF_VARIANT = "pdf/ua-1"
_PANGO_COMMANDS = (
    "on Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0;"
    " on Fedora: dnf install pango; on macOS: brew install pango"
)


_GALLEY_CSS = """
.galley { position: absolute; top: 0; left: 0; z-index: 0 }
"""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What pages look like."""

    settings: Settings
    css: str
    style: str
    """What the program adds to the style sheet."""
    page: str
    """The rules for the page itself."""
    media: tuple[tuple[str, Path], ...]
    """The addresses in documents, and the files."""


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
        machine = _machine(self.design)
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
    machine = _machine(design)
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


def _set_as_they_are(machine: _Machine, width: float, pieces: Sequence[str]) -> list[SetPiece]:
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


@dataclass(frozen=True, slots=True)
class _Machine:
    """WeasyPrint, made ready for a design."""

    weasyprint: Any
    fetcher: Any
    options: Mapping[str, Any]
    design: Design

    @property
    def is_known(self) -> bool:
        """Whether its PDFs are known well enough to take them apart."""
        return bool(self.weasyprint.__version__ == _WEASYPRINT)

    def lay_out(self, body: str, page: str = "") -> Any:
        """Lay a document out, on pages with rules of their own if they are given.

        Raises `BuildError` where it asks for a file that it was not given.
        """
        design = self.design
        html = document(design.settings, body, design.style + (page or design.page))
        source = self.weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=self.fetcher)
        with _own_files_only():
            return source.render(**self.options)

    def write(self, path: Path | BytesIO, document: Any, finish: Any = None, **options: Any) -> None:
        """Write a document that is laid out; `finish` is given its PDF before that."""
        with _own_files_only():
            document.write_pdf(path, finisher=finish, pdf_variant=_PDF_VARIANT, **options)

    def write_nowhere(self, document: Any, finish: Any) -> None:
        """Make a document's PDF for `finish` only."""
        self.write(BytesIO(), document, finish, uncompressed_pdf=True)


@lru_cache(maxsize=4)
def _machine(design: Design) -> _Machine:
    weasyprint = _weasyprint()
    files = {_BASE + name: _printable(name, file) for name, file in design.media}
    files |= {_BASE + name: font for name, font in cut_fonts()}
    fetcher = _fetcher(weasyprint, files)
    font_config = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(
        string=font_css() + design.css + _GALLEY_CSS,
        base_url=_BASE,
        url_fetcher=fetcher,
        font_config=font_config,
    )
    options = {
        "stylesheets": [sheet],
        "font_config": font_config,
        "pdf_variant": _PDF_VARIANT,
        "presentational_hints": True,  # or lists would not begin at their number
    }
    return _Machine(weasyprint, fetcher, options, design)


_FAMILY = re.compile(rb"""(font-family\s*[:=]\s*)("[^"]*"|'[^']*'|[^;"'}]*)""")

_ROOT = re.compile(rb"<svg\b[^>]*>")


def _printable(name: str, picture: Path) -> bytes:
    """Read a picture. What is written in a drawing is set in the print fonts: it names the system's."""
    try:
        content = read_named(name, picture)
    except PictureError as error:
        raise BuildError(f"{error}: {error.hint}") from error
    if picture.suffix.lower() == ".png":
        from builder.corpus.images import in_eight_bits

        return in_eight_bits(content)
    if picture.suffix.lower() != ".svg":
        return content

    def family(found: re.Match[bytes]) -> bytes:
        quote = found[2][:1] if found[2][:1] in (b'"', b"'") else b""
        name = b"JetBrains Mono" if b"mono" in found[2].lower() else b"Inter"
        return found[1] + quote + name + quote

    drawing = _FAMILY.sub(family, content)
    root = _ROOT.search(drawing)
    if root and b"font-family" not in root[0]:
        return drawing.replace(b"<svg", b'<svg font-family="Inter"', 1)
    return drawing


def drawing(svg: str) -> str:
    """Return the address of a drawing that a document brings with it."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


def unavailable() -> str:
    """Say why no PDF can be made on this machine, and what to do; nothing where it can be."""
    try:
        # WeasyPrint prints a page of advice of its own.
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            _weasyprint()
    except OSError:  # a shared library that is not there
        return f"PDFs need Pango, which is not installed ({_PANGO_COMMANDS})"
    return ""


def _weasyprint() -> Any:
    import weasyprint
    import weasyprint.text.fonts
    import weasyprint.urls

    return weasyprint


def _fetcher(weasyprint: Any, files: Mapping[str, bytes]) -> Any:
    class Fetcher(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        """Gives out the files it knows. Anything else ends the build: a mere warning would print a gap."""

        def fetch(self, url: str, headers: object = None) -> Any:
            if url.startswith("data:image/"):
                return super().fetch(url, headers)
            if url.startswith("data:"):  # a font in a drawing, which is set in the print fonts
                raise weasyprint.urls.URLFetchingError("only images are embedded")
            if url not in files:
                raise weasyprint.urls.FatalURLFetchingError(url.removeprefix(_BASE))
            return weasyprint.urls.URLFetcherResponse(url, files[url])

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False)


@contextmanager
def _own_files_only() -> Iterator[None]:
    """Name a file that a document asks for and was not given, as `BuildError`."""
    fatal = _weasyprint().urls.FatalURLFetchingError
    try:
        yield
    except fatal as error:
        raise BuildError(f"the sheet asks for {str(error)!r}, which is not its own") from error
