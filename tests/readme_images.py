"""The README's images, made anew from the Flask corpus: `python -m tests.readme_images`, or `make images`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from tests.browser import browsing
from tests.conftest import FLASK, PROJECT
from tests.programs import program
from tests.reviewer import photograph, sides_of, write_page
from tests.watching import watching_corpus

IMAGES = PROJECT / "docs" / "images"
CARDS = (
    "security-object-level:0:a",
    "contexts-request-in-thread:0:q",
    "contexts-request-in-thread:0:a",
    "contexts-where-pushed:0:a",
    "security-csrf-every-view:0:q",
    "security-csrf-term:0:a",
    "contexts-picture:0:q",
    "contexts-g-lifetime:0:q",
)
"""Sides of cards, one of each kind and the filled cloze deletion, in the order of the image."""
MODES = {"light": "mobile android", "dark": "mobile android nightMode night_mode ankidroid_dark_mode"}
PHONE, TALL, BETWEEN, ROW = 480, 400, 6, 4
"""Pixels: a card's width and height, the gap between two; and how many cards are in a row."""
SIZE = (1560, 900)
"""Pixels of the preview's window."""
SHOWN = "?side=both&width=360&chapter=0/contexts&panel=studysheet"
"""The preview's chapter, with the study sheet beside it."""


def main() -> int:
    """Make all images; return the exit status."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        build = [sys.executable, "-m", "builder", "build", str(FLASK), "--output", folder]
        subprocess.run([*build, "--only", "apkg", "--only", "cheatsheet", "--only", "flashcards"], check=True)
        _cards(work / "flask.apkg", work)
        _page(work / "flask-cheatsheet.pdf", 1, dpi=110, to=work / "cheatsheet.png")
        _keep(Image.open(work / "cheatsheet.png"), "cheatsheet")
        _flashcards(work / "flask-flashcards.pdf", work)
        _preview(work)
    return 0


def _keep(image: Image.Image, name: str) -> None:
    colours = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    colours.save(IMAGES / f"{name}.png", optimize=True)
    print(f"docs/images/{name}.png: {image.width} × {image.height} pixels")


def _cards(package: Path, work: Path) -> None:
    sides = {side.name: side for side in sides_of(package, work / "anki")}
    for mode, classes in MODES.items():
        photos = []
        for name in CARDS:
            page, photo = work / "anki" / "page.html", work / "photo.png"
            write_page([sides[name]], page, width=PHONE, height=TALL, classes=classes)
            photograph(page, work, photo, width=PHONE)
            with Image.open(photo) as taken:
                photos.append(taken.convert("RGB").crop((0, 0, PHONE, TALL)))
        _keep(_grid(photos), f"cards-{mode}")


def _grid(photos: Sequence[Image.Image]) -> Image.Image:
    rows = -(-len(photos) // ROW)
    size = (ROW * (PHONE + BETWEEN) - BETWEEN, rows * (TALL + BETWEEN) - BETWEEN)
    grid = Image.new("RGB", size, "#d6d9e0")
    for n, photo in enumerate(photos):
        grid.paste(photo, (n % ROW * (PHONE + BETWEEN), n // ROW * (TALL + BETWEEN)))
    return grid


def _page(pdf: Path, number: int, *, dpi: int, to: Path) -> None:
    options = ["-png", "-singlefile", "-r", str(dpi), "-f", str(number)]
    subprocess.run([program("pdftoppm"), *options, str(pdf), str(to.with_suffix(""))], check=True)


def _flashcards(pdf: Path, work: Path) -> None:
    pages = []
    for number in (1, 2):
        page = work / f"flashcards-{number}.png"
        _page(pdf, number, dpi=70, to=page)
        pages.append(Image.open(page).convert("RGB"))
    both = Image.new("RGB", (sum(page.width for page in pages) + BETWEEN, pages[0].height), "#d6d9e0")
    both.paste(pages[0], (0, 0))
    both.paste(pages[1], (pages[0].width + BETWEEN, 0))
    _keep(both, "flashcards")


def _preview(work: Path) -> None:
    with watching_corpus(FLASK) as address, browsing(work) as browser:
        width, height = SIZE
        browser.open(address + SHOWN, width=width, height=height)
        state = "document.querySelector('#panel .state')?.textContent ?? ''"
        browser.wait(state, lambda text: text.startswith("made at"))
        time.sleep(5)  # nothing tells that the browser's PDF viewer has drawn its page
        browser.press("j")
        browser.click('#panel [title="Show the selected question"]')
        time.sleep(5)
        browser.photograph(work / "preview.png")
    with Image.open(work / "preview.png") as taken:
        assert ImageChops.invert(taken.convert("RGB")).getbbox(), "the window is empty"
        _keep(taken, "preview")


if __name__ == "__main__":
    sys.exit(main())
