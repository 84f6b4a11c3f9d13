"""The JSON file: its shape is the one that docs/exporting.md shows."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from builder.anki.read import read_package
from tests.conftest import PROJECT, WriteCorpus
from tests.export.corpora import FILES, Run, export_demo, read_json


def _shape(value: Any) -> Any:
    """Return the names and the types of what JSON has; of a list, those of its first element."""
    if isinstance(value, dict):
        return {
            name: "fields" if name == "fields" and isinstance(each, dict) else _shape(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return type(value).__name__


def test_the_shape_is_the_documented_one(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "exporting.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    whole = read_json(export_demo(write_corpus, run, tmp_path, "json") / "demo.json")
    whole["corpus"]["authors"] = ["Somebody"]
    whole["note_types"][0]["fields"] = ["Prompt"]
    assert _shape(whole) == _shape(json.loads(example))
    for chapter in whole["chapters"]:
        for question in chapter["questions"]:
            assert question.keys() == whole["chapters"][0]["questions"][0].keys()
            assert question["note"].keys() == whole["chapters"][0]["questions"][0]["note"].keys()


def test_every_question_is_there_with_its_place_and_its_note(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    whole = read_json(export_demo(write_corpus, run, tmp_path, "json") / "demo.json")
    assert run("build", tmp_path / "demo", "--output", tmp_path, "--only", "apkg").exit_code == 0
    packed = read_package(tmp_path / "demo.apkg", "demo").notes
    questions = {each["id"]: each for chapter in whole["chapters"] for each in chapter["questions"]}
    assert [*questions] == ["one", "two", "half-of-two", "sum", "capital", "minus"], (
        "in the order of the files"
    )
    assert {each["note"]["guid"] for each in questions.values()} == {*packed}
    for each in questions.values():
        ours = packed[each["note"]["guid"]]
        assert each["note"]["fields"] == {name: text for name, text in ours.fields.items() if text}
        assert (each["note"]["tags"], each["note"]["deck"]) == ([*ours.tags], ours.deck)
        assert each["number"] == ours.number
        cards = [{"ordinal": ordinal, "deck": ours.deck} for ordinal in ours.cards]
        assert each["note"]["cards"] == cards
        lines = (tmp_path / "demo" / each["file"]).read_text(encoding="utf-8").splitlines()
        assert f"{{#{each['id']}" in lines[each["line"] - 1]
    drill, cloze = questions["half-of-two"], questions["capital"]
    assert (drill["is_drill"], drill["kind"], cloze["kind"], cloze["core"]) == (
        True,
        questions["one"]["kind"],
        "cloze",
        1,
    )
    assert questions["sum"]["tags"] == ["signs"]


def test_media_are_listed_with_their_hashes(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    folder = export_demo(write_corpus, run, tmp_path, "json")
    (file,) = read_json(folder / "demo.json")["media"]
    content = (folder / file["path"]).read_bytes()
    assert content == FILES["media/blue.png"]
    assert (file["bytes"], file["sha256"]) == (len(content), sha256(content).hexdigest())


def test_each_card_of_an_adopted_note_has_its_deck(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
    from tests.old_deck import make_old_deck, write_adopted_corpus

    folder = write_adopted_corpus(tmp_path / "spanish", make_old_deck(tmp_path / "old"))
    assert run("export", folder, "--format", "json", "--output", tmp_path).exit_code == 0
    whole = read_json(tmp_path / "spanish-json" / "spanish.json")
    (question,) = (each for each in whole["chapters"][0]["questions"] if each["id"] == "to-be")
    assert question["note"]["guid"] == "q7$:x"
    assert [card["deck"] for card in question["note"]["cards"]] == [
        "Spanish",
        "Spanish",
        "Spanish::Listening",
    ]
    assert question["note"]["fields"]["Word"] == "ser <i>o</i> estar"
    assert {each["name"]: each["key"] for each in whole["note_types"]}.keys() == {"Vocabulary", "Gaps"}
