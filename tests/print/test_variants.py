"""Variants of all prints, as style sheets and decks."""

from __future__ import annotations

import pytest

from builder.corpus.model import Print
from builder.design.styles import read_styles
from builder.print.variants import enlarged


def test_large_print_multiplies_sizes_of_text_and_no_distance() -> None:
    css = 'p { font: 600 7.5pt/1.37 "Inter"; margin: 2mm 1em; max-width: 12px } .x10pt { top: 0 }'
    assert enlarged(css, 2) == css.replace("7.5pt", "15.000pt")
    assert enlarged(css, 1) == css


@pytest.mark.parametrize("name", ["handbook", "flashcards"])
def test_large_print_of_every_style_sheet_has_sixteen_points_for_reading(name: str) -> None:
    css = read_styles().for_print(name)
    large = enlarged(css, Print(large_print=True).scale)
    assert large != css
    assert large.count("pt") == css.count("pt")
    if name == "handbook":
        assert "font-size: 16.000pt" in large
