"""`cardpress import`: an existing deck becomes a corpus, or a dry run says what would."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.importing.decks import PIXEL, add_note, export_deck, import_package, new_collection

Run = Callable[..., Result]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package of two notes, one of a type with a script, and an image."""
    with new_collection(tmp_path) as collection:
        collection.media.write_data("a b.png", PIXEL)
        add_note(
            collection,
            "Basic",
            {"Front": "What is this?", "Back": '<b>A dot</b>: <img src="a b.png" alt="a dot">'},
        )
        add_note(
            collection,
            "Cloze",
            {"Text": "It is {{c1::<span style='color:red'>red</span>}}", "Back Extra": ""},
        )
        model = collection.models.by_name("Cloze")
        assert model is not None
        model["tmpls"][0]["qfmt"] += "<script>f()</script>"
        collection.models.update_dict(model)
        return export_deck(collection, tmp_path / "old deck.apkg")


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_package_becomes_a_corpus_that_builds(run: Run, package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dots"
    result = run("import", package, folder)
    assert result.exit_code == 0, result.output
    assert "2 questions in 1 chapter, 1 file in media/" in result.output
    assert "lost: colour (1): Deck: It is {{c1:: red }}: coloured text" in result.output
    assert "script left out: note type 'Cloze', template 'Cloze', front" in result.output
    assert "check: no errors" in result.output
    assert [name for name in _files(folder) if not name.startswith(".")] == [
        "01-deck.md",
        "deck.adopted",
        "deck.toml",
        "media/a-b.png",
    ]
    text = (folder / "01-deck.md").read_text()
    assert "## What is this? {#what-is-this}\n\n**A dot**: ![a dot](media/a-b.png)\n" in text
    assert "## It is … {#it-is .cloze}\n\nIt is {{c1::red}}\n" in text
    built = run("build", folder, "--only", "apkg", "--output", tmp_path / "out")
    assert built.exit_code == 0, built.output


def test_learners_of_the_old_deck_keep_their_history(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_collection(tmp_path) as collection:
        for name in ("Basic", "Basic (and reversed card)", "Basic (type in the answer)"):
            add_note(collection, name, {"Front": f"<i>{name}</i>", "Back": "b &lt; <b>c</b>"}, tags=("x",))
        add_note(collection, "Cloze", {"Text": "a {{c2::b}}<br>c {{c1::d}}"}, deck="Deck::Sub")
        package = export_deck(collection, tmp_path / "old.apkg")
        ids = [collection.get_note(id_).cards() for id_ in collection.find_notes("")]
        for cards in ids:
            for card in cards:
                card.start_timer()
                collection.sched.answerCard(card, 3)
    folder = tmp_path / "dots"
    result = run("import", package, folder)
    assert result.exit_code == 0, result.output
    assert "learners of the old deck keep their history of 4 notes" in result.output
    assert run("build", folder, "--only", "apkg", "--output", tmp_path / "out").exit_code == 0
    chapter = folder / "01-deck.md"
    with new_collection(tmp_path) as collection:
        reviews = collection.db.scalar("select count() from revlog")  # type: ignore[union-attr]
        before = collection.db.all("select id, mod, flds, tags from notes order by id")  # type: ignore[union-attr]
        log = import_package(collection, tmp_path / "out" / "dots.apkg")
        assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 0, 0)
        assert len(log.duplicate) == 4
        assert collection.db.all("select id, mod, flds, tags from notes order by id") == before  # type: ignore[union-attr]
        text = chapter.read_text()
        assert "b < **c**\n" in text
        chapter.write_text(text.replace("b < **c**\n", "b < **c**, edited\n", 1))
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time()) + 60))
        assert run("build", folder, "--only", "apkg", "--output", tmp_path / "out").exit_code == 0
        log = import_package(collection, tmp_path / "out" / "dots.apkg")
        assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 1, 0)
        assert collection.db.scalar("select count() from revlog") == reviews  # type: ignore[union-attr]
        assert collection.card_count() == 5 + 1


