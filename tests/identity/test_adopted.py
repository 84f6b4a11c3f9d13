"""deck.adopted: what was taken over from an existing deck, read as written, or refused with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.identity.adopted import (
    NOTHING_ADOPTED,
    Adopted,
    AdoptedCard,
    AdoptedField,
    AdoptedNote,
    AdoptedTemplate,
    AdoptedType,
    read_adopted,
    stored_adopted,
)
from builder.markdown.source import Source

VOCABULARY = AdoptedType(
    id=1_543_483_284_000,
    name="Vocabulary",
    mod=1_700_000_000,
    css=".card { color: navy }",
    fields=(
        AdoptedField(name="Front", id=-7, font="Liberation Serif"),
        AdoptedField(name="Back", is_rtl=True),
    ),
    templates=(
        AdoptedTemplate(name="Forward", front="{{Front}}", back="{{FrontSide}}<hr>{{Back}}"),
        AdoptedTemplate(name="Backward", id=5, front="{{Back}}", back="{{Front}}", browser_size=12),
    ),
    mapping={"prompt": "Front", "answer": "Back"},
)
NOTE = AdoptedNote(
    question="to-be",
    guid='q7$ :"x\u00e9',
    type=VOCABULARY.id,
    mod=1_700_000_001,
    id=1_543_483_284_323,
    fields=("ser<br>\r\nestar \u2028", 'to be "<b>x</b>"'),
    tags=("verbs", "unit::1"),
    cards=(
        AdoptedCard(ordinal=0, deck="Spanish::Verbs", id=1_543_483_284_324),
        AdoptedCard(ordinal=1, deck="Spanish"),
    ),
    topics=("verbs",),
    text="0123456789abcdef",
)
ADOPTED = Adopted(
    types={VOCABULARY.id: VOCABULARY},
    notes={NOTE.question: NOTE},
    decks={"Spanish::Verbs": 1_543_483_284_001},
    media={"a b.mp3": "media/a-b.mp3"},
)


def _read(text: str) -> Adopted:
    adopted, found = read_adopted(Source(Path("deck.adopted"), text))
    assert found == []
    return adopted


def test_what_was_adopted_is_read_as_it_was_written() -> None:
    assert _read(str(ADOPTED)) == ADOPTED


def test_line_ends_of_another_system_change_nothing() -> None:
    assert _read(str(ADOPTED).replace("\n", "\r\n")) == ADOPTED


def test_a_note_is_one_line_without_its_defaults() -> None:
    lines = str(ADOPTED).splitlines()[:1] + [
        json.dumps(json.loads(line)) for line in str(ADOPTED).split("\n")[1:-1]
    ]
    assert [next(iter(json.loads(line))) for line in lines] == ["version", "deck", "media", "type", "note"]
    assert "is_cloze" not in lines[3]


def test_a_corpus_without_the_file_adopted_nothing(tmp_path: Path) -> None:
    assert stored_adopted(tmp_path) == (NOTHING_ADOPTED, [])


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f")), min_size=2, max_size=2
    ),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
)
def test_any_text_and_any_guid_is_kept_to_the_byte(texts: list[str], guid: str) -> None:
    note = replace(NOTE, fields=tuple(texts), guid=guid)
    adopted = replace(ADOPTED, notes={note.question: note})
    assert _read(str(adopted)) == adopted


def _changed(number: int, change: Callable[[dict[str, Any]], object]) -> tuple[str, int]:
    """Return the file with another record in a line, and the line."""
    lines = [json.loads(line) for line in str(ADOPTED).split("\n") if line]
    change(lines[number - 1])
    return "\n".join(map(json.dumps, lines)), number


def _note(**values: Any) -> tuple[str, int]:
    return _changed(5, lambda note: note.update(values))


def _type(**values: Any) -> tuple[str, int]:
    return _changed(4, lambda kind: kind.update(values))


def _with(line: str) -> tuple[str, int]:
    return f"{ADOPTED}{line}", 6


DAMAGED = {
    "cut off": ((str(ADOPTED)[:-40], 5), "it is not JSON"),
    "no object": (_with("[]"), "it is not a JSON object"),
    "of a merge": (_with("<<<<<<< HEAD"), "it is not JSON"),
    "nested": (_with("[" * 100_000), "it is not JSON"),
    "no number": (_with('{"deck": "x", "id": NaN}'), "it is not JSON"),
    "an unknown record": (_with('{"x": 1}'), "it is not a record"),
    "a note twice": (_with(str(ADOPTED).split("\n")[4]), "is there twice"),
    "a type twice": (_with(str(ADOPTED).split("\n")[3]), "is there twice"),
    "a number as a text": (_note(fields=[1, 2]), "'fields' is not text"),
    "a text as a number": (_note(mod="1"), "'mod' is not a whole number"),
    "true as a number": (_note(mod=True), "'mod' is not a whole number"),
    "a fraction": (_note(mod=1.5), "'mod' is not a whole number"),
    "a late time": (_note(mod=10**11), "'mod' is not a whole number"),
    "a text as a list": (_note(tags="x"), "'tags' is not a list"),
    "two tags in one": (_note(tags=["a b"]), "'tags' are not tags"),
    "a list as an object": (_type(mapping=["x"]), "'mapping' is not a JSON object"),
    "a number as a card": (_note(cards=[0]), "0 is not a JSON object"),
    "an ordinal": (_note(cards=[{"ordinal": "0", "deck": "Deck"}]), "'ordinal' is not a whole number"),
    "a card too many": (_note(cards=[{"ordinal": 2, "deck": "Deck"}]), "'ordinal' is not a whole number"),
    "a card twice": (_note(cards=[{"ordinal": 0, "deck": "Deck"}] * 2), "'cards' are not those"),
    "a card without a deck": (_note(cards=[{"ordinal": 0, "deck": ""}]), "'deck' is not a line"),
    "no card": (_note(cards=[]), "'cards' are not those"),
    "a field too few": (_note(fields=["x"]), "'fields' are not those"),
    "a separator": (_note(fields=["x", "\x1f"]), "'fields' are not those"),
    "no guid": (_changed(5, lambda note: note.pop("guid")), "'guid' is missing"),
    "an empty guid": (_note(guid=""), "'guid' is not a line"),
    "half a character": (_note(guid="\ud800"), "'guid' has half a character"),
    "no question": (_note(note="to be"), "'to be' is not the id of a question"),
    "an unknown value": (_note(colour="x"), "'colour' is not known"),
    "an unknown type": (_note(type=1), "its note type 1 is not above it"),
    "no truth": (_type(is_cloze=1), "'is_cloze' is neither true nor false"),
    "no field": (_type(fields=[]), "'fields' are not those of a note type"),
    "a field as text": (_type(fields=["x"]), "'x' is not a JSON object"),
    "no template": (_type(templates=[]), "'templates' are not those"),
    "a lost field": (_type(mapping={"prompt": "x"}), "'x' is not a field"),
    "a lost part": (_type(mapping={"x": "Back"}), "'x' is not a part"),
    "a file elsewhere": (_changed(3, lambda file: file.update(path="../x")), "'../x' is not a path"),
    "a name elsewhere": (_changed(3, lambda file: file.update(media="../x")), "'../x' is not the name"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_line_is_one_finding_at_its_place(name: str) -> None:
    (text, line), reason = DAMAGED[name]
    adopted, (found,) = read_adopted(Source(Path("deck.adopted"), text))
    assert adopted == NOTHING_ADOPTED
    assert (found.code, found.severity, found.location.line) == ("damaged-adopted", "error", line)
    assert reason in found.message


def test_a_line_that_would_fill_the_memory_is_refused() -> None:
    line = json.dumps({"note": "x", "tags": ["a"] * 300_000})
    _, (found,) = read_adopted(Source(Path("deck.adopted"), f"{ADOPTED}{line}"))
    assert "it has more in it than any note" in found.message


def test_a_file_of_a_later_version_is_refused_with_advice() -> None:
    _, (found,) = read_adopted(Source(Path("deck.adopted"), '{"version": 2}\n'))
    assert "a later cardpress wrote this file" in found.message
    assert "update cardpress" in found.hint


def test_a_file_that_never_ends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deck.adopted").symlink_to("/dev/zero")
    adopted, (found,) = stored_adopted(tmp_path)
    assert (adopted, found.severity) == (NOTHING_ADOPTED, "error")
