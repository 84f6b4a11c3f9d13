"""Words are counted in every script, also where no space divides them."""

from __future__ import annotations

import pytest

from builder.text import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One two - three.", 4),
        ("日本の首都は東京です。", 5),
        ("今日、「東京」へ行く。", 4),
        ("UTF-8では3バイト。", 5),
        ("한국의 수도는 서울이다.", 3),
        ("भारत की राजधानी", 3),
        ("เมืองหลวงของไทยคือกรุงเทพ", 5),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    assert count_words(text) == words
