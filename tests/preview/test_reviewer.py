"""What the preview does to a filled card is what Anki's reviewer does to it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pytest

from builder.markdown.sounds import PLAYER
from builder.preview.reviewer import as_reviewed
from builder.preview.templates import Sides

if TYPE_CHECKING:
    from anki.collection import Collection


@pytest.mark.parametrize("text", ["url_for", "a < b and \"c\" & 'd'", "<int:id>", "&amp;", "naïve  x"])
def test_the_back_of_a_typed_card_is_anki_s_where_nothing_was_typed(
    collection: Collection, text: str
) -> None:
    field = escape(text)
    sides = as_reviewed(Sides("[[type:Typed]]", "<p>[[type:Typed]]</p>"), {"Typed": field})
    assert sides.back == f"<p>{collection.compare_answer(field, '')}</p>".replace(
        "id=typeans", 'id="typeans"'
    )
    assert 'id="typeans"' in sides.front


def test_formulas_are_drawn_and_what_cannot_be_drawn_stays() -> None:
    html = '<span class="math">\\({}\\)</span>'
    sides = as_reviewed(Sides(html.format("x^2"), html.format("\\frac{")), {})
    assert 'class="formula"' in sides.front
    assert sides.back == html.format("\\frac{")


def test_sounds_have_players_on_both_sides() -> None:
    sides = as_reviewed(Sides("a [sound:b.mp3]", "[sound:c.wav]"), {})
    assert sides.front == f'a <{PLAYER} src="b.mp3"></audio>'
    assert 'src="c.wav"' in sides.back
