"""Masks on cards: what a learner sees of an image on phones and desktops, in light and dark mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image, ImageDraw

from tests.browser import Browser, browsing
from tests.conftest import SETTINGS, WriteCorpus
from tests.reviewer import Side, needs_browser, needs_reviewer, sides_of, write_page

Run = Callable[..., Result]
Colour = tuple[int, ...]
pytestmark = [pytest.mark.slow, needs_browser, needs_reviewer]

PARTS = {
    1: ((10, 20, 30, 20), (220, 20, 60)),
    2: ((60, 50, 25, 40), (0, 170, 0)),
    3: ((0, 82, 14, 18), (240, 140, 0)),
    4: ((90, 0, 10, 100), (130, 40, 200)),
}
"""Parts of the image by cloze number: left, top, width and height in percent, and the colour."""
HINTED = 2
_BOXES = "\n".join(
    f"- {{{{c{number}::the part number {number}{'::so long a hint' if number == HINTED else ''}}}}}"
    f" {' '.join(f'{value}%' for value in place)}"
    for number, (place, _) in PARTS.items()
)
_TEXT = f"""\
# T

## Which is it? {{#one .occlusion}}

![Four coloured parts](parts.png)

{_BOXES}

Only behind.

## Which is it of all? {{#all .occlusion hide="all"}}

![Four coloured parts](parts.png){{width=80%}}

{_BOXES}

## Which part is it? {{#english .occlusion lang="en"}}

![Four coloured parts](parts.png){{width=30%}}

- {{{{c1::the first}}}} 10% 20% 30% 20%

## أي جزء هذا؟ {{#arabic .occlusion lang="ar"}}

![أربعة أجزاء](parts.png){{width=30%}}

