"""Images: any file is refused with a reason, or shown and printed."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image

from builder.anki.render import render_chapter
from builder.corpus.images import SUFFIXES
from builder.corpus.model import Settings
from builder.corpus.reader import read_chapter
from builder.markdown.source import Source
from builder.print.engine.choose import choose_press
from builder.print.engine.press import Page
from builder.print.engine.weasyprint import Design, unavailable
from builder.runtime.cache import Cache
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.chapters import corpus_folder, examine
from tests.fuzzing.recipes import byte_changes, read_recipe, recipes, with_bytes_changed
from tests.fuzzing.target import Target, promise

_SETTINGS = Settings(id="any", title="Any", deck="Any")
_FORMATS = {
    **{".png": "PNG", ".jpg": "JPEG", ".gif": "GIF", ".webp": "WEBP"},
    **{
        ".bmp": "BMP",
        ".tiff": "TIFF",
        ".ico": "ICO",
        ".ppm": "PPM",
        ".eps": "EPS",
        ".icns": "ICNS",
        ".pdf": "PDF",
    },
}
"""What is shown, and what only has the name of it."""
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def _png(width: int, height: int, rows: bytes) -> bytes:
    """Return a PNG that says of itself what its rows need not be."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@cache
def seeds() -> dict[str, bytes]:
    """Return images by name."""
    found = {
        "large.png": _png(50_000, 50_000, bytes(1000)),
        "square.png": _png(14_000, 14_000, bytes(14_001 * 14_000)),
        "garbage.png": _png(9, 9, b"\xff" * 90),
        "drawing.png": _SVG,
        "drawing.svg": _SVG,
        "blue.png": (PROJECT / "tests" / "cases" / "media" / "blue.png").read_bytes(),
    }
    for mode in ("L", "RGB", "P", "RGBA", "CMYK", "1"):
        image = Image.radial_gradient("L").resize((24, 24)).convert(mode)
        for suffix, name in _FORMATS.items():
            if mode != "L" and suffix not in SUFFIXES:
                continue
            file = BytesIO()
            try:
                image.save(file, name)
            except (OSError, ValueError):
                continue  # a format that has not this mode
            found[f"{mode}{suffix}"] = file.getvalue()
    frames = [Image.new("L", (9, 9), color) for color in range(5)]
    for suffix in (".gif", ".webp", ".png"):
        file = BytesIO()
        frames[0].save(file, _FORMATS[suffix], save_all=True, append_images=frames[1:])
        found[f"animated{suffix}"] = file.getvalue()
    return found


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change images of all formats byte by byte, and their suffixes."""
    unavailable()  # imports what prints
    suffixes = st.tuples(st.just("suffix"), st.sampled_from((*SUFFIXES, ".PNG", ".bmp")))
    return recipes(seeds(), byte_changes, byte_changes, suffixes)


def made(data: bytes) -> tuple[str, bytes]:
    """Return the image that a recipe describes; one of a format that nobody shows is called a PNG."""
    suffix, content = ".png", b""
    for change in read_recipe(data):
        match change:
            case ["seed", str(name)]:
                content = seeds()[name]
                suffix = Path(name).suffix if Path(name).suffix in SUFFIXES else ".png"
            case ["suffix", str(name)]:
                suffix = name
            case _:
                content = with_bytes_changed(content, change)
    return suffix, content


def try_input(path: Path, folder: Path) -> bool:
    """Show an image in a chapter; render and print it if nothing is wrong."""
    corpus = corpus_folder(folder)
    image = path.replace(corpus / "media" / f"x{path.suffix}")
    text = f"# T\n\n## What is it? {{#a}}\n\n![An image](media/{image.name})\n"
    source = Source(corpus / "01-any.md", text)
    try:
        if not examine(source, corpus):
            return False
        _print(source, corpus)
    finally:
        image.unlink()
    return True


def _print(source: Source, corpus: Path) -> None:
    """Print what was found to be right, as the sheet does."""
    if unavailable():
        return
    rendered = render_chapter(read_chapter(source)[0], _SETTINGS, corpus)
    design = Design(
        settings=_SETTINGS,
        css="",
        style="img { max-width: 50mm }",
        page="",
        media=tuple(rendered.media.items()),
        large=(),
    )
    press = choose_press(design=design, cache=Cache(Path("/dev/null"), 0))
    page = corpus / "page.pdf"
    press.print([Page(f"<div>{''.join(rendered.subdeck.notes[0].lead)}", [])], page)
    promise(page.stat().st_size > 0, "images: nothing is printed")


IMAGES = Target(name="images", suffix=".recipe", inputs=inputs, try_input=try_input, made=made)
