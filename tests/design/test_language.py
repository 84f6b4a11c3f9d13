"""A language's script has a direction, which cards and paper follow."""

from __future__ import annotations

import pytest

from builder.anki.note_types import card_template, fields
from builder.corpus.model import Settings
from builder.design.language import direction


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
