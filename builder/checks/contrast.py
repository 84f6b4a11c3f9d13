"""Checks the contrast of colours in styles: text against its background, as in WCAG 2.2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from builder.checks.rules.codes import LOW_CONTRAST
from builder.corpus.settings import line_of
from builder.design.styles import CARD_FILE, FOLDER, MODES, THEME_FILE, Theme, read_styles
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.markdown.highlight import code_css
from builder.markdown.source import Source
from builder.text import count

if TYPE_CHECKING:
    from builder.design.css import Rgb

LEAST = 4.5
"""Minimum contrast by success criterion 1.4.3, for text of ordinary size."""
_TEXTS = ("ink", "soft", "quiet", "title", "accent", "warn", "good")
_GROUNDS = ("paper", "box")
_PAIRS = (
    *((text, ground) for text in _TEXTS for ground in _GROUNDS),
    *(("ink", "marked"), ("accent", "gap")),
    *((f"chapter-{number}", "paper") for number in range(1, 7)),
)
"""Pairs of variables: a colour of text, and that of its background."""
_PAPER = {"print": "#ffffff"}
"""Background of the modes whose theme does not set it."""
_WHEN = {"light": "in light mode", "dark": "in dark mode", "print": "in print"}
_HINT = f"choose colours that differ more in brightness: {LEAST}:1 at least"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, `#rrggbb`: from 1 to 21."""
    return _contrast(_rgb(one), _rgb(other))


def _contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of a colour, which may be transparent, on another."""
    mixed = tuple(one[3] * over + (1 - one[3]) * under for over, under in zip(one, other, strict=True))
    light, dark = sorted((_luminance(mixed[:3]), _luminance(other[:3])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _rgb(colour: str) -> Rgb:
    digits = colour.removeprefix("#")
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue, 1.0


def _luminance(channels: Iterable[float]) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, relative luminance)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def weak_contrasts(folder: Path = FOLDER) -> Iterator[Diagnostic]:
    """Report weak contrasts in a styles folder; skip colours that are not written as `#rrggbb`."""
    try:
        theme = read_styles(folder).theme
        sources = {
            name: Source(folder / name, (folder / name).read_text(encoding="utf-8"))
            for name in (CARD_FILE, THEME_FILE)
        }
    except (OSError, UnicodeDecodeError, BuildError):
        return  # a build itself reports a broken folder
    for mode in MODES:
        source = sources[THEME_FILE if mode == "print" else CARD_FILE]
        colours = theme.colours(mode)
        for text, ground, found in _weak(colours, mode):
            place = _place(source, rf"--{text}: {colours[text]}|^{text} = ")
            yield LOW_CONTRAST.at(place, _said(mode, text, ground, found), _HINT)
        place = _place(sources[THEME_FILE], rf"^\s*{mode}\s*=")
        yield from _weak_code(theme.code[mode], colours.get("box"), mode, place)


def weak_pairs(theme: Theme, changes: Theme, source: Source) -> Iterator[Diagnostic]:
    """Report weak contrasts from the theme.toml of a corpus, each once, at the setting that causes it."""
    whole = theme.changed(changes)
    for mode in MODES:
        changed = changes.colours(mode)
        for text, ground, found in _weak(whole.colours(mode), mode):
            names = [name for name in (text, ground) if name in changed]
            if names:
                place = source.location(line_of((mode, names[0]), source))
                yield LOW_CONTRAST.at(place, _said(mode, text, ground, found), _HINT)
        keys = ("code", mode) if mode in changes.code else (mode, "box") if "box" in changed else ()
        if keys:
            place = source.location(line_of(keys, source))
            yield from _weak_code(whole.code[mode], whole.colours(mode).get("box"), mode, place)


def weak_rules(theme: Theme, source: Source) -> Iterator[Diagnostic]:
    """Report weak contrasts from the card.css of a corpus, at its declarations.

    A variable counts for the mode whose selector sets it. Any other text colour is compared with the
    background of its own rule, or else of the card; any other background with the text colour.
    """
    from builder.design.css import coloured  # This loads a parser, and few corpora have a card.css.

    rules = list(coloured("\n".join(source.lines)))
    for mode in ("light", "dark"):
        colours = {name: _rgb(colour) for name, colour in theme.colours(mode).items()}
        set_at: dict[str, Location] = {}
        for rule in rules:
            for name, value in rule.values.items():
                if name.startswith("--") and rule.is_dark == (mode == "dark"):
                    found = colours.get(value) if isinstance(value, str) else value
                    if found is not None and name.removeprefix("--") in colours:
                        colours[name.removeprefix("--")] = found
                        set_at[name.removeprefix("--")] = _at(rule.places[name], source)
        for text, ground in _PAIRS:
            places = [set_at[name] for name in (text, ground) if name in set_at]
            if places and text in colours and ground in colours:
                ratio = _contrast(colours[text], colours[ground])
                if ratio < LEAST:
                    yield LOW_CONTRAST.at(places[0], _said(mode, text, ground, ratio), _HINT)
        for rule in rules:
            if rule.is_dark and mode == "light":
                continue
            shown = {
                name: colours.get(value) if isinstance(value, str) else value
                for name, value in rule.values.items()
                if not name.startswith("--")
            }
            on, behind = (
                shown.get(name, colours[usual]) for name, usual in (("color", "ink"), ("background", "paper"))
            )
            if not shown or on is None or behind is None:
                continue
            ratio = _contrast(on, _over(behind, colours["paper"]))
            if ratio < LEAST:
                name = "color" if "color" in shown else "background"
                yield LOW_CONTRAST.at(
                    _at(rule.places[name], source),
                    f"{_WHEN[mode]}, '{rule.written[name]}' has a contrast of {ratio:.1f}:1",
                    _HINT,
                )


def _over(colour: Rgb, base: Rgb) -> Rgb:
    """Return the visible colour of one that may be transparent, on another."""
    red, green, blue, _ = (
        colour[3] * over + (1 - colour[3]) * under for over, under in zip(colour, base, strict=True)
    )
    return red, green, blue, 1.0


def _at(place: tuple[int, int], source: Source) -> Location:
    return source.location(place[0] - 1, place[1] - 1)


def _weak(colours: Mapping[str, str], mode: str) -> Iterator[tuple[str, str, float]]:
    """Yield the text, the background and the contrast of each pair that is too weak."""
    known = {**({"paper": _PAPER[mode]} if mode in _PAPER else {}), **colours}
    for text, ground in _PAIRS:
        if text in known and ground in known:
            found = contrast(known[text], known[ground])
            if found < LEAST:
                yield text, ground, found


def _said(mode: str, text: str, ground: str, found: float) -> str:
    return f"{_WHEN[mode]}, {text} on {ground} has a contrast of {found:.1f}:1"


def _weak_code(style: str, ground: str | None, mode: str, place: Location) -> Iterator[Diagnostic]:
    try:
        css = code_css(style, "")
    except ValueError:
        return
    if ground is None:
        return
    colours = {colour for colour in re.findall(r"color: #(\w{6})", css) if contrast(colour, ground) < LEAST}
    if colours:
        weakest = min(colours, key=lambda colour: (contrast(colour, ground), colour))
        yield LOW_CONTRAST.at(
            place,
            f"{_WHEN[mode]}, the code style {style!r} has {count(len(colours), 'colour')} with too little"
            f" contrast:"
            f" #{weakest} on {ground} has {contrast(weakest, ground):.1f}:1",
            _HINT,
        )


def _place(source: Source, pattern: str) -> Location:
    for number, line in enumerate(source.lines):
        if found := re.search(pattern, line):
            return source.location(number, found.start())
    return Location(source.path)
