"""Pictures: found beside the chapter that shows them, kept inside the corpus, named by their content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from builder.markdown import Passage, Token

if TYPE_CHECKING:
    from xml.etree import ElementTree

SUFFIXES = (".png", ".jpg", ".jpeg", ".svg", ".webp", ".gif")


class PictureError(Exception):
    """A picture that cannot be used; `code` is its diagnostic's, the text says what to do."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def pictures(passage: Passage) -> Iterator[tuple[Token, Token]]:
    """Yield each picture of a passage: the block's inline token and the picture's own."""
    for token in passage.tokens:
        if "![" in token.content:
            yield from ((token, child) for child in token.children or () if child.type == "image")


def picture_path(src: str, chapter: Path, folder: Path) -> Path:
    """Find the file that a chapter means by `src`. Raises `PictureError`."""
    if urlsplit(src).scheme or src.startswith("/"):
        raise PictureError(
            "remote-picture",
            f"the picture {src!r} is not a file of the corpus",
            "save it in the corpus folder, under media/, and name that file",
        )
    name = unquote(src)
    try:
        path = (chapter.parent / name).resolve()
        is_file = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, a link to itself
        raise PictureError(
            "missing-picture", f"{src!r} cannot be the name of a picture", "give the file a short, plain name"
        ) from error
    if not path.is_relative_to(folder.resolve()):
        raise PictureError(
            "picture-outside",
            f"the picture {src!r} lies outside the corpus folder",
            f"copy it into {folder.name}/media/",
        )
    if not is_file:
        meant = _meant(path, folder)
        raise PictureError(
            "missing-picture",
            f"there is no picture {src!r}",
            f"did you mean {meant.relative_to(folder.resolve()).as_posix()!r}?"
            if meant
            else f"save it as {str(path.relative_to(folder.resolve()))!r} in {folder.resolve().name!r}",
        )
    if path.suffix.lower() not in SUFFIXES:
        raise PictureError(
            "picture-type",
            f"{src!r} is not a picture that Anki and print can show",
            f"use one of: {' '.join(SUFFIXES)}",
        )
    if " " in path.name:
        raise PictureError(
            "picture-name",
            f"the name of the picture {src!r} has a space in it, which make cannot follow",
            f"name it {path.name.replace(' ', '-')!r}",
        )
    return path


def _meant(path: Path, folder: Path) -> Path | None:
    """Return the picture of almost this name beside it, or of this name elsewhere in the corpus."""
    beside = {other.name.lower(): other for other in path.parent.glob("*")} if path.parent.is_dir() else {}
    near = get_close_matches(path.name.lower(), beside, n=1, cutoff=0.8)
    elsewhere = (
        other for other in sorted(folder.resolve().rglob(f"*{path.suffix}")) if other.name == path.name
    )
    return beside[near[0]] if near else next(elsewhere, None)


def check_picture(path: Path, src: str) -> None:
    """Look into a picture: Anki and WeasyPrint show nothing, and say nothing, where it is damaged.

    Raises `PictureError`.
    """
    from xml.etree import ElementTree

    from PIL import Image

    try:
        if path.suffix.lower() == ".svg":
            drawing = ElementTree.parse(path).getroot()
            is_picture = drawing.tag.endswith("svg")
        else:
            with Image.open(path) as picture:
                picture.verify()
            is_picture = True
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureError(
            "broken-picture", f"{src!r} is no picture, or damaged", "open it, and save it again"
        ) from error
    if not is_picture:
        raise PictureError("broken-picture", f"{src!r} is XML, but no SVG", "open it, and save it again")
    if path.suffix.lower() == ".svg":
        for wanted in _asked_for(drawing):
            raise PictureError(
                "picture-asks",
                f"{src!r} asks for another file, {wanted!r}, which neither Anki nor print will show",
                "draw it within, or embed it",
            )


_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]*)|@import\s+['\"]([^'\"]*)")


def _asked_for(drawing: ElementTree.Element) -> Iterator[str]:
    """Yield the addresses in a drawing that lead out of it, but for links, which a reader follows."""
    for element in drawing.iter():
        name = element.tag.rpartition("}")[2]
        texts = [*element.attrib.values(), element.text or ""] if name == "style" else element.attrib.values()
        found = [first or second for text in texts for first, second in _ADDRESS.findall(text)]
        if name != "a":
            found += [value for key, value in element.attrib.items() if key.rpartition("}")[2] == "href"]
        yield from (address for address in found if not address.startswith(("#", "data:")))


def media_name(path: Path, content: bytes | None = None) -> str:
    """Name a picture for Anki: flat, portable and never the same for another content.

    Anki keeps the old file where a name is taken, and matches names by case on some systems only
    (docs/facts/anki.md, section 7).
    """
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:40]
    digest = sha256(path.read_bytes() if content is None else content).hexdigest()
    return f"{stem}-{digest[:12]}{path.suffix.lower()}"