- {{{{c1::الأول}}}} 10% 20% 30% 20%
"""
LOOKS = {
    "phone": (360, "mobile android"),
    "phone in dark mode": (360, "mobile android nightMode night_mode ankidroid_dark_mode"),
    "desktop": (900, "isLin"),
    "desktop in dark mode": (900, "isLin nightMode night_mode"),
}
_SEEN = """
(() => {
  const page = document.querySelector("iframe").contentDocument;
  const box = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left, top, width, height];
  };
  const shown = [...page.querySelectorAll(".name")].filter((name) => name.checkVisibility());
  const colours = getComputedStyle(page.querySelector(".cp"));
  return {
    card: box(page.querySelector(".cp")),
    image: box(page.querySelector(".occlusion img")),
    names: shown.map((name) => [name.textContent, box(name), parseFloat(getComputedStyle(name).fontSize)]),
    explained: page.querySelector(".explained")?.checkVisibility() ?? null,
    width: page.documentElement.scrollWidth,
    accent: colours.getPropertyValue("--accent"),
    shade: colours.getPropertyValue("--shade"),
  };
})()
"""


def _png() -> bytes:
    image = Image.new("RGB", (1000, 600), "white")
    for (left, top, width, height), colour in PARTS.values():
        place = (left * 10, top * 6, (left + width) * 10 - 1, (top + height) * 6 - 1)
        ImageDraw.Draw(image).rectangle(place, fill=colour)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


Look = Callable[..., Iterator[tuple[str, int, dict[str, Any], Image.Image]]]


@pytest.fixture
def look(run: Run, write_corpus: WriteCorpus, tmp_path: Path, browser: Browser) -> Look:
    """Show each side of a question in a reviewer; yield front or back, number, what is seen and an image."""

    def look(
        question: str, name: str, height: int = 1000, language: str = "en"
    ) -> Iterator[tuple[str, int, dict[str, Any], Image.Image]]:
        settings = f'{SETTINGS}language = "{language}"\n'
        folder = write_corpus({"deck.toml": settings, "01-first.md": _TEXT, "parts.png": _png()})
        assert run("build", folder, "--output", tmp_path, "--only", "apkg").exit_code == 0
        width, classes = LOOKS[name]
        for side in sides_of(tmp_path / "demo.apkg", tmp_path / "page"):
            id_, ordinal, kind = side.name.split(":")
            if id_ == question:
                seen, photo = _shown(side, width, classes, height)
                yield ("front" if kind == "q" else "back"), int(ordinal) + 1, seen, photo

    def _shown(side: Side, width: int, classes: str, height: int) -> tuple[dict[str, Any], Image.Image]:
        page = tmp_path / "page" / "page.html"
        write_page([side], page, width=width, classes=classes)
        browser.open(page.as_uri(), width=width, height=1000)
        browser.ask(f"document.querySelector('iframe').height = {height}")
        browser.wait(
            "[...document.querySelector('iframe').contentDocument.images].every((image) => image.complete)"
        )
        browser.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen = browser.ask(_SEEN)
        path = tmp_path / "photo.png"
        browser.photograph(path)
        return seen, Image.open(path).convert("RGB")

    return look


def _near_corners(
    photo: Image.Image, image: list[float], place: tuple[int, int, int, int]
) -> Iterator[Colour]:
    """Yield the colours within a part of the image, near its corners."""
    left, top, width, height = image
    for x, y in ((0.2, 0.15), (0.8, 0.15), (0.2, 0.85), (0.8, 0.85)):
        across, down = place[0] + place[2] * x, place[1] + place[3] * y
        pixel = photo.getpixel((round(left + width * across / 100), round(top + height * down / 100)))
        assert isinstance(pixel, tuple)
        yield pixel


def _rgb(hexadecimal: str) -> Colour:
    digits = hexadecimal.strip().removeprefix("#")
    return tuple(int(digits[place : place + 2], 16) for place in (0, 2, 4))


def _state(photo: Image.Image, seen: dict[str, Any], number: int) -> str:
    """Return what is seen of a part: itself, the mask that is asked for, or another mask; all of it alike."""
    place, colour = PARTS[number]
    known = {"open": colour, "asked": _rgb(seen["accent"]), "hidden": _rgb(seen["shade"])}
    states = {
        min(known, key=lambda name: sum(abs(a - b) for a, b in zip(known[name], pixel, strict=True)))
        for pixel in _near_corners(photo, seen["image"], place)
    }
    assert len(states) == 1, f"a mask lies beside part {number}"
    return states.pop()


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize(("question", "other"), [("one", "open"), ("all", "hidden")])
def test_the_front_hides_what_it_asks_for_and_the_back_shows_it_by_name(
    look: Look, name: str, question: str, other: str
) -> None:
    sides = 0
    for side, asked, seen, photo in look(question, name):
        sides += 1
        states = {
            number: _state(photo, seen, number) for number in PARTS if number == asked or side == "front"
        }
        if side == "front":
            assert states == {number: "asked" if number == asked else other for number in PARTS}
            assert seen["names"] == []
        else:
            assert states == {asked: "open"}
            ((text, (left, top, width, height), size),) = seen["names"]
            assert text == f"the part number {asked}"
            image_left, image_top, image_width, image_height = seen["image"]
            assert image_left - 4 <= left, "the name leaves the image"
            assert left + width <= image_left + image_width + 4, "the name leaves the image"
            assert image_top <= top
            assert top + height <= image_top + image_height + 40
            assert size >= 15
            assert height < 1.8 * size, "the name is in one line"
        assert seen["width"] <= LOOKS[name][0], "the page is wider than its window"
        assert seen["explained"] in ((side == "back"), None)
    assert sides == 2 * len(PARTS)


def test_other_masks_stay_on_the_back_where_all_are_hidden(look: Look) -> None:
    for side, asked, seen, photo in look("all", "desktop"):
        if side == "back" and asked == 1:
            assert [_state(photo, seen, number) for number in (2, 3, 4)] == ["hidden"] * 3


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("question", "side"), [("english", 0), ("arabic", 1)])
def test_an_image_is_on_the_side_where_the_text_of_its_question_begins(
    look: Look, question: str, side: int, language: str
) -> None:
    (_, _, front, _), (_, _, back, _) = look(question, "phone", language=language)
    for seen in (front, back):
        edges = [left + side * width for left, _, width, _ in (seen["card"], seen["image"])]
        assert edges[0] == pytest.approx(edges[1], abs=1)


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("question", ["one", "all"])
def test_an_image_keeps_its_proportions_in_a_low_window(look: Look, name: str, question: str) -> None:
    for _, _, seen, _ in look(question, name, height=150):
        _, _, width, height = seen["image"]
        assert width / height == pytest.approx(1000 / 600, rel=0.01)
        assert width < LOOKS[name][0]
