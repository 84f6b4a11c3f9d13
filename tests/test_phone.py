"""Cards on a phone: rendered by the real Anki, shown by a real browser, 360 pixels wide."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import FLASK, WriteCorpus

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
    "--dump-dom",
]
WIDTH = 360
MEASURE = """
<script>
onload = () => {
  document.body.append(...[...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument.documentElement;
    const pre = frame.contentDocument.querySelector("pre");
    const align = pre ? frame.contentWindow.getComputedStyle(pre).textAlign : "left";
    const result = document.createElement("output");
    result.textContent = `${frame.title} ${page.scrollWidth} ${align}`;
    return result;
  }));
};
</script>
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no browser (Debian: apt-get install chromium)"),
]


def _widths(package: Path, folder: Path) -> dict[str, tuple[int, str]]:
    """Return the page width of each card's answer, and how its code is aligned."""
    collection = Collection(str(folder / "collection.anki2"))
    collection.import_anki_package(
        ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
    )
    frames = []
    for card_id in collection.find_cards(""):
        card = collection.get_card(card_id)
        # As Anki's reviewer has it: the classes on the body, and a style of its own that centres.
        body = f'<body class="card card1 mobile" style="margin: 20px">{card.answer()}</body>'
        page = html.escape(f"<!doctype html><html><meta charset=utf-8>{body}</html>")
        frames.append(
            f'<iframe title="{card.note()["ID"]}" width={WIDTH} height=600 srcdoc="{page}"></iframe>'
        )
    collection.close()
    document = folder / "cards.html"
    document.write_text(f"<!doctype html><meta charset=utf-8>{''.join(frames)}{MEASURE}", encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'browser'}", document.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.findall(r"<output>(\S+) (\d+) (\w+)</output>", dom)
    assert len(found) == len(frames)
    return {name: (int(width), align) for name, width, align in found}


def test_no_card_of_the_corpus_is_wider_than_a_phone(run: Callable[..., Result], tmp_path: Path) -> None:
    shutil.copytree(FLASK, tmp_path / "flask")
    run("build", tmp_path / "flask", "--output", tmp_path, "--only", "apkg")
    widths = _widths(tmp_path / "flask.apkg", tmp_path)
    assert {name: width for name, (width, _) in widths.items() if width > WIDTH} == {}
    assert {align for _, align in widths.values()} <= {"left", "start"}


def test_neither_long_code_nor_wide_tables_nor_pictures_widen_the_page(
    run: Callable[..., Result], write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    code = "x = " + "+".join("y" * 300)
    row = "| " + " | ".join(f"`a_rather_long_column_{n}`" for n in range(8)) + " |"
    text = (
        f"# T\n\n## Why `{'w' * 200}`? {{#why}}\n\n```python\n{code}\n```\n\n{row}\n|{'---|' * 8}\n{row}\n\n"
        f"`{'z' * 300}` and https://example.org/{'u' * 300}\n"
    )
    run("build", write_corpus({"01-first.md": text}), "--output", tmp_path, "--only", "apkg")
    assert _widths(tmp_path / "demo.apkg", tmp_path) == {"why": (WIDTH, "left")}
