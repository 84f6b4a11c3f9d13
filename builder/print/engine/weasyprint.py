"""Runs WeasyPrint. The only module that imports it, and only to make a PDF.

WeasyPrint reads only the images and fonts that it is given by name: no other file, no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from builder.corpus.images import ImageError, read_named
from builder.corpus.model import Settings
from builder.design.fonts import Large, cut_fonts, families, font_css, using
from builder.design.language import Direction, direction
from builder.diagnostics import BuildError
from builder.print.engine.accents import place_accents
from builder.print.engine.bidirectional import in_reading_order
from builder.print.engine.html import document, with_known_glyphs
from builder.print.engine.korean import OF_PANGO, keep_words_whole
from builder.print.engine.written_text import say_written_text

KNOWN_VERSION = "70.0"
"""Version of WeasyPrint whose PDFs `fragments` and `assemble` know."""
_BASE = "file:///cardpress/"
"""Base of relative addresses: not a folder, but a name that only the fetcher knows."""
_PDF_VARIANT = "pdf/ua-1"
_PANGO_COMMANDS = (
    "on Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0;"
    " on Fedora: dnf install pango; on macOS: brew install pango"
)
_OF_PANGO = """
uint8_t * pango_log2vis_get_embedding_levels (const char *text, int length, PangoDirection *base);
void g_free (void *memory);
"""
"""Functions that WeasyPrint does not call."""
_DIRECTIONS: Sequence[Direction] = ("ltr", "rtl")
"""Directions by Pango's numbers."""
_FRAGMENT_CSS = """
.fragment { position: absolute; top: 0; left: 0; z-index: 0 }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The look of pages."""

    settings: Settings
    css: str
    style: str
    """CSS that the program adds to the style sheet."""
    page: str
    """CSS rules for the page itself."""
    media: tuple[tuple[str, Path], ...]
    """Addresses in documents, and their files."""
    large: tuple[Large, ...]
    """Large families of fonts that it needs."""


@dataclass(frozen=True, slots=True)
class Machine:
    """WeasyPrint, prepared for a design."""

    weasyprint: Any
    fetcher: Any
    options: Mapping[str, Any]
    design: Design

    def lay_out(self, body: str, page: str = "") -> Any:
        """Lay out a document, on pages with the rules `page` if they are given.

        Raises `BuildError` if it needs a file that it was not given.
        """
        design = self.design
        with using(design.settings.print.fonts):
            known = with_known_glyphs(body)
        known = in_reading_order(known, direction(design.settings.language), embedding_levels)
        html = document(design.settings, known, design.style + (page or design.page))
        source = self.weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=self.fetcher)
        with _own_files_only():
            return source.render(**self.options)

    def write(self, path: Path | BytesIO, document: Any, finish: Any = None, **options: Any) -> None:
        """Write a document that is laid out; before that, `finish` gets its PDF."""
        with _own_files_only():
            document.write_pdf(path, finisher=finish, pdf_variant=_PDF_VARIANT, **options)

    def write_nowhere(self, document: Any, finish: Any) -> None:
        """Make a document's PDF for `finish` only."""
        self.write(BytesIO(), document, finish, uncompressed_pdf=True)


@lru_cache(maxsize=4)
def machine_for(design: Design) -> Machine:
    """Return WeasyPrint prepared for a design; the last few are kept."""
    with using(design.settings.print.fonts):
        return _machine_for(design)


