"""A deck that is imported, built and imported again becomes the same Markdown, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.pipeline.adopt import restyle

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from tests.exporting import exported
from tests.importing.decks import PIXEL, add_note, export_deck, new_collection
from tests.importing.test_pull_adopted import build, make_type
from tests.sounds import mp3

pytestmark = pytest.mark.slow
Run = Callable[..., Result]


def _plain(folder: Path) -> Path:
    with new_collection(folder) as collection:
        add_note(collection, "Basic", {"Front": "One?", "Back": "1<br>or <b>2</b>"}, deck="A::B")
        add_note(
            collection, "Basic", {"Front": "x &lt; y?", "Back": "<ol><li>a</li><li>b</li></ol>"}, deck="A"
        )
        add_note(collection, "Basic (and reversed card)", {"Front": "ser", "Back": "to be"}, deck="A::C")
        return export_deck(collection, folder / "plain.apkg")


def _with_media(folder: Path) -> Path:
    with new_collection(folder) as collection:
        collection.media.write_data("a b.png", PIXEL)
        collection.media.write_data("s.mp3", mp3())
        add_note(
            collection,
            "Basic",
            {"Front": 'What?<div><img src="a b.png" width="20"></div>', "Back": "[sound:s.mp3] this"},
        )
        add_note(
            collection, "Basic", {"Front": "TeX", "Back": r"\(a^2\) and \[b\]<pre>for x in y:\n    z()</pre>"}
        )
        return export_deck(collection, folder / "media.apkg", is_legacy=True)


def _of_types(folder: Path) -> Path:
    with new_collection(folder) as collection:
        make_type(collection, "Vocabulary", ("Word", "Meaning", "Notes"))
        add_note(
            collection,
            "Vocabulary",
            {"Word": "ser", "Meaning": "to be<br>to exist", "Notes": "irregular"},
            tags=("verbs", "unit::1"),
        )
        add_note(collection, "Cloze", {"Text": "It is {{c1::red::hue}}, {{c2::round}}", "Back Extra": "x"})
        add_note(collection, "Basic (type in the answer)", {"Front": "2 + 2?", "Back": "4"})
        return export_deck(collection, folder / "types.apkg")


def _with_sections(folder: Path) -> Path:
    with new_collection(folder) as collection:
        make_type(collection, "Vocabulary", ("Word", "Meaning", "Example", "Notes"))
        add_note(
            collection,
            "Vocabulary",
            {"Word": "ser", "Meaning": "to be", "Example": "Soy yo.<br>Eres tú.", "Notes": "irregular"},
        )
        return export_deck(collection, folder / "sections.apkg")


def _with_code(folder: Path) -> Path:
    code = '<pre><code class="language-python">def one():<br>    return 1</code></pre>'
    with new_collection(folder) as collection:
        add_note(collection, "Basic", {"Front": "How?", "Back": f"So:{code}"})
        add_note(collection, "Basic", {"Front": f"What is this?{code}", "Back": "A <i>function</i>"})
        add_note(collection, "Cloze", {"Text": f"It {{{{c1::is}}}} this:{code}", "Back Extra": code})
        return export_deck(collection, folder / "code.apkg")


DECKS = {"plain": _plain, "media": _with_media, "types": _of_types, "code": _with_code}


def _texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.md")}


@pytest.mark.parametrize("name", DECKS)
@pytest.mark.parametrize("way", ["as it was", "restyled", "by way of Anki"])
def test_a_second_import_is_equal_to_the_byte(
    name: str, way: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    folder = tmp_path / "first" / "dots"
    assert run("import", DECKS[name](tmp_path), folder).exit_code == 0
    if way != "as it was":
        assert restyle(folder).notes
    package = build(run, folder)
    if way == "by way of Anki":
        package = exported(package, tmp_path / "anki.apkg")
    again = tmp_path / "second" / "dots"
    result = run("import", package, again)
    assert result.exit_code == 0, result.output
    assert _texts(again) == _texts(folder)


@pytest.mark.parametrize("options", [(), ("--restyle",)])
def test_notes_with_sections_are_equal(
    options: tuple[str, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    folder, again = tmp_path / "first" / "dots", tmp_path / "second" / "dots"
    assert run("import", _with_sections(tmp_path), folder, *options).exit_code == 0
    assert run("import", build(run, folder), again).exit_code == 0
    assert "### Example" in (folder / "01-deck.md").read_text()
    assert _texts(again) == _texts(folder)
