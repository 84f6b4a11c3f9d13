"""The style sheets: what reaches a card and the sheet, and that it can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.token import STANDARD_TYPES

from builder.checks.contrast import contrast, weak_contrasts
from builder.design.fonts import missing_glyphs
from builder.design.styles import FOLDER, card_colours, mirrored, read_styles
from builder.diagnostics import BuildError
from builder.markdown.highlight import ROLES

CARD = (FOLDER / "card.css").read_text(encoding="utf-8")
DAY, NIGHT = card_colours(CARD)


@pytest.mark.parametrize("colours", [DAY, NIGHT], ids=["day", "night"])
def test_text_stands_out_from_paper_and_boxes(colours: dict[str, str]) -> None:
    for text in ("ink", "quiet", "accent", "warn", "good"):
        for ground in ("paper", "box"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["accent"], colours["gap"]) >= 4.5
    assert contrast(colours["ink"], colours["marked"]) >= 7
    assert contrast(colours["accent"], colours["marked"]) >= 4.5


@pytest.mark.parametrize(
    ("css", "scope", "ground"),
    [
        (read_styles().card, "", DAY["box"]),
        (read_styles().card, ".nightMode ", NIGHT["box"]),
        (read_styles().card, ".night_mode ", NIGHT["box"]),
        (read_styles().for_print("studysheet"), "", "f4f6f9"),
    ],
    ids=["day", "night", "night of AnkiDroid", "print"],
)
def test_every_class_of_code_stands_out_from_its_box(css: str, scope: str, ground: str) -> None:
    rules = re.findall(rf"^{re.escape(scope)}\.code \.(\w+) {{(.*?)}}", css, re.MULTILINE | re.DOTALL)
    colours = {name: found[1] for name, rule in rules if (found := re.search(r"color: #(\w{6})", rule))}
    assert len(colours) >= 10
    assert {*colours} <= {STANDARD_TYPES[role] for role in ROLES}
    assert {name: colour for name, colour in colours.items() if contrast(colour, ground) < 4.5} == {}


def test_every_day_colour_has_its_night_twin() -> None:
    assert {*DAY} == {*NIGHT}


def test_code_colours_are_generated_for_day_night_and_print() -> None:
    styles = read_styles()
    assert re.search(r"^\.code \.k \{ color: #[0-9a-fA-F]{6};", styles.card, re.MULTILINE)
    assert re.search(r"^\.nightMode \.code \.k \{ color: #[0-9a-fA-F]{6};", styles.card, re.MULTILINE)
    assert not any(".nightMode" in styles.for_print(name) for name in styles.sheets)


def test_cards_do_not_ask_the_system_for_its_mode_or_fetch_anything() -> None:
    styles = read_styles()
    assert "prefers-color-scheme" not in styles.card
    assert "url(" not in styles.card


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        (
            "[code]\nlight = 'no-such-style'\ndark = 'default'\nprint = 'default'\n",
            "no style 'no-such-style'",
        ),
        ("[code]\nlight = 'default'\n", "must name the styles light, dark and print"),
        ("[code\n", "theme.toml"),
    ],
)
def test_a_wrong_theme_is_named(tmp_path: Path, theme: str, message: str) -> None:
    for name in ("card.css", "studysheet.css"):
        (tmp_path / name).write_text("")
    (tmp_path / "theme.toml").write_text(theme)
    with pytest.raises(BuildError, match=message):
        read_styles(tmp_path)


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=re.escape("theme.toml")):
        read_styles(tmp_path)


def test_a_missing_sheet_of_what_is_printed_is_named() -> None:
    with pytest.raises(BuildError, match=re.escape("no poster.css")):
        read_styles().for_print("poster")


def _styles(tmp_path: Path, **changes: tuple[str, str]) -> Path:
    """Copy the styles, each of some files with one text changed."""
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        old, new = changes.get(path.stem, ("", ""))
        assert old in text
        (tmp_path / path.name).write_text(text.replace(old, new) if old else text)
    return tmp_path


def test_the_styles_have_no_weak_contrast() -> None:
    assert list(weak_contrasts()) == []


def test_a_theme_that_cannot_be_read_on_its_box_is_named_with_its_line(tmp_path: Path) -> None:
    (found,) = weak_contrasts(_styles(tmp_path, theme=('dark = "github-dark"', 'dark = "xcode"')))
    assert (found.location.path.name, found.code) == ("theme.toml", "low-contrast")
    assert FOLDER.joinpath("theme.toml").read_text().splitlines()[found.location.line - 1].startswith("dark")
    assert "in dark mode, the code style 'xcode' has" in found.message
    assert re.search(r" has [1-4]\.\d:1", found.message)


def test_text_that_cannot_be_read_on_a_card_is_named_with_its_line(tmp_path: Path) -> None:
    folder = _styles(tmp_path, card=(f"--quiet: {DAY['quiet']}", "--quiet: #c0c0c0"))
    found = list(weak_contrasts(folder))
    assert {each.location.path.name for each in found} == {"card.css"}
    assert "in light mode, quiet on paper has a contrast of 1.8:1" in {each.message for each in found}


def test_a_box_of_another_colour_in_print_is_measured(tmp_path: Path) -> None:
    found = list(weak_contrasts(_styles(tmp_path, theme=('box = "#f4f6f9"', 'box = "#707070"'))))
    assert any("in print, the code style 'xcode' has" in each.message for each in found)
    assert any("in print, ink on box has a contrast" in each.message for each in found)
    assert {each.location.path.name for each in found} == {"theme.toml"}


def test_the_print_fonts_draw_every_sign_of_ascii() -> None:
    """So that texts are searched for all others only."""
    assert missing_glyphs("".join(map(chr, range(0x20, 0x7F)))) == []


def test_pages_that_run_from_right_to_left_have_their_margin_boxes_on_the_other_sides() -> None:
    sheet = read_styles().for_print("handbook", "ar")
    boxes = [line.strip() for line in sheet.splitlines() if "@bottom-" in line]
    assert boxes == ["@bottom-right {", "@bottom-left {"]
    assert mirrored(sheet) == read_styles().for_print("handbook", "en")
    assert "text-align: left" not in sheet


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_number_on_a_box_of_an_image_stands_in_its_middle(language: str) -> None:
    sheet = read_styles().for_print("handbook", language)
    (rule,) = re.findall(r"^\.mask b \{(.*?)\}", sheet, re.MULTILINE | re.DOTALL)
    sides = dict(re.findall(r"^  (left|right): ([^;]*);", rule, re.MULTILINE))
    assert sides["left"] == sides["right"]
    assert "text-align: center" in rule


@pytest.mark.parametrize("name", ["cheatsheet", "studysheet", "handbook", "flashcards"])
def test_room_and_rules_stand_at_the_side_where_reading_begins(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", read_styles().for_print(name), flags=re.DOTALL)
    rules = [rule for rule in re.findall(r"[^{}]*\{[^{}]*\}", css) if "direction: ltr" not in rule]
    assert len(rules) > 50
    one_side = re.compile(r"(?:margin|padding|border)-(?:left|right)")
    four_sides = re.compile(r"(?:margin|padding): (?:\S+) (\S+) (?:\S+) (\S+);")
    wrong = [
        rule
        for rule in rules
        if ".code" not in rule
        and (one_side.search(rule) or any(left != right for left, right in four_sides.findall(rule)))
    ]
    assert wrong == []
