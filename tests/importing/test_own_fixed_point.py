"""What cardpress built is imported again: the same Markdown to the byte, and the same notes for learners."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection

from builder.anki.note_types import FIELDS
from tests.exporting import exported
from tests.importing.decks import PIXEL, add_note, export_deck, import_package, new_collection
from tests.sounds import mp3

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
_CORPORA = Path(__file__).parents[1] / "corpora"
_FLASK = Path(__file__).parents[2] / "content" / "flask"
_TABLE = (
    ("Question", "Answer", "Details", "Pitfall", "Tags", "Chapter"),
    ("What is a <b>list</b>?", "Many <i>things</i>, <code>[1, 2]</code>.", "", "No array.", "types", "One"),
    ("What does it show?", '<img src="dot.png" width="20"> and [sound:beep.mp3]', "", "", "", "One"),
    ("How long is it?", r"\(a^2\) and \[b^2\]", "<ul><li>a</li><li>b</li></ul>", "", "maths x::y", "One"),
    ("Where?", '<a href="https://e.org/a_b">It</a>, <a href="http://a.b">http://a.b</a>.', "", "", "", "Two"),
    ("What is 2 &lt; 3?", "<pre><code class=language-python>x = 2 &lt; 3\nx</code></pre>", "", "", "", "Two"),
)  # fmt: skip
_MARKDOWN = """# Questions

## What is a list?

A **list** has many things, in one line
or two: `[1, 2]`, 5 < 6 & snake_case.

```python
def first(items):
    return items[0]
```

## What does it show?

![A dot](dot.png)

1. one
2. two
   - a
   - b

| a | b |
| --- | ---: |
| `x` | 1 |

## Which is right?

- [x] this one
- [ ] that one
- [ ] none

As *everybody* knows: $a^2$, `[sound:a.mp3]` and [sound:b.mp3].

## How is it written?

$$
a^2 + b^2
$$

> [!tip]
> As always.

> Said by somebody.

It ends[^1] here.

[^1]: At **last**.
"""
_NOTE = """---
tags: [maths, x/y]
---
## What is **one**?

It is $1$. More is at https://example.org/more.

![A dot](dot.png)
"""
_CLOZES = """---
tags: [flashcards]
---
The first number is ==one==, and the next is ==two==.
"""


@pytest.fixture(autouse=True)
def _built_on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")


def _written(folder: Path) -> Path:
    """Return a folder with an image and a sound, in which sources are written."""
    folder.mkdir()
    (folder / "dot.png").write_bytes(PIXEL)
    (folder / "beep.mp3").write_bytes(mp3())
    return folder


def _table(folder: Path, name: str, separator: str) -> Path:
    def cell(text: str) -> str:
        return f'"{text.replace(chr(34), 2 * chr(34))}"'

    path = _written(folder) / name
    path.write_text("\n".join(separator.join(map(cell, row)) for row in _TABLE) + "\n")
    return path


def _file(folder: Path) -> Path:
    path = _written(folder) / "README.md"
    path.write_text(_MARKDOWN)
    return path


def _vault(folder: Path) -> Path:
    _written(folder)
    (folder / "01 Numbers.md").write_text(_NOTE)
    (folder / "03 Clozes.md").write_text(_CLOZES)
    (folder / "02 More.md").write_text(_MARKDOWN.replace("# Questions\n\n", ""))
    return folder


SOURCES: Mapping[str, Callable[[Path], Path]] = {
    "CSV": lambda folder: _table(folder, "table.csv", ","),
    "TSV": lambda folder: _table(folder, "table.tsv", "\t"),
    "Markdown": _file,
    "vault": _vault,
}


def _texts(folder: Path) -> list[str]:
    """Return the chapters of a corpus, and its settings, in order."""
    return [path.read_text() for path in (*sorted(folder.glob("*.md")), folder / "deck.toml")]


def _build(run: Run, folder: Path, out: Path) -> Path:
    result = run("build", folder, "--output", out, "--only", "apkg")
    assert result.exit_code == 0, result.output
    (package,) = out.glob("*.apkg")
    return package


def _build_of(name: str, run: Run, folder: Path) -> Path:
    """Copy a corpus into a folder, without its lock, and return its package."""
    source, copied = _FLASK if name == "flask" else _CORPORA / name, folder / name
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("dist", "deck.lock"))
    return _build(run, copied, folder / "out")


def _notes(package: Path) -> dict[str, dict[str, str]]:
    """Return the fields of a package's notes, and their tags and times, by GUID."""
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        rows = database.execute("SELECT guid, mod, tags, flds FROM notes").fetchall()
    names = [name for name, _ in FIELDS]
    return {
        guid: {"mod": str(mod), "tags": tags, **dict(zip(names, fields.split("\x1f"), strict=True))}
        for guid, mod, tags, fields in rows
    }


