"""Cards look in the preview as in Anki's own reviewer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from builder.preview.server import PAGE
from tests.chromium import needs_browser
from tests.conftest import LOOK
from tests.pictures import assert_looks_like
from tests.reviewer import needs_reviewer, photograph, sides_of, write_page

Run = Callable[..., Result]
WIDTH = 1100

pytestmark = [pytest.mark.slow, needs_browser, needs_reviewer]


@pytest.mark.parametrize("classes", ["isLin", "isLin nightMode night_mode"], ids=["day", "night"])
def test_cards_look_as_with_the_style_sheets_of_anki_s_reviewer(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: str
) -> None:
    corpus = shutil.copytree(LOOK, tmp_path / "look")
    assert run("build", corpus, "--output", tmp_path, "--only", "apkg").exit_code == 0
    folder = tmp_path / "page"
    sides = sides_of(tmp_path / "look.apkg", folder)

    def picture() -> Image.Image:
        write_page(sides, folder / "page.html", width=WIDTH, classes=classes)
        photograph(folder / "page.html", tmp_path, tmp_path / "photo.png", width=WIDTH)
        return Image.open(tmp_path / "photo.png").convert("RGB")

    picture().save(tmp_path / "expected.png")
    monkeypatch.setattr("tests.reviewer.STYLES", PAGE)  # where there is a reviewer.css, too
    assert_looks_like(picture(), tmp_path / "expected.png")
