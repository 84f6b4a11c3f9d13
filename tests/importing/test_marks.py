"""Flashcards that plugins of note programs mark with signs of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.importing.model import ImportedQuestion, PartMap, Request
from builder.importing.questions import NAME, read


def _read(tmp_path: Path, text: str, **roles: str) -> list[ImportedQuestion]:
    path = tmp_path / "cards.md"
    path.write_text(text, encoding="utf-8")
    maps = {NAME: PartMap(parts={"? block": roles["block"]})} if roles else {}  # type: ignore[dict-item]
    material = read(path, Request(scratch=tmp_path, maps=maps))
    return [question for chapter in material.chapters for question in chapter.questions]


_TAG = "#flashcards\n\n"


@pytest.mark.parametrize(
    ("text", "kind", "prompt", "context", "answer"),
    [
        ("Q one::A one", "", "Q one", "", "A one"),
        ("- Q:: A", "", "Q", "", "A"),
        ("Q ::: A", "reversed", "Q", "", "A"),
        ("`a::b` is::code", "", "`a::b` is", "", "code"),
        ("Q::A <!--SR:!2024-01-13,302,250-->", "", "Q", "", "A"),
        ("Front\n?\nBack", "", "Front", "", "Back"),
        ("Front\ngoes on\n?\nBack\n- a\n- b", "", "Front goes on", "", "Back\n- a\n- b"),
        ("Front\n- a\n- b\n?\nBack", "", "Front", "- a\n- b", "Back"),
        ("Front\n??\nBack\n<!--SR:!2024-01-13,302,250-->", "reversed", "Front", "", "Back"),
        ("## Front\n?\n```c\na::b\n\nc\n```\nBack", "", "Front", "", "```c\na::b\n\nc\n```\nBack"),
        ("Front\n\n?\n\n| a |\n|---|\n| 1 |", "", "Front", "", "| a |\n|---|\n| 1 |"),
        ("START\nBasic\nFront\nBack: b\nmore\n<!--ID: 1-->\nEND", "", "Front", "", "b\nmore"),
        ("START\nBasic (and reversed card)\nFront\n\nBack:\nb\nEND", "reversed", "Front", "", "b"),
        ("STARTI [Basic] Front Back: b ENDI", "", "Front", "", "b"),
        ("START\nCloze\nA {{c1::gap}}\nEND", "cloze", "Fill in", "", "A {{c1::gap}}"),
        ("A ==gap== and ==one==^[hint].", "cloze", "Fill in", "", "A {{c1::gap}} and {{c2::one::hint}}."),
        ("A ==gap==[^2] and ==one==[^2].", "cloze", "Fill in", "", "A {{c2::gap}} and {{c2::one}}."),
        ("Front #card\nBack", "", "Front", "", "Back"),
        ("### Front #card-reverse\nBack", "reversed", "Front", "", "Back"),
        ("- Front #card\n  card-repeats:: 3\n  - a\n  - b", "", "Front", "", "- a\n- b"),
    ],
)
def test_a_mark_makes_a_question(
    tmp_path: Path, text: str, kind: str, prompt: str, context: str, answer: str
) -> None:
    (question,) = _read(tmp_path, _TAG + text + "\n")
    found = (question.kind, question.prompt, question.context, question.answer)
    assert found == (kind, prompt, context, answer)


def test_several_marks_stand_beside_each_other_and_other_text_introduces_them(tmp_path: Path) -> None:
    text = "#flashcards\n\n# Title\n\nSome text.\n\nA::1\nB::2\nC\n?\n3\n\nMore text.\n\n## Second\n\nD::4\n"
    path = tmp_path / "cards.md"
    path.write_text(text)
    material = read(path, Request(scratch=tmp_path))
    assert [
        (each.title, each.introduction, [question.prompt for question in each.questions])
        for each in material.chapters
    ] == [("Title", "Some text.\n\nMore text.", ["A", "B", "C"]), ("Second", "", ["D"])]


def test_tags_say_the_deck_of_all_cards_below_them_or_of_one(tmp_path: Path) -> None:
    text = "#flashcards/a\n\nOne::1\n\n#flashcards/b/c\n\nTwo::2\n\n#other Three::3\n"
    assert [each.tags for each in _read(tmp_path, text)] == [("a",), ("b::c",), ("other", "b::c")]


def test_two_colons_are_no_flashcard_in_a_text_that_has_none(tmp_path: Path) -> None:
    text = "## What is a path?\n\nA name, `std::vector` or std::vector.\n\nstatus:: done\n"
    (question,) = _read(tmp_path, text)
    assert question.answer.endswith("status:: done")


def test_the_text_after_a_card_that_plus_signs_end_is_no_part_of_it(tmp_path: Path) -> None:
    text = "#flashcards\n\nFront\n?\nBack\n\nmore\n+++\n\nText.\n\nSecond\n?\nBack\n+++\n"
    first, second = _read(tmp_path, text)
    assert (first.answer, second.prompt) == ("Back\n\nmore", "Second")


def test_code_that_shows_marks_is_code(tmp_path: Path) -> None:
    text = "#flashcards\n\n## How does it look?\n\n```\nA::B\nFront\n?\nBack\n```\n\nX::Y\n"
    assert [each.prompt for each in _read(tmp_path, text)] == ["X"]


def test_a_note_that_nothing_ends_stays_a_text_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cards.md"
    path.write_text("#flashcards\n\nA::B\n\nSTART\nBasic\nFront\n")
    material = read(path, Request(scratch=tmp_path))
    assert [(loss.place, loss.kind) for loss in material.losses] == [("cards.md:5", "flashcard")]
    assert "Front" in material.chapters[0].introduction
