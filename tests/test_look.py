"""How cards look: every kind, in Anki's reviewer, as wide as phones and desktops, by day and by night."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from tests.conftest import LOOK, WriteCorpus
from tests.pictures import assert_looks_like, trimmed
from tests.reviewer import measure, needs_browser, needs_reviewer, photograph, sides_of, write_page

Run = Callable[..., Result]
MODES = {
    "day": "isLin",
    "night": "isLin nightMode night_mode",
}
DROID = {"day": "mobile android", "night": "mobile android nightMode night_mode ankidroid_dark_mode"}
WIDTHS = (360, 412, 1100)

pytestmark = [pytest.mark.slow, needs_browser, needs_reviewer]


def _build(run: Run, corpus: Path, folder: Path) -> Path:
    copy = folder / corpus.name
    shutil.copytree(corpus, copy)
    result = run("build", copy, "--output", folder, "--only", "apkg")
    assert result.exit_code == 0, result.output
    return folder / f"{corpus.name}.apkg"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", WIDTHS)
def test_cards_look_as_they_were_approved(run: Run, tmp_path: Path, width: int, mode: str) -> None:
    sides = sides_of(_build(run, LOOK, tmp_path), tmp_path / "page")
    page = tmp_path / "page" / "page.html"
    classes = (MODES if width > 500 else DROID)[mode]
    write_page(sides, page, width=width, classes=classes)
    photo = tmp_path / "photo.png"
    photograph(page, tmp_path, photo, width=width)
    assert_looks_like(trimmed(Image.open(photo).convert("RGB")), LOOK / f"{width}-{mode}.png")


def test_no_card_of_the_corpus_is_wider_than_a_narrow_phone(flask_release: Path, tmp_path: Path) -> None:
    sides = sides_of(flask_release / "flask.apkg", tmp_path)
    measured = list(measure(sides, tmp_path, width=WIDTHS[0], classes=DROID["day"]))
    assert [side.name for side in measured] == [side.name for side in sides]
    assert [side.name for side in measured if side.width > WIDTHS[0]] == []
    assert {side.align for side in measured} <= {"left", "start"}
    assert all(side.fonts >= 1 for side in measured), "the deck's own fonts are there"


def test_neither_long_code_nor_wide_tables_nor_pictures_widen_the_page(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    code = "x = " + "+".join("y" * 300)
    row = "| " + " | ".join(f"`a_rather_long_column_{n}`" for n in range(8)) + " |"
    text = (
        f"# T\n\n## Why `{'w' * 200}`? {{#why}}\n\n```python\n{code}\n```\n\n{row}\n|{'---|' * 8}\n{row}\n\n"
        f"`{'z' * 300}` and https://example.org/{'u' * 300}\n"
    )
    run("build", write_corpus({"01-first.md": text}), "--output", tmp_path, "--only", "apkg")
    sides = sides_of(tmp_path / "demo.apkg", tmp_path / "page")
    measured = measure(sides, tmp_path / "page", width=360, classes=DROID["day"])
    assert [(side.name, side.width) for side in measured] == [("why:0:q", 360), ("why:0:a", 360)]