def _machine_for(design: Design) -> Machine:
    weasyprint = _weasyprint()
    files = {_BASE + name: _printable(name, file, design) for name, file in design.media}
    files |= {_BASE + name: font for name, font in cut_fonts(design.large)}
    fetcher = _fetcher(weasyprint, files)
    font_config = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(
        string=font_css(design.large) + design.css + _FRAGMENT_CSS,
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
    return Machine(weasyprint, fetcher, options, design)


_FAMILY = re.compile(rb"""(font-family\s*[:=]\s*)("[^"]*"|'[^']*'|[^;"'}]*)""")
_ROOT = re.compile(rb"<svg\b[^>]*>")


def _printable(name: str, image: Path, design: Design) -> bytes:
    """Read an image. Text in a drawing is set in the print fonts, not in fonts of the system."""
    try:
        content = read_named(name, image)
    except ImageError as error:
        raise BuildError(f"{error}: {error.hint}") from error
    if image.suffix.lower() == ".png":
        from builder.corpus.decoding import in_eight_bits

        return in_eight_bits(content)
    if image.suffix.lower() != ".svg":
        return content

    scripts = "".join(f", {family}" for family in families(design.settings.language, design.large)).encode()

    def family(found: re.Match[bytes]) -> bytes:
        # An attribute's value is quoted as a whole; in a style, quotes would make the list one name.
        quote = found[2][:1] if b"=" in found[1] else b""
        name = b"JetBrains Mono" if b"mono" in found[2].lower() else b"Inter"
        return found[1] + quote + name + scripts + quote

    drawing = _FAMILY.sub(family, content)
    root = _ROOT.search(drawing)
    if root and b"font-family" not in root[0]:
        return drawing.replace(b"<svg", b'<svg font-family="Inter%b"' % scripts, 1)
    return drawing


def embedding_levels(text: str, base: Direction) -> Sequence[int]:
    """Return the embedding level of each character of a paragraph, as Pango orders it."""
    found = _weasyprint().text.ffi
    written = text.encode()
    levels = found.pango.pango_log2vis_get_embedding_levels(
        written, len(written), found.ffi.new("PangoDirection *", _DIRECTIONS.index(base))
    )
    copied = found.ffi.unpack(levels, len(text))
    with suppress(AttributeError):  # GLib itself, which Windows does not look for behind GObject
        found.gobject.g_free(levels)
    return tuple(copied)


def is_known() -> bool:
    """Return whether `fragments` and `assemble` know the PDFs of the installed version."""
    try:
        return version("weasyprint") == KNOWN_VERSION
    except PackageNotFoundError:
        return False


def unavailable() -> str:
    """Return why this machine cannot make PDFs, and what to do; empty if it can."""
    try:
        # WeasyPrint itself would print a page of advice.
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            _weasyprint()
    except OSError:  # a shared library is missing
        return f"PDFs need Pango, which is not installed ({_PANGO_COMMANDS})"
    return ""


@cache
def _weasyprint() -> Any:
    import weasyprint
    import weasyprint.draw.text
    import weasyprint.text.ffi
    import weasyprint.text.fonts
    import weasyprint.text.line_break
    import weasyprint.urls

    weasyprint.text.ffi.ffi.cdef(_OF_PANGO + OF_PANGO)
    if is_known():
        keep_words_whole(weasyprint.text.line_break)
        place_accents(weasyprint.draw.text)
        say_written_text(weasyprint.draw.text)
    return weasyprint


def _fetcher(weasyprint: Any, files: Mapping[str, bytes]) -> Any:
    class Fetcher(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        """Serves the files of a design. Any other request ends the build, because a gap would be printed."""

        def fetch(self, url: str, headers: object = None) -> Any:
            if url.startswith("data:image/"):
                return super().fetch(url, headers)
            if url.startswith("data:"):  # a font in a drawing; its text gets the print fonts
                raise weasyprint.urls.URLFetchingError("only images are embedded")
            if url not in files:
                raise weasyprint.urls.FatalURLFetchingError(url.removeprefix(_BASE))
            return weasyprint.urls.URLFetcherResponse(url, files[url])

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False)


@contextmanager
def _own_files_only() -> Iterator[None]:
    """Raise `BuildError` for a file that a document needs but was not given."""
    fatal = _weasyprint().urls.FatalURLFetchingError
    try:
        yield
    except fatal as error:
        raise BuildError(f"the sheet asks for {str(error)!r}, which is not its own") from error