@pytest.mark.parametrize("way", ["as it was built", "by way of Anki", "by way of an older Anki"])
@pytest.mark.parametrize("name", SOURCES)
def test_what_was_imported_and_built_is_imported_as_the_same_markdown(
    name: str, way: str, run: Run, tmp_path: Path
) -> None:
    first, again = tmp_path / "first" / "dots", tmp_path / "second" / "other"
    result = run("import", SOURCES[name](tmp_path / "source"), first)
    assert result.exit_code == 0, result.output
    package = _build(run, first, tmp_path / "out")
    if way != "as it was built":
        package = exported(package, tmp_path / "anki.apkg", is_legacy="older" in way)
    result = run("import", package, again)
    assert result.exit_code == 0, result.output
    assert "lost:" not in result.output
    assert _texts(again) == _texts(first)


def test_sections_options_and_a_language_come_back(run: Run, tmp_path: Path) -> None:
    source, first, again = tmp_path / "t.csv", tmp_path / "first" / "dots", tmp_path / "second" / "dots"
    source.write_text(
        "Question,Answer,Example,Stolperfalle,Option 1,Option 2\n"
        'Was ist eine Liste?,Viele Dinge,"[1, 2]",Kein Feld.,,\n'
        "Was stimmt?,dies,,Nichts.,das,nichts\n"
    )
    parts = {"Question": "prompt", "Answer": "answer", "Example": "section", "Stolperfalle": "section"}
    parts |= {"Option 1": "options", "Option 2": "options"}
    mapping = tmp_path / "map.toml"
    lines = "".join(f'"{name}" = "{role}"\n' for name, role in parts.items())
    mapping.write_text(f"[table]\n\n[table.parts]\n{lines}")
    result = run("import", source, first, "--map", mapping, "--title", "Listen", "--language", "de")
    assert result.exit_code == 0, result.output
    assert run("import", _build(run, first, tmp_path / "out"), again).exit_code == 0
    assert _texts(again) == _texts(first)
    assert "### Example\n\n[1, 2]\n\n### Stolperfalle\n" in _texts(again)[0]
    assert "{#was-stimmt .choice}\n\n- [" in _texts(again)[0]


@pytest.mark.parametrize("name", ["arabic", "chemistry", "japanese", "flask"])
def test_a_corpus_of_ours_has_the_same_notes_again(name: str, run: Run, tmp_path: Path) -> None:
    again = tmp_path / "again" / "folder"
    package = _build_of(name, run, tmp_path)
    result = run("import", package, again)
    assert result.exit_code == 0, result.output
    assert "lost:" not in result.output
    assert "check: no errors" in result.output
    assert _notes(_build(run, again, tmp_path / "other")) == _notes(package)
    if name == "flask":
        return  # a third import of so many notes takes as long as all of this
    third = tmp_path / "third" / "folder"
    assert run("import", tmp_path / "other" / f"{name}.apkg", third).exit_code == 0
    assert _texts(third) == _texts(again)


def test_a_learner_keeps_every_review_of_a_corpus_that_was_imported_and_built(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = _build_of("chemistry", run, tmp_path)
    with new_collection(tmp_path) as collection:
        import_package(collection, package)
        review(collection)
        before = rows(collection)
        shared = export_deck(collection, tmp_path / "shared.apkg")
        for number, source in enumerate((package, shared)):
            again = tmp_path / f"again-{number}"
            assert run("import", source, again).exit_code == 0
            log = import_package(collection, _build(run, again, tmp_path / f"out-{number}"))
            numbers = [len(each) for each in (log.new, log.updated, log.conflicting, log.duplicate)]
            assert numbers == [0, 0, 0, 12]
            assert rows(collection) == before
            text = (again / "01-substances.md").read_text()
            (again / "01-substances.md").write_text(text.replace("Protons and neutrons", "Both nucleons"))
            monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_900_100_000 + number))
            log = import_package(collection, _build(run, again, tmp_path / f"out-{number}"))
            assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 1, 0)
            assert rows(collection)["reviews"] == before["reviews"]
            before = rows(collection)


