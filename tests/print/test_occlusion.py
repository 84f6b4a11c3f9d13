"""Images with boxes on paper: blank and numbered where it asks, open and named where it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image, ImageDraw
from pypdf import PdfReader

from builder.corpus.model import Print
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from builder.print.layout.divide import divide
from builder.print.short_answers import answers
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import WriteCorpus
from tests.printing import deck_of, images_of, needs_pango, needs_poppler, no_plain_press, print_output

WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)
Run = Callable[..., Result]
Box = tuple[float, float, float, float]
RED, GREEN, BLUE = (220, 20, 60), (0, 170, 0), (0, 90, 220)
PARTS: dict[Box, tuple[int, int, int]] = {(10, 20, 30, 20): RED, (60, 50, 25, 40): GREEN}
TEXT = """\
# T

## Which part is it? {#part .occlusion}

Above it.

![Two coloured parts](parts.png)

- {{c7::the red one::bright}} 10% 20% 30% 20%
- {{c2::the green one}} 60% 50% 25% 40%

It is explained.

<!-- more -->

In detail.
"""


def _png() -> bytes:
    image = Image.new("RGB", (400, 240), "white")
    draw = ImageDraw.Draw(image)
    for (left, top, width, height), colour in PARTS.items():
        place = (left * 4, top * 2.4, (left + width) * 4 - 1, (top + height) * 2.4 - 1)
        draw.rectangle(place, fill=colour)
    draw.rectangle((0, 0, 399, 239), outline=BLUE, width=4)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def corpus(write_corpus: WriteCorpus) -> Path:
    return write_corpus({"01-first.md": TEXT, "parts.png": _png()})


def test_paper_has_the_blank_image_first_then_the_open_one_with_its_names(corpus: Path) -> None:
    ((_, note),) = deck_of(corpus).notes()
    above, blank, solved, below = note.lead
    assert [above, below] == ["<p>Above it.</p>", "<p>It is explained.</p>"]
    for html, name in ((blank, "blank"), (solved, "filled")):
        assert html.count("<img ") == html.count(f'class="occlusion {name}"') == 1
        assert re.findall(r"<span [^>]*left: (\d+)%[^>]*><b>(\d)</b>", html) == [("10", "7"), ("60", "2")]
    assert "{{" not in "".join((*note.lead, note.open))
    assert "the red one" not in blank
    assert solved.endswith(
        '<p class="legend"><b>2</b>&#160;the green one; <b>7</b>&#160;the red one</p></div>'
    )


def test_the_cheat_sheet_has_the_names_in_a_line(corpus: Path) -> None:
    ((_, note),) = deck_of(corpus).notes()
    assert answers(note) == ["<p><b>2</b>&#160;the green one; <b>7</b>&#160;the red one</p>"]
    breath = TEXT + "\n### In one breath\n\nRed is left.\n"
    (corpus / "01-first.md").write_text(breath)
    ((_, note),) = deck_of(corpus).notes()
    assert answers(note)[0] == "<p>Red is left.</p>"


@pytest.mark.parametrize("parts", range(2, 9))
def test_an_image_and_its_boxes_are_never_divided(corpus: Path, parts: int) -> None:
    ((_, note),) = deck_of(corpus).notes()
    divided = divide("".join(note.lead), parts)
    assert 1 < len(divided) <= parts
    images = [html for part in divided for html in re.findall(r'<div class="occlusion.*?</div>', part)]
    assert images == re.findall(r'<div class="occlusion.*?</div>', "".join(note.lead))


def _blue_frames(page: Image.Image) -> list[Box]:
    """Return the frames that the image is drawn with, from the top: left, top, right and bottom."""
    colours = page.convert("RGB").tobytes()
    width = page.width
    is_blue = [
        [_is_like(tuple(colours[place : place + 3]), BLUE) for place in range(start, start + 3 * width, 3)]
        for start in range(0, len(colours), 3 * width)
    ]
    rows = [sum(row) for row in is_blue]
    longest = max(rows)
    lines = [y for y, number in enumerate(rows) if number > 0.9 * longest > 20]
    edges = [y for n, y in enumerate(lines) if n == 0 or lines[n - 1] < y - 3]
    frames: list[Box] = []
    for top, bottom in zip(edges[::2], edges[1::2], strict=True):
        columns = [x for x in range(width) if is_blue[top][x]]
        frames.append((columns[0], top, columns[-1] + 1, bottom + 1))
    return frames


def _colour(page: Image.Image, frame: Box, x: float, y: float) -> tuple[int, ...]:
    left, top, right, bottom = frame
    place = (round(left + (right - left) * x / 100), round(top + (bottom - top) * y / 100))
    found = page.getpixel(place)
    assert isinstance(found, tuple)
    return found


def _is_like(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < 60


def _state(page: Image.Image, frame: Box) -> str:
    """Return whether the parts of an image are seen; its masks must be just where they should be."""
    states: set[str] = set()
    for (left, top, width, height), colour in PARTS.items():
        near = [
            _colour(page, frame, left + width * x, top + height * y)
            for x, y in ((0.12, 0.12), (0.88, 0.12), (0.12, 0.88), (0.88, 0.88))
        ]
        seen = {_is_like(each, colour) for each in near}
        assert len(seen) == 1, f"a mask lies beside its place: {near}"
        states.add("open" if seen == {True} else "hidden")
        for x, y in ((left + width + 4, top + height / 2), (left + width / 2, top + height + 5)):
            assert _is_like(_colour(page, frame, x, y), (255, 255, 255)), "a mask is larger than its box"
    (state,) = states
    return state


@pytest.mark.slow
@needs_pango
@needs_poppler
@pytest.mark.parametrize("press", ["fragments", "plain"])
@pytest.mark.parametrize(
    ("output", "chosen", "states"),
    [
        ("studysheet", Print(), [["hidden", "open"]]),
        ("studysheet", Print(large_print=True, columns=2), [["hidden", "open"]]),
        ("handbook", Print(), [[], ["hidden", "open"]]),
        ("flashcards", Print(), [["hidden"], ["open"]]),
        ("flashcards", Print(large_print=True), [["hidden"], ["open"]]),
        ("cheatsheet", Print(is_of_all=True), [[]]),
    ],
)
def test_masks_lie_on_their_image_whatever_its_size(
    corpus: Path, tmp_path: Path, output: str, chosen: Print, states: list[list[str]], press: str
) -> None:
    deck = deck_of(corpus)
    deck = replace(deck, settings=replace(deck.settings, print=chosen))
    path = tmp_path / "printed.pdf"
    make = WHOLLY_FRAGMENTS if press == "fragments" else PlainPress
    print_output(output, deck, path, Cache(tmp_path / "cache", LIMIT), make)

    pages = images_of(path)
    found = [[_state(page, frame) for frame in _blue_frames(page)] for page in pages]
    assert found == states


@pytest.mark.slow
@needs_pango
@needs_poppler
@pytest.mark.parametrize("width", ["40%", "150", "2000"])
@pytest.mark.parametrize("output", ["studysheet", "handbook", "flashcards"])
def test_masks_lie_on_an_image_with_a_width(corpus: Path, tmp_path: Path, output: str, width: str) -> None:
    (corpus / "01-first.md").write_text(TEXT.replace("(parts.png)", f"(parts.png){{width={width}}}"))
    path = tmp_path / "printed.pdf"
    print_output(output, deck_of(corpus), path, Cache(tmp_path / "cache", LIMIT), WHOLLY_FRAGMENTS)
    pages = images_of(path)
    frames = [(page, frame) for page in pages for frame in _blue_frames(page)]
    assert [_state(page, frame) for page, frame in frames] == ["hidden", "open"]
    for _, (left, top, right, bottom) in frames:
        assert (right - left) / (bottom - top) == pytest.approx(400 / 240, rel=0.03)


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize(
    "prompt", ["Which part is it?", "Which part of these two is it, and what is it for? " * 2]
)
@pytest.mark.parametrize("size", [(400, 240), (240, 400), (400, 100)])
def test_a_small_card_has_a_smaller_image_below_its_prompt(
    corpus: Path, run: Run, tmp_path: Path, prompt: str, size: tuple[int, int]
) -> None:
    (corpus / "01-first.md").write_text(TEXT.replace("Which part is it?", prompt))
    Image.new("RGB", size, "red").save(corpus / "parts.png")
    result = run("flashcards", corpus, "--stock", "business-card", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "1 card on 1 sheet" in result.output
    assert "warning" not in result.output


@pytest.mark.slow
@needs_pango
def test_every_print_has_the_names_and_is_the_same_each_time(corpus: Path, run: Run, tmp_path: Path) -> None:
    made: list[dict[str, bytes]] = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        result = run("build", corpus, "--output", folder)
        assert result.exit_code == 0, result.output
        made.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert made[0] == made[1]
    for name in ("cheatsheet", "studysheet", "handbook", "flashcards"):
        pages = [page.extract_text() for page in PdfReader(tmp_path / "one" / f"demo-{name}.pdf").pages]
        text = " ".join(" ".join(pages).split())
        for wanted in ("the red one", "the green one"):
            assert wanted in text, name
        assert "c7" not in text
        if name == "flashcards":
            assert "the red one" not in pages[0]
            assert "It is explained." in pages[1]
            assert "It is explained." not in pages[0]