def test_a_dry_run_says_in_a_few_lines_what_would_be_and_writes_a_mapping_file(
    run: Run, package: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dots"
    result = run("import", package, folder, "--dry-run")
    assert result.exit_code == 0
    assert not folder.exists()
    assert len(result.stdout.splitlines()) <= 25
    for words in (
        "2 notes, 2 cards, 1 image",
        "Basic: Front → prompt, Back → answer",
        "Cloze (cloze): Text → answer, Back Extra → details",
        "colour (1)",
        "Script left out",
        "## What is this?",
        "dots.map.toml: change what is wrong there",
    ):
        assert words in result.stdout
    assert '[Cloze.parts]\nText = "answer"' in (tmp_path / "dots.map.toml").read_text()


def test_a_changed_mapping_file_is_followed(run: Run, package: Path, tmp_path: Path) -> None:
    folder, mapping = tmp_path / "dots", tmp_path / "dots.map.toml"
    run("import", package, folder, "--dry-run")
    text = mapping.read_text()
    mapping.write_text(text.replace('Front = "prompt"\nBack = "answer"', 'Front = "answer"\nBack = "prompt"'))
    again = run("import", package, folder, "--dry-run")
    assert "dots.map.toml already exists and is kept" in again.stdout
    assert run("import", package, folder, "--map", mapping).exit_code == 0
    assert "## **A dot**: {#a-dot}\n\n![a dot]" in (folder / "01-deck.md").read_text()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('[Other]\nkind = "plain"', "has 'Other', which is not in the source: it has 'Basic', 'Cloze'"),
        ('[Basic.parts]\nSide = "prompt"', "has 'Side' in 'Basic', but the source does not"),
        ('[Basic.parts]\nFront = "top"', "'Front' in [Basic] becomes 'top': it can be prompt, context"),
        ('[Basic]\nkind = "odd"', "the kind 'odd' in [Basic]: the kinds are plain"),
        ("[Basic", "is not TOML in line 1"),
        ("Basic = 1", "which is not a table: write [Basic]"),
        ("[Basic]\nx = 1", "only 'kind' and 'parts'"),
    ],
)
def test_what_is_wrong_with_a_mapping_file_is_one_sentence(
    run: Run, package: Path, tmp_path: Path, written: str, message: str
) -> None:
    (tmp_path / "my.toml").write_text(written)
    result = run("import", package, tmp_path / "dots", "--map", tmp_path / "my.toml")
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "dots").exists()


def test_a_guess_that_explains_too_little_is_not_used(run: Run, tmp_path: Path) -> None:
    with new_collection(tmp_path) as collection:
        models = collection.models
        model = models.new("Many")
        for number in range(6):
            models.add_field(model, models.new_field(f"F{number}"))
        template = models.new_template("Card 1")
        template["qfmt"] = "{{F0}}"
        template["afmt"] = "".join(f"{{{{F{number}}}}}" for number in range(6))
        models.add_template(model, template)
        models.add(model)
        add_note(collection, "Many", {f"F{number}": str(number) for number in range(6)})
        package = export_deck(collection, tmp_path / "many.apkg")
    result = run("import", package, tmp_path / "many")
    assert result.exit_code == 1
    assert "run it with --dry-run, correct the mapping file, and give it with --map" in result.stderr
    assert run("import", package, tmp_path / "many", "--dry-run").exit_code == 0
    result = run("import", package, tmp_path / "many", "--map", tmp_path / "many.map.toml")
    assert result.exit_code == 0, result.output
    assert "### F5\n\n5\n" in (tmp_path / "many" / "01-deck.md").read_text()


TABLE = "Frage,Antwort\nWas ist das?,Ein Hund.\nWas heißt „katt“?,Katze.\n"


