"""HTML and CSS to pages: the only module that knows WeasyPrint, and imports it only for a PDF.

Nothing is read but the pictures and fonts that it is given, by name: no other file, no network.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from builder.diagnostics import BuildError
from builder.outputs.fonts import cut_fonts, font_css

_BASE = "file:///cardpress/"
"""What relative addresses are relative to: no folder, a name that only the fetcher knows."""
_PDF_VARIANT = "pdf/ua-1"
_PANGO_COMMANDS = (
    "on Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0;"
    " on Fedora: dnf install pango; on macOS: brew install pango"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element with an id stands on its page: top and bottom in CSS pixels."""

    top: float
    bottom: float

    @property
    def height(self) -> float:
        """The element's height in CSS pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Layout:
    """A document laid out in pages."""

    _document: Any

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self._document.pages)

    def places(self) -> dict[str, Place]:
        """Say where each element with an id stands."""
        return {
            name: Place(top, bottom)
            for page in self._document.pages
            for name, (_, top, _, bottom) in page.anchors.items()
        }

    def write(self, path: Path) -> None:
        """Write the pages to a PDF. Raises `BuildError` as `Press.lay_out` does."""
        with _own_files_only():
            self._document.write_pdf(path, pdf_variant=_PDF_VARIANT)


@dataclass(frozen=True, slots=True)
class Press:
    """Lays documents out with one style sheet, one set of pictures and the print fonts."""

    _weasyprint: Any
    _fetcher: Any
    _options: Mapping[str, Any]

    @classmethod
    def with_style(cls, css: str, media: Mapping[str, Path]) -> Press:
        """Prepare a style sheet. `media` maps the addresses in documents to files."""
        weasyprint = _weasyprint()
        files = {_BASE + name: _printable(file) for name, file in media.items()}
        files |= {_BASE + name: font for name, font in cut_fonts()}
        fetcher = _fetcher(weasyprint, files)
        font_config = weasyprint.text.fonts.FontConfiguration()
        sheet = weasyprint.CSS(
            string=font_css() + css, base_url=_BASE, url_fetcher=fetcher, font_config=font_config
        )
        options = {
            "stylesheets": [sheet],
            "font_config": font_config,
            "pdf_variant": _PDF_VARIANT,
            "presentational_hints": True,  # or lists would not begin at their number
        }
        return cls(weasyprint, fetcher, options)

    def lay_out(self, html: str, on_page: Callable[[int], None] = lambda page: None) -> Layout:
        """Lay a document out; `on_page` is told each page's number.

        Raises `BuildError` where the document asks for a file that it was not given.
        """
        page = self._weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=self._fetcher)
        with _own_files_only(), _reporting(on_page):
            return Layout(page.render(**self._options))


_FAMILY = re.compile(rb"""(font-family\s*[:=]\s*)("[^"]*"|'[^']*'|[^;"'}]*)""")

_ROOT = re.compile(rb"<svg\b[^>]*>")


def _printable(picture: Path) -> bytes:
    """Read a picture. What is written in a drawing is set in the print fonts: it names the system's."""
    content = picture.read_bytes()
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
            if url.startswith("data:"):
                return super().fetch(url, headers)
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


@contextmanager
def _reporting(on_page: Callable[[int], None]) -> Iterator[None]:
    """Hear from WeasyPrint's progress log which page it lays out."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Page %d" in str(record.msg) and isinstance(record.args, tuple):
                on_page(int(str(record.args[0])))

    logger, handler = logging.getLogger("weasyprint.progress"), Handler()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # other libraries give the root logger a handler that prints
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagates
