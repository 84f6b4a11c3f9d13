"""The style sheets: what reaches a card and the sheet, and that it can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES

from builder.diagnostics import BuildError
from builder.highlight import ROLES
from builder.styles import FOLDER, read_styles

CARD = (FOLDER / "card.css").read_text(encoding="utf-8")
DAY, NIGHT = (
    dict(re.findall(r"--(\w+): #([0-9a-f]{6});", block))
    for block in re.findall(r"\{([^}]*--paper:[^}]*)\}", CARD)
)


def _luminance(colour: str) -> float:
    """Return the relative luminance of `rrggbb` (WCAG 2.2, relative luminance)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [DAY, NIGHT], ids=["day", "night"])
def test_text_stands_out_from_paper_and_boxes(colours: dict[str, str]) -> None:
    for text in ("ink", "quiet", "accent", "warn", "good"):
        for ground in ("paper", "box"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert _contrast(colours["accent"], colours["gap"]) >= 4.5


@pytest.mark.parametrize(
    ("css", "scope", "ground"),
    [
        (read_styles().card, "", DAY["box"]),
        (read_styles().card, ".nightMode ", NIGHT["box"]),
        (read_styles().card, ".night_mode ", NIGHT["box"]),
        (read_styles().sheet, "", "f4f6f9"),
    ],
    ids=["day", "night", "night of AnkiDroid", "print"],
)
def test_every_class_of_code_stands_out_from_its_box(css: str, scope: str, ground: str) -> None:
    rules = re.findall(rf"^{re.escape(scope)}\.code \.(\w+) {{(.*?)}}", css, re.MULTILINE | re.DOTALL)
    colours = {name: found[1] for name, rule in rules if (found := re.search(r"color: #(\w{6})", rule))}
    assert len(colours) >= 10
    assert {*colours} <= {STANDARD_TYPES[role] for role in ROLES}
    assert {name: colour for name, colour in colours.items() if _contrast(colour, ground) < 4.5} == {}


def test_every_day_colour_has_its_night_twin() -> None:
    assert {*DAY} == {*NIGHT}


def test_code_colours_are_generated_for_day_night_and_print() -> None:
    styles = read_styles()
    assert re.search(r"^\.code \.k \{ color: #[0-9a-fA-F]{6};", styles.card, re.MULTILINE)
    assert re.search(r"^\.nightMode \.code \.k \{ color: #[0-9a-fA-F]{6};", styles.card, re.MULTILINE)
    assert ".nightMode" not in styles.sheet


def test_cards_do_not_ask_the_system_for_its_mode_or_fetch_anything() -> None:
    styles = read_styles()
    assert "prefers-color-scheme" not in styles.card
    assert "url(" not in styles.card


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ("[code]\nday = 'no-such-style'\nnight = 'default'\nprint = 'default'\n", "no style 'no-such-style'"),
        ("[code]\nday = 'default'\n", "must name the styles day, night and print"),
        ("[code\n", "theme.toml"),
    ],
)
def test_a_wrong_theme_is_named(tmp_path: Path, theme: str, message: str) -> None:
    for name in ("card.css", "cheatsheet.css"):
        (tmp_path / name).write_text("")
    (tmp_path / "theme.toml").write_text(theme)
    with pytest.raises(BuildError, match=message):
        read_styles(tmp_path)


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=re.escape("theme.toml")):
        read_styles(tmp_path)
