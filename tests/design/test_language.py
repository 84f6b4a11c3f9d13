"""A language's script has a direction, which cards and paper follow."""

from __future__ import annotations

from unicodedata import bidirectional

import pytest

from builder.anki.note_types import card_template, fields
from builder.corpus.model import Settings
from builder.design.language import _RIGHT_TO_LEFT, Punctuation, blocks_in, direction, letter, punctuation


@pytest.mark.parametrize(
    "language", ["ar", "ar-EG", "he", "fa-IR", "ur", "yi", "az-Arab", "AR", "ku-Arab-IQ"]
)
def test_these_are_written_from_right_to_left(language: str) -> None:
    assert direction(language) == "rtl"


@pytest.mark.parametrize(
    "language", ["en", "en-GB", "ja", "ar-Latn", "fa-latn-IR", "de-1996", "zh-Hant", "art"]
)
def test_these_are_written_from_left_to_right(language: str) -> None:
    assert direction(language) == "ltr"


def test_the_outermost_elements_say_a_language_and_nothing_else_changes() -> None:
    html = '<p>a<br>b <b>c</b></p>\n<hr>\n<ol class="options"><li><p>x</p></li></ol>text'
    said = ' lang="ar" dir="rtl"'
    assert blocks_in(html, "ar") == (
        f'<p{said}>a<br>b <b>c</b></p>\n<hr>\n<ol{said} class="options"><li><p>x</p></li></ol>text'
    )
    assert blocks_in(html, "") == html
    assert blocks_in("", "ar") == ""


@pytest.mark.parametrize("name", ["basic", "reverse", "spare", "cloze"])
@pytest.mark.parametrize(("language", "expected"), [("ar", "rtl"), ("en-GB", "ltr")])
def test_each_card_says_its_language_and_direction(name: str, language: str, expected: str) -> None:
    settings = Settings(id="demo", title="Demo", deck="Demo", language=language)
    for side in card_template(name, settings):
        assert (
            side.count('<div class="cp"')
            == side.count(f'<div class="cp" lang="{language}" dir="{expected}">')
            == 1
        )


def test_the_editor_writes_fields_in_the_direction_of_the_language() -> None:
    assert {field.is_rtl for field in fields("he")} == {True}
    assert {field.is_rtl for field in fields("en")} == {False}


@pytest.mark.parametrize(
    ("language", "sample"),
    [
        *(("ar-EG", "ع"), ("az-Arab", "ع"), ("he", "א"), ("ja", "あ"), ("zh-Hant", "中"), ("zh", "中")),
        *(("hi", "क"), ("de", "a"), ("ar-Latn", "a"), ("el", "a"), ("sr-Cyrl", "a"), ("tlh", "a")),
    ],
)
def test_a_language_has_the_letters_of_its_script(language: str, sample: str) -> None:
    assert letter(language) == sample


@pytest.mark.parametrize("language", sorted(_RIGHT_TO_LEFT))
def test_each_language_from_right_to_left_has_letters_that_run_so(language: str) -> None:
    assert bidirectional(letter(language)) in ("R", "AL")


@pytest.mark.parametrize(
    ("language", "semicolon", "colon"),
    [
        *((each, "; ", ": ") for each in ("", "en", "de", "he", "ko", "hi", "ru", "fa-Latn", "ja-Latn")),
        *((each, "؛ ", ": ") for each in ("ar", "fa", "ur", "az-Arab", "ar-EG")),
        *((each, "；", "：") for each in ("zh", "zh-Hant", "zh-TW", "ja")),
        ("el", "· ", ": "),
    ],
)
def test_a_language_has_its_own_signs_between_parts_of_a_line(
    language: str, semicolon: str, colon: str
) -> None:
    assert punctuation(language) == Punctuation(semicolon, colon)
