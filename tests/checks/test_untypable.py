"""Typed answers: what no keyboard gives is named and fixed, and only that."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.checks.rules.answers import _ON_NO_KEYBOARD
from tests.conftest import WriteCorpus

Run = Callable[..., Result]
CHAPTER = "# T\n\n## Which one? {{#one .typed}}\n\n`{}`\n"


@pytest.mark.parametrize("char", _ON_NO_KEYBOARD, ids=unicodedata.name)
def test_a_character_that_no_keyboard_gives_is_replaced_by_what_was_typed(
    run: Run, write_corpus: WriteCorpus, char: str
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.format(f"a{char}b")})
    result = run("check", folder)
    assert f"U+{ord(char):04X}" in result.stderr
    assert "[untypable-answer]" in result.stderr
    run("check", "--fix", folder)
    assert (folder / "01-first.md").read_text() == CHAPTER.format(f"a{_ON_NO_KEYBOARD[char]}b")
    assert "[untypable-answer]" not in run("check", folder).stderr


@pytest.mark.parametrize(
    ("answer", "typed"),
    [
        ("\ufee3\ufeae\ufea3\ufe92\ufe8e", "مرحبا"),
        ("\ufefb", "لا"),
        ("\ufb58\u200f", "پ"),
        ("50\u200e%", "50%"),
    ],
)
def test_letters_of_a_pdf_are_replaced_by_those_of_a_keyboard(
    run: Run, write_corpus: WriteCorpus, answer: str, typed: str
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.format(answer)})
    assert "[untypable-answer]" in run("check", folder).stderr
    run("check", "--fix", folder)
    assert (folder / "01-first.md").read_text() == CHAPTER.format(typed)


@pytest.mark.parametrize(
    "answer",
    [
        "größe",
        "cafe\u0301",
        "مى\u200cخواهم",
        "クラス",
        "한국",
        "हिन्दी",
        "a-b 'c' \"d\"",
        "ł",
        "€",
        "قَلَم",
        "\ufdfc",
        "שָׁלוֹם",
        "مـن",
    ],
)
def test_letters_of_every_script_may_be_typed(run: Run, write_corpus: WriteCorpus, answer: str) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.format(answer)})
    assert "[untypable-answer]" not in run("check", folder).stderr


@pytest.mark.parametrize(
    ("answer", "plain", "words"),
    [
        ("ｆｌａｓｋ　ｒｕｎ", "flask run", "is not what most keyboards give"),
        ("１月", "1月", "is not what most keyboards give"),
        ("ｶﾞﾗｽ", "ガラス", "is not what most keyboards give"),
        ("⽇本", "日本", "is on no keyboard"),
    ],
)
def test_another_form_of_a_character_is_replaced_by_the_usual_one(
    run: Run, write_corpus: WriteCorpus, answer: str, plain: str, words: str
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.format(answer)})
    assert words in run("check", folder).stderr
    run("check", "--fix", folder)
    assert (folder / "01-first.md").read_text() == CHAPTER.format(plain)
    assert "[untypable-answer]" not in run("check", folder).stderr


@pytest.mark.parametrize("answer", ["東京　大阪", "食べて。", "「はい」！", "㎏", "①"])
def test_signs_of_an_input_method_may_be_typed(run: Run, write_corpus: WriteCorpus, answer: str) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.format(answer)})
    assert "[untypable-answer]" not in run("check", folder).stderr


def test_anki_takes_composed_and_decomposed_letters_for_one(tmp_path: Path) -> None:
    from anki.collection import Collection

    collection = Collection(str(tmp_path / "collection.anki2"))
    for text in ("café", "größe", "한국", "が"):
        composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
        for expected, typed in ((composed, decomposed), (decomposed, composed)):
            assert "typeBad" not in collection.compare_answer(expected, typed)
    assert "typeBad" in collection.compare_answer("a b", "a\u00a0b")
    collection.close()
