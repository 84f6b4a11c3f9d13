"""Contrast of the styles' colours: text against its background, as in WCAG 2.2."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from builder.checks.rules.codes import LOW_CONTRAST
from builder.design.styles import FOLDER
from builder.diagnostics import Diagnostic, Location
from builder.markdown.highlight import code_css

LEAST = 4.5
"""Minimum contrast by success criterion 1.4.3, for text of ordinary size."""
_TEXTS = ("ink", "quiet", "accent", "warn", "good")
_GROUNDS = ("paper", "box")
_WHEN = {"day": "by day", "night": "by night", "print": "in print"}
_HINT = f"choose colours that differ more in brightness: {LEAST}:1 at least"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, `rrggbb`: from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of `rrggbb` (WCAG 2.2, relative luminance)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def card_colours(card_css: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the named colours of a card's style sheet, in light and in dark mode."""
    named = [
        dict(re.findall(r"--(\w+): #([0-9a-f]{6});", block, re.IGNORECASE))
        for block in re.findall(r"\{([^}]*--paper:[^}]*)\}", card_css)
    ]
    day, night = (*named, {}, {})[:2]
    return day, night


def weak_contrasts(folder: Path = FOLDER) -> Iterator[Diagnostic]:
    """Report weak contrasts in a styles folder; skip colours that are not written as `#rrggbb`."""
    try:
        card = (folder / "card.css").read_text(encoding="utf-8")
        printed = (folder / "print.css").read_text(encoding="utf-8")
        theme_text = (folder / "theme.toml").read_text(encoding="utf-8")
        theme = tomllib.loads(theme_text)["code"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return  # a build stops at a broken folder, with a message of its own
    day, night = card_colours(card)
    for colours, time in ((day, "day"), (night, "night")):
        yield from _weak_texts(colours, time, folder / "card.css", card)
    box = re.search(r"^\.code \{[^}]*background: #([0-9a-f]{6});", printed, re.MULTILINE | re.IGNORECASE)
    grounds = {"day": day.get("box"), "night": night.get("box"), "print": box[1] if box else None}
    for time, ground in grounds.items():
        if ground and isinstance(theme, dict) and isinstance(theme.get(time), str):
            place = _place(folder / "theme.toml", theme_text, rf"^\s*{time}\s*=")
            yield from _weak_code(theme[time], ground, time, place)


def _weak_texts(colours: dict[str, str], time: str, path: Path, css: str) -> Iterator[Diagnostic]:
    for text in _TEXTS:
        for ground in _GROUNDS:
            if text in colours and ground in colours:
                found = contrast(colours[text], colours[ground])
                if found < LEAST:
                    yield LOW_CONTRAST.at(
                        _place(path, css, rf"--{text}: #{colours[text]}"),
                        f"{_WHEN[time]}, --{text} on --{ground} has a contrast of {found:.1f}:1",
                        _HINT,
                    )


def _weak_code(style: str, ground: str, time: str, place: Location) -> Iterator[Diagnostic]:
    try:
        css = code_css(style, "")
    except ValueError:
        return
    colours = {colour for colour in re.findall(r"color: #(\w{6})", css) if contrast(colour, ground) < LEAST}
    if colours:
        weakest = min(colours, key=lambda colour: contrast(colour, ground))
        yield LOW_CONTRAST.at(
            place,
            f"{len(colours)} of the colours of the code style {style!r} do not stand out {_WHEN[time]}:"
            f" #{weakest} on #{ground} has a contrast of {contrast(weakest, ground):.1f}:1",
            _HINT,
        )


def _place(path: Path, text: str, pattern: str) -> Location:
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.search(pattern, line):
            return Location(path, number, found.start() + 1)
    return Location(path)
