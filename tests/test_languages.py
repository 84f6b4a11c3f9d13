"""How cards look in other scripts, and from right to left: in Anki's reviewer, at three widths."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from builder.design.fonts import SCRIPTS
from tests.pictures import assert_looks_like, trimmed
from tests.printing import needs_script
from tests.reviewer import Side, needs_browser, needs_reviewer, photograph, sides_of, write_page

Run = Callable[..., Result]
FOLDER = Path(__file__).parent / "languages"
LANGUAGES = ("arabic", "hebrew", "hindi", "japanese")
MODES = {"light": "", "dark": " nightMode night_mode"}

pytestmark = [
    pytest.mark.slow,
    needs_browser,
    needs_reviewer,
    *(needs_script(name) for name in ("arabic", "hebrew", "devanagari", "cjk")),
]


@pytest.fixture
def fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the browser find the fonts of the extras, and none of the machine's: cards use the reader's own."""
    found = sorted({_package(script.package) for script in SCRIPTS} - {""})
    folders = "".join(f"<dir>{folder}</dir>" for folder in found)
    settings = f"<fontconfig>{folders}<cachedir>{tmp_path}/fonts</cachedir></fontconfig>"
    (tmp_path / "fonts.conf").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))


def _package(name: str) -> str:
    """Return the folder of a package; empty where it is not installed."""
    spec = find_spec(name)
    return str((spec.submodule_search_locations or [""])[0]) if spec else ""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", [360, 412, 1100])
@pytest.mark.usefixtures("fonts")
def test_cards_look_as_they_were_approved(run: Run, tmp_path: Path, width: int, mode: str) -> None:
    sides = []
    page = tmp_path / "page" / "page.html"
    for language in LANGUAGES:
        copy = tmp_path / language
        shutil.copytree(FOLDER / language, copy)
        result = run("build", copy, "--output", tmp_path / "dist", "--only", "apkg")
        assert (result.exit_code, "warning" in result.output) == (0, False), result.output
        imported = tmp_path / "imported" / language
        package = tmp_path / "dist" / f"short-{language}.apkg"
        sides += [side for side in sides_of(package, imported) if _is_shown(side)]
        for file in imported.iterdir():
            if file.is_file() and not file.name.startswith("collection"):
                page.parent.mkdir(exist_ok=True)
                shutil.copy(file, page.parent)
    classes = ("isLin" if width > 500 else "mobile android") + MODES[mode]
    write_page(sides, page, width=width, classes=classes)
    photo = tmp_path / "photo.png"
    photograph(page, tmp_path, photo, width=width)
    assert_looks_like(trimmed(Image.open(photo).convert("RGB")), FOLDER / f"{width}-{mode}.png")


def _is_shown(side: Side) -> bool:
    """Tell whether a side is photographed: the front of a plain question is on its back, too."""
    return side.name.endswith(":a") or ":1:" in side.name
