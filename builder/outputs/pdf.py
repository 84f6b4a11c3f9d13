"""HTML and CSS to PDF: the only module that knows WeasyPrint, and imports it only when a PDF is made.

Nothing is read but the pictures and fonts that it is given, by name: no other file, no network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder.diagnostics import BuildError
from builder.outputs.fonts import cut_fonts, font_css

_BASE = "file:///cardpress/"
"""What relative addresses are relative to: no folder, a name that only the fetcher knows."""
_PANGO_COMMANDS = (
    "on Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0;"
    " on Fedora: dnf install pango; on macOS: brew install pango"
)


def write_pdf(
    html: str,
    css: str,
    media: Mapping[str, Path],
    path: Path,
    on_page: Callable[[int], None] = lambda page: None,
) -> int:
    """Lay a document out, write it to `path` and return its number of pages.

    `media` maps the addresses in the document to files. `on_page` is told each page as it is laid out.
    Raises `BuildError` where the document asks for what it was not given.
    """
    weasyprint = _weasyprint()
    files = {_BASE + name: file.read_bytes() for name, file in media.items()}
    files |= {_BASE + name: font for name, font in cut_fonts()}
    fetcher = _fetcher(weasyprint, files)
    font_config = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(
        string=font_css() + css, base_url=_BASE, url_fetcher=fetcher, font_config=font_config
    )
    page = weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=fetcher)
    with _reporting(on_page):
        try:
            options = {"stylesheets": [sheet], "font_config": font_config, "pdf_variant": "pdf/ua-1"}
            document = page.render(**options)
            document.write_pdf(path, **options)
        except weasyprint.urls.FatalURLFetchingError as error:
            raise BuildError(f"the sheet asks for {str(error)!r}, which is not its own") from error
    return len(document.pages)


def unavailable() -> str:
    """Say why no PDF can be made on this machine, and what to do; nothing where it can be."""
    try:
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
def _reporting(on_page: Callable[[int], None]) -> Iterator[None]:
    """Hear from WeasyPrint's progress log which page it lays out."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "Page %d" in str(record.msg) and isinstance(record.args, tuple):
                on_page(int(str(record.args[0])))

    logger, handler = logging.getLogger("weasyprint.progress"), Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
