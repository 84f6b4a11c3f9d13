"""Anki's reviewer without Anki's window: cards of the real backend, its style sheets, a real browser."""

from __future__ import annotations

import html
import json
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chromium import FLAGS
from tests.chromium import needs_browser as needs_browser
from tests.conftest import PROJECT
from tests.programs import program
from tests.running import PATIENCE

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

STYLES = PROJECT / ".venv" / "reviewer" / "_aqt" / "data" / "web" / "css"
TALLEST = 16_000
"""Pixels of a page with all cards: more than any needs."""
_OF_A_FILE = ("--allow-file-access-from-files", "--virtual-time-budget=20000")
_FIT = """
<script>
onload = async () => {
  for (const frame of document.querySelectorAll("iframe")) {
    await frame.contentDocument.fonts.ready;
    frame.height = frame.contentDocument.documentElement.scrollHeight;
  }
};
</script>
"""
_MEASURE = """
<script>
onload = async () => {
  const frame = document.querySelector("iframe"), page = frame.contentDocument;
  for (const [name, html] of SIDES) {
    page.getElementById("qa").innerHTML = html;
    page.documentElement.scrollWidth;  // lays it out, which asks for its fonts
    await Promise.all([page.fonts.ready, ...[...page.images].map((image) => image.decode().catch(() => {}))]);
    const pre = page.querySelector("pre");
    const align = pre ? frame.contentWindow.getComputedStyle(pre).textAlign : "left";
    const fonts = [...page.fonts].filter((face) => face.status === "loaded").length;
    const result = document.createElement("output");
    result.hidden = true;
    const { scrollWidth, scrollHeight } = page.documentElement;
    result.textContent = `${name} ${scrollWidth} ${scrollHeight} ${align} ${fonts}`;
    document.body.append(result);
  }
};
</script>
"""

needs_reviewer = pytest.mark.skipif(
    not (STYLES / "reviewer.css").exists(),
    reason="Anki's style sheets are not installed (make .venv/reviewer)",
)


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a card, as the backend renders it."""

    name: str
    """The question's id, the card's ordinal and `q` or `a`."""
    html: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A side of a card as a browser lays it out."""

    name: str
    width: int
    """Of the page, in pixels; as the window's at least."""
    height: int
    """Of the page, in pixels."""
    align: str
    """The alignment of code."""
    fonts: int
    """How many are loaded."""


def sides_of(package: Path, folder: Path) -> list[Side]:
    """Import a package into a new collection and return both sides of each card, in study order.

    The package's media are put into the folder, where pages find them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    collection = Collection(str(folder / "collection.anki2"))
    options = ImportAnkiPackageOptions()
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
    sides: list[Side] = []
    for card_id in collection.find_cards("", order="c.due, c.ord"):
        card = collection.get_card(card_id)
        name = f"{card.note()['ID']}:{card.ord}"
        sides += (Side(f"{name}:q", card.question()), Side(f"{name}:a", card.answer()))
    collection.close()
    with zipfile.ZipFile(package) as archive:
        for member, name in json.loads(archive.read("media")).items():
            (folder / name).write_bytes(archive.read(member))
    return sides


def write_page(sides: Iterable[Side], path: Path, *, width: int, classes: str, height: int = 100) -> None:
    """Write a page that shows sides one below the other, each in a reviewer of its own.

    The height, in pixels, is that of a window: a side that needs more gets more.
    """
    frames = (_frame(_filled(side), side.name, width=width, height=height, classes=classes) for side in sides)
    look = "body{margin:0}iframe{display:block;border:0;border-bottom:2px solid #888}"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><style>{look}</style>{''.join(frames)}{_FIT}", encoding="utf-8"
    )


def _frame(body: str, title: str, *, width: int, classes: str, height: int = 100) -> str:
    """Return a frame with the document of Anki's reviewer (docs/facts/anki.md, section 10)."""
    styles = "".join(
        (STYLES / name).read_text(encoding="utf-8")
        for name in ("webview.css", "reviewer.css")
        if (STYLES / name).exists()
    )
    if "mobile" in classes:
        # On phones an em of the page is the system's 16 pixels; the desktop makes 15 of it.
        styles += "html{font-size:16px}"
    night = ' class="night-mode" data-bs-theme="dark"' if "nightMode" in classes else ' data-bs-theme="light"'
    document = (
        f"<!doctype html><html{night}><head><meta charset=utf-8><style>{styles}</style></head>"
        f'<body class="card card1 {classes}"><div id="qa" dir="auto">{body}</div></body></html>'
    )
    return f'<iframe title="{title}" width={width} height={height} srcdoc="{html.escape(document)}"></iframe>'


def _filled(side: Side) -> str:
    """Return a side with what the desktop puts in the place of an input or a comparison."""
    # reviewer.py, typeAnsQuestionFilter.
    box = "<center><input type=text id=typeans></center>"
    parts = (("Good", "url"), ("Bad", "-"), ("Good", "for"))
    compared = "".join(f"<span class=type{name}>{text}</span>" for name, text in parts)
    return side.html.replace(
        "[[type:Typed]]", box if side.name.endswith(":q") else f"<code id=typeans>{compared}</code>"
    )


def measure(sides: Iterable[Side], folder: Path, *, width: int, classes: str) -> Iterator[Measured]:
    """Measure sides. As in Anki, one reviewer shows them one after another. Their media are in the folder."""
    shown = json.dumps([(side.name, _filled(side)) for side in sides]).replace("</", "<\\/")
    page = folder / "measure.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{_frame('', 'reviewer', width=width, classes=classes)}"
        f"<script>const SIDES = {shown}</script>{_MEASURE}",
        encoding="utf-8",
    )
    for line in _browse(page, folder, "--dump-dom", "--window-size=1200,900").split('<output hidden="">')[1:]:
        name, wide, tall, align, fonts = line.partition("<")[0].split()
        yield Measured(name, int(wide), int(tall), align, int(fonts))


def photograph(page: Path, folder: Path, path: Path, *, width: int) -> None:
    """Photograph a whole page, with room below it."""
    _browse(page, folder, f"--screenshot={path}", f"--window-size={width},{TALLEST}")


def _browse(page: Path, folder: Path, *options: str) -> str:
    command = [
        program("chromium"),
        *FLAGS,
        *_OF_A_FILE,
        f"--user-data-dir={folder / 'browser'}",
        *options,
        page.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