def review(collection: Collection) -> None:
    """Answer all cards that are due now."""
    for card_id in collection.find_cards("deck:*"):
        card = collection.get_card(card_id)
        card.start_timer()
        collection.sched.answerCard(card, 3)


def rows(collection: Collection) -> dict[str, list[Sequence[object]]]:
    """Return the cards and the reviews of a collection."""
    assert collection.db
    cards = "SELECT id, nid, did, ord, type, queue, due, ivl, reps FROM cards ORDER BY id"
    return {
        "cards": collection.db.all(cards),
        "reviews": collection.db.all("SELECT * FROM revlog ORDER BY id"),
    }


def test_new_questions_of_an_old_deck_come_back_beside_its_notes(run: Run, tmp_path: Path) -> None:
    with new_collection(tmp_path) as collection:
        add_note(collection, "Basic", {"Front": "One?", "Back": "1"}, deck="A::One", tags=("x",))
        add_note(collection, "Basic", {"Front": "Two?", "Back": "2"}, deck="A::Two")
        old = export_deck(collection, tmp_path / "old.apkg")
    first, again = tmp_path / "first" / "dots", tmp_path / "second" / "dots"
    assert run("import", old, first).exit_code == 0
    chapter = first / "01-one.md"
    chapter.write_text(chapter.read_text() + "\n## Three? {#three .junior}\n\n3\n")
    package = _build(run, first, tmp_path / "out")
    result = run("import", package, again)
    assert result.exit_code == 0, result.output
    assert _texts(again) == _texts(first)
    kept = (again / "deck.adopted").read_text()
    assert kept.count('{"note":') == 2
    assert "dots:basic" not in kept
    with new_collection(tmp_path) as collection:
        import_package(collection, old)
        import_package(collection, package)
        log = import_package(collection, _build(run, again, tmp_path / "other"))
        assert (len(log.new), len(log.updated), len(log.duplicate)) == (0, 0, 3)


def test_a_dry_run_says_whose_notes_they_are_and_asks_for_no_mapping(run: Run, tmp_path: Path) -> None:
    package = _build_of("japanese", run, tmp_path)
    result = run("import", package, tmp_path / "again", "--dry-run")
    assert "notes that cardpress made of the corpus 'japanese': each field says what it is" in result.output
    assert "The guess explains 100%." in result.output
    assert not list(tmp_path.glob("*.map.toml"))


def test_an_edit_of_a_learner_comes_along_and_their_tags_are_named(run: Run, tmp_path: Path) -> None:
    def live(collection: Collection) -> None:
        (note_id,) = collection.find_notes("ID:iron-symbol")
        note = collection.get_note(note_id)
        note["Details"] = "<div>Ferrous <b>and</b> ferric.</div>"
        note.tags += ["mine", "chemistry::metals"]
        collection.update_note(note)

    package = exported(_build_of("chemistry", run, tmp_path), tmp_path / "edited.apkg", live=live)
    result = run("import", package, tmp_path / "again")
    assert result.exit_code == 0, result.output
    assert "lost: learner's tag (1): Atoms and substances: iron-symbol: 'mine'" in result.output
    text = (tmp_path / "again" / "01-substances.md").read_text()
    assert '{#iron-symbol .junior .typed tags="atoms metals"}' in text
    assert "<!-- more -->\n\nFerrous **and** ferric.\n" in text


def test_a_folder_of_crowdanki_gives_the_corpus_back(run: Run, tmp_path: Path) -> None:
    package = _build_of("chemistry", run, tmp_path)
    result = run("export", tmp_path / "chemistry", "--format", "crowdanki", "--output", tmp_path / "crowd")
    assert result.exit_code == 0, result.output
    (folder,) = (tmp_path / "crowd").iterdir()
    again = tmp_path / "again"
    result = run("import", folder, again)
    assert result.exit_code == 0, result.output
    assert 'id = "chemistry"' in (again / "deck.toml").read_text()
    found, wanted = _notes(_build(run, again, tmp_path / "other")), _notes(package)
    assert found == wanted
