"""Edits of a deck that was imported come back, before and after its questions were edited here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time

import pytest
from click.testing import Result

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection

from tests.exporting import exported
from tests.importing.decks import PIXEL, add_note, export_deck, new_collection

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
_LATER = "1900000000"
"""A time after that of the deck, which is made now."""
Edits = dict[str, dict[str, tuple[str, str]]]


def make_type(collection: Collection, name: str, fields: tuple[str, ...]) -> None:
    """Add a note type whose first field is the front, and all others the back."""
    kind = collection.models.new(name)
    for field in fields:
        collection.models.add_field(kind, collection.models.new_field(field))
    template = collection.models.new_template("Card 1")
    template["qfmt"] = f"{{{{{fields[0]}}}}}"
    template["afmt"] = "{{FrontSide}}<hr id=answer>" + "<br>".join(f"{{{{{each}}}}}" for each in fields[1:])
    collection.models.add_template(kind, template)
    collection.models.add_dict(kind)


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    """Return a package of notes as people write them."""
    with new_collection(tmp_path) as collection:
        collection.media.write_data("a b.png", PIXEL)
        make_type(collection, "Vocabulary", ("Word", "Meaning", "Example", "Notes"))
        add_note(
            collection,
            "Basic",
            {
                "Front": 'What is <b>this</b>?<div><img src="a b.png"></div>',
                "Back": "A dot.<div>It is</div><ul><li>small</li><li>round</li></ul>",
            },
            tags=("shapes",),
        )
        add_note(
            collection,
            "Cloze",
            {"Text": "It is {{c1::red}} and {{c2::round::shape}}.", "Back Extra": "As all dots."},
        )
        add_note(
            collection,
            "Vocabulary",
            {
                "Word": "ser",
                "Meaning": "to be",
                "Example": "Soy yo.<br>Eres <i>tú</i>.",
                "Notes": "irregular",
            },
        )
        return export_deck(collection, tmp_path / "old.apkg")


@pytest.fixture
def folder(deck: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the corpus that the deck became, built once."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", _LATER)
    folder = tmp_path / "dots"
    assert run("import", deck, folder).exit_code == 0
    build(run, folder)
    return folder


def build(run: Run, folder: Path) -> Path:
    """Build a corpus's package."""
    out = folder.parent / "out"
    result = run("build", folder, "--output", out, "--only", "apkg")
    assert result.exit_code == 0, result.output
    return out / "dots.apkg"


def edited(package: Path, edits: Edits) -> Path:
    """Return an export of a package in which notes, found by a word, were edited."""

    def live(collection: Collection) -> None:
        for word, fields in edits.items():
            (note_id,) = collection.find_notes(word)
            note = collection.get_note(note_id)
            for name, (old, new) in fields.items():
                assert old in note[name], note[name]
                note[name] = note[name].replace(old, new)
            collection.update_note(note)

    return exported(package, package.parent / f"edited-{package.name}", live=live)


def chapter(folder: Path) -> str:
    return (folder / "01-deck.md").read_text()