def test_a_title_and_a_language_are_those_of_the_new_corpus_and_its_deck(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    folder = tmp_path / "animals"
    result = run("import", tmp_path / "table.csv", folder, "--title", "Tiere", "--language", "de")
    assert result.exit_code == 0, result.output
    settings = tomllib.loads((folder / "deck.toml").read_text(encoding="utf-8"))
    assert settings == {"id": "animals", "title": "Tiere", "deck": "Tiere", "language": "de"}
    assert "deck.toml" not in result.output


def test_a_dry_run_says_with_the_title_and_the_language_how_to_go_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    options = ("--title", "Meine Tiere", "--language", "de")
    result = run("import", tmp_path / "table.csv", tmp_path / "animals", "--dry-run", *options)
    assert "--title 'Meine Tiere' --language de" in result.stdout.splitlines()[-1]


def test_the_name_of_the_deck_is_told_while_it_can_be_changed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    result = run("import", tmp_path / "table.csv", tmp_path / "animals")
    assert (
        "deck.toml: the deck is called 'table' in Anki, and its language is 'en': change what is wrong"
        in result.output
    )


def test_the_deck_that_learners_have_keeps_its_name_whatever_the_title_is(
    run: Run, package: Path, tmp_path: Path
) -> None:
    result = run("import", package, tmp_path / "dots", "--title", "Dots and lines")
    assert result.exit_code == 0, result.output
    settings = tomllib.loads((tmp_path / "dots" / "deck.toml").read_text(encoding="utf-8"))
    assert (settings["title"], settings["deck"]) == ("Dots and lines", "Deck")
    assert "before the first build" not in result.output


@pytest.mark.parametrize("option", ["--title", "--language"])
def test_a_title_or_a_language_without_a_new_corpus_is_refused(run: Run, tmp_path: Path, option: str) -> None:
    result = run("import", tmp_path, "--restyle", option, "de")
    assert result.exit_code == 2
    assert f"{option} is for a new corpus: give its folder, too" in result.stderr


def test_a_second_import_into_a_corpus_says_where_to_go_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    assert run("import", tmp_path / "table.csv", tmp_path / "animals").exit_code == 0
    result = run("import", tmp_path / "table.csv", tmp_path / "animals")
    assert result.exit_code == 2
    assert "is a corpus already: edit its chapters" in result.stderr


def test_a_folder_with_files_in_it_is_refused(run: Run, package: Path, tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    (tmp_path / "dots" / "mine.md").write_text("x")
    result = run("import", package, tmp_path / "dots")
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert _files(tmp_path / "dots") == ["mine.md"]


def test_a_source_of_no_known_format_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    result = run("import", tmp_path / "noise.bin", tmp_path / "noise")
    assert result.exit_code == 1
    assert "has no format that can be imported" in result.stderr


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip"])
def test_a_damaged_package_is_one_sentence(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.apkg").write_bytes(content)
    result = run("import", tmp_path / "bad.apkg", tmp_path / "bad")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_every_loss_is_listed_on_demand(run: Run, package: Path, tmp_path: Path) -> None:
    result = run("import", package, tmp_path / "dots", "--verbose")
    assert "coloured text [colour]" in result.stderr


def test_restyling_says_what_it_costs_and_changes_deck_adopted_alone(
    run: Run, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dots"
    assert run("import", package, folder).exit_code == 0
    before = {name: (folder / name).read_bytes() for name in _files(folder)}
    result = run("import", "--restyle", folder)
    assert "deck.adopted: the next build updates up to 2 notes for every learner" in result.output
    assert "their own tags, marks and edits in these notes are replaced" in result.output
    after = {name: (folder / name).read_bytes() for name in _files(folder)}
    assert [name for name in before if after[name] != before[name]] == ["deck.adopted"]
    assert "restyled already" in run("import", "--restyle", folder).output
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time()) + 60))
    assert "2 changed" in run("plan", folder, "--against", package).output


def test_an_import_can_restyle_at_once(run: Run, package: Path, tmp_path: Path) -> None:
    result = run("import", package, tmp_path / "dots", "--restyle")
    assert "updates up to 2 notes" in result.output
    assert result.exit_code == 0


def test_only_what_was_imported_from_a_deck_can_be_restyled(run: Run, package: Path, tmp_path: Path) -> None:
    assert run("import", package).exit_code == 2
    result = run("import", "--restyle", tmp_path)
    assert result.exit_code == 1
    assert "no note of it comes from an existing deck" in result.output