EDITS: dict[str, tuple[Edits, str, str]] = {
    "answer": ({"tag:shapes": {"Back": ("small", "tiny")}}, "- small", "- tiny"),
    "prompt": (
        {"tag:shapes": {"Front": ("What is", "What was")}},
        "## What is **this**?",
        "## What was **this**?",
    ),
    "cloze": ({"red": {"Text": ("red", "blue")}}, "{{c1::red}}", "{{c1::blue}}"),
    "extra": ({"red": {"Back Extra": ("dots", "points")}}, "As all dots.", "As all points."),
    "meaning": ({"ser": {"Meaning": ("to be", "to exist")}}, "\nto be\n", "\nto exist\n"),
    "example": ({"ser": {"Example": ("Soy", "Soy, soy")}}, "Soy yo.", "Soy, soy yo."),
    "notes": ({"ser": {"Notes": ("irregular", "very irregular")}}, "irregular", "very irregular"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_an_adopted_note_comes_back(name: str, deck: Path, folder: Path, run: Run) -> None:
    edits, old, new = EDITS[name]
    before = chapter(folder)
    assert before.count(old) == 1, before
    package = edited(deck, edits)
    result = run("pull", package, folder)
    assert result.exit_code == 0, result.output
    assert chapter(folder) == before.replace(old, new), result.output
    assert "1 field written" in result.output
    assert "nothing was edited" in run("pull", package, folder).output
    build(run, folder)
    again = run("pull", package, folder)
    assert chapter(folder) == before.replace(old, new), again.output
    assert "nothing was edited" in again.output


def test_nothing_is_changed_where_nothing_was_edited(deck: Path, folder: Path, run: Run) -> None:
    before = chapter(folder)
    for package in (deck, build(run, folder)):
        assert "nothing was edited in Anki" in run("pull", package, folder).output
        assert "nothing was edited in Anki" in run("pull", edited(package, {}), folder).output
    assert chapter(folder) == before


def test_a_deck_of_a_whole_collection_is_named(folder: Path, deck: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "everything.colpkg"
    (tmp_path / "own").mkdir()
    collection = Collection(str(tmp_path / "own" / "collection.anki2"))
    from tests.exporting import take_in

    take_in(collection, deck)
    (note_id,) = collection.find_notes("red")
    note = collection.get_note(note_id)
    note["Text"] = note["Text"].replace("red", "green")
    collection.update_note(note)
    collection.export_collection_package(str(path), include_media=False, legacy=False)
    result = run("pull", path, folder)
    assert result.exit_code == 1
    assert "is a whole collection" in result.output
    result = run("pull", path, folder, "--deck", "Deck")
    assert result.exit_code == 0, result.output
    assert "{{c1::green}}" in chapter(folder)


SECTIONS: dict[str, tuple[str, str, str]] = {
    "text of a section": ("No noun.", "No noun at all.", "No noun at all."),
    "a paragraph behind it": (
        "<p>No noun.</p>",
        "<p>No noun.</p><p>Nor a name.</p>",
        "No noun.\n\nNor a name.",
    ),
    "the answer above it": ("to be", "to exist", "No noun."),
}


@pytest.fixture
def restyled(deck: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the corpus that the deck became, restyled and with sections that have no field of their own."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time())))
    folder = tmp_path / "dots"
    assert run("import", deck, folder).exit_code == 0
    sections = "### Pitfall\n\nNo noun.\n\n### Why interviewers ask\n\nIt is irregular.\n\n"
    sections += "### In one breath\n\nTo be.\n\n"  # on paper only
    (folder / "01-deck.md").write_text(chapter(folder).replace("### Example", f"{sections}### Example"))
    assert sections in chapter(folder)
    assert run("import", folder, "--restyle").exit_code == 0
    return folder


@pytest.mark.parametrize("name", SECTIONS)
def test_an_edit_of_a_section_of_a_restyled_note_stays_in_it(name: str, restyled: Path, run: Run) -> None:
    old, new, text = SECTIONS[name]
    before = chapter(restyled)
    package = edited(build(run, restyled), {"ser": {"Meaning": (old, new)}})
    result = run("pull", package, restyled)
    assert result.exit_code == 0, result.output
    expected = before.replace("\nto be\n", "\nto exist\n") if new == "to exist" else before
    assert chapter(restyled) == expected.replace("No noun.", text), result.output
    assert "1 field written" in result.output
    build(run, restyled)
    assert "nothing was edited" in run("pull", package, restyled).output


def test_the_heading_of_a_section_of_a_restyled_note_is_left(restyled: Path, run: Run) -> None:
    before = chapter(restyled)
    package = edited(build(run, restyled), {"ser": {"Meaning": ("<h3>Pitfall</h3>", "<h3>Trap</h3>")}})
    result = run("pull", package, restyled)
    assert chapter(restyled) == before, result.output
    assert "the heading of a section is made by a build: change it in the chapter" in result.output
