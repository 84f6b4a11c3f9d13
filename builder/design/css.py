"""Checks style sheets that somebody else may have written, and reads their colours.

The only module that knows tinycss2, WeasyPrint's parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2 import color4

Rgb = tuple[float, float, float, float]
"""Red, green, blue and alpha, from 0 to 1."""
_KNOWN = ("media", "supports", "font-face", "keyframes", "-webkit-keyframes")
_RULES_WITHIN = ("media", "supports")
_EMBEDDED = re.compile(
    r"data:(image/(png|jpeg|gif|webp|svg\+xml)|font/\w+|application/font-\w+)[;,]", re.ASCII
)
_ADDRESSES = frozenset({"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "attr"})
"""Functions whose strings are addresses."""
_CODE = frozenset({"expression"})
_CODE_PROPERTIES = frozenset({"behavior", "-moz-binding"})
_END = re.compile(r"</\s*style", re.IGNORECASE)
_OPAQUE = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(/\*)""", re.DOTALL)
"""Comment or string; the group is the beginning of a comment without an end."""
_DARK = re.compile(r"night_?mode", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a style sheet; line and column count from 1."""

    line: int
    column: int
    what: str
    hint: str
    asks: bool = False
    """True if it would load a file, or run something."""


@dataclass(frozen=True, slots=True)
class Coloured:
    """A rule that sets colours or variables; its places are those of the declarations, by property."""

    is_dark: bool
    """True if it is only for dark mode."""
    values: Mapping[str, str | Rgb]
    """Colours by property: `color`, `background` or a variable's name. `var(--ink)` is kept as a name."""
    places: Mapping[str, tuple[int, int]]
    written: Mapping[str, str]


def faults(css: str) -> Iterator[Fault]:
    """Yield the faults of a style sheet for cards."""
    for found in _END.finditer(css):
        line = css.count("\n", 0, found.start()) + 1
        column = found.start() - css.rfind("\n", 0, found.start())
        yield Fault(line, column, "ends the card's style sheet", "delete it: it is not CSS", asks=True)
    yield from _unclosed(css)
    yield from _asking(css)
    yield from _broken(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def _unclosed(css: str) -> Iterator[Fault]:
    """Yield a fault for a comment without an end, which swallows the rest of the file."""
    for found in _OPAQUE.finditer(css):
        if found[1]:
            line = css.count("\n", 0, found.start()) + 1
            column = found.start() - css.rfind("\n", 0, found.start())
            yield Fault(line, column, "has a comment without an end", "write */ at its end")


def _asking(css: str) -> Iterator[Fault]:
    """Yield a fault for anything that would load another file or run something, at any place."""
    waiting: list[tuple[Any, str]] = [
        (node, "") for node in reversed(tinycss2.parse_component_value_list(css))
    ]
    within = "a card has only its note and its style sheet; embed a small image as data:image/…"
    while waiting:
        node, function = waiting.pop()
        place = node.source_line, node.source_column
        match node.type:
            case "url":
                if not _EMBEDDED.match(node.value.strip()):
                    yield Fault(*place, f"asks for {_short(node.value)!r}", within, asks=True)
            case "string" if function and not _EMBEDDED.match(node.value.strip()):
                yield Fault(*place, f"asks for {_short(node.value)!r}", within, asks=True)
            case "at-keyword" if node.lower_value == "import":
                yield Fault(*place, "has an @import", "copy its rules into this file", asks=True)
            case "function":
                if node.lower_name in _CODE:
                    hint = "write a value: no card runs anything"
                    yield Fault(*place, f"has {node.lower_name}(…), which some browsers ran", hint, asks=True)
                own = node.lower_name if node.lower_name in _ADDRESSES else function
                waiting += ((each, own) for each in reversed(node.arguments))
            case "() block" | "[] block" | "{} block":
                waiting += ((each, "") for each in reversed(node.content))


def _broken(rules: Iterable[Any]) -> Iterator[Fault]:
    """Yield a fault for anything that a browser would ignore silently."""
    waiting = [*reversed(list(rules))]
    while waiting:
        rule = waiting.pop()
        place = rule.source_line, rule.source_column
        if rule.type == "error":
            yield Fault(*place, "is not CSS here", "write rules as .cp p { … }")
        elif rule.type == "at-rule" and rule.lower_at_keyword == "import":
            continue  # reported above
        elif rule.type == "at-rule" and rule.lower_at_keyword not in _KNOWN:
            known = ", ".join(f"@{name}" for name in _KNOWN[:4])
            yield Fault(*place, f"has an @{rule.at_keyword} rule", f"these work on cards: {known}")
        elif rule.type == "at-rule" and rule.content is None:
            yield Fault(
                *place, f"has an @{rule.at_keyword} rule without a block", "write its rules in braces"
            )
        elif rule.type == "at-rule" and rule.lower_at_keyword in _RULES_WITHIN:
            within = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            waiting += reversed(within)
        elif rule.type == "at-rule" and "keyframes" in rule.lower_at_keyword:
            waiting += reversed(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            )
        else:
            yield from _broken_declarations(rule)


def _broken_declarations(rule: Any) -> Iterator[Fault]:
    for each in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        place = each.source_line, each.source_column
        if each.type == "error":
            yield Fault(
                *place,
                "is not CSS here",
                "write declarations as color: #1d5fa8;",
            )
        elif each.type in ("qualified-rule", "at-rule"):
            yield Fault(
                *place,
                "has a rule within a rule, which older phones do not know",
                "put a '}' before it, and write its selector in full",
            )
        elif each.lower_name in _CODE_PROPERTIES:
            hint = "delete it: no card runs anything"
            yield Fault(*place, f"has {each.lower_name}, which some browsers ran", hint, asks=True)
        elif not each.name.startswith("--"):
            broken = next((node for node in each.value if node.type == "error"), None)
            if broken:
                yield Fault(
                    broken.source_line,
                    broken.source_column,
                    "is not CSS here",
                    "close quotes and parentheses on the same line",
                )
            elif not [node for node in each.value if node.type not in ("whitespace", "comment")]:
                yield Fault(*place, f"has no value for {each.name!r}", "write a value, or delete it")


def coloured(css: str) -> Iterator[Coloured]:
    """Yield the rules of a style sheet that set colours on screens, in order."""
    waiting = [*reversed(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))]
    while waiting:
        rule = waiting.pop()
        if rule.type == "at-rule" and rule.lower_at_keyword in _RULES_WITHIN and rule.content is not None:
            if not any(node.type == "ident" and node.lower_value == "print" for node in rule.prelude):
                waiting += reversed(
                    tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                )
        elif rule.type == "qualified-rule":
            found = _colours(rule)
            if found.values:
                yield found


def _colours(rule: Any) -> Coloured:
    values: dict[str, str | Rgb] = {}
    places: dict[str, tuple[int, int]] = {}
    written: dict[str, str] = {}
    for each in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        if each.type != "declaration":
            continue
        name = "background" if each.lower_name == "background-color" else each.lower_name
        if name not in ("color", "background") and not name.startswith("--"):
            continue
        colour = _first_colour(each.value)
        if colour is not None:
            values[name], places[name] = colour, (each.source_line, each.source_column)
            written[name] = f"{each.name}: {tinycss2.serialize(each.value).strip()}"
    selector = tinycss2.serialize(rule.prelude)
    return Coloured(bool(_DARK.search(selector)), values, places, written)


def _first_colour(value: Sequence[Any]) -> str | Rgb | None:
    """Return the first colour of a value, or the name of its variable."""
    for node in value:
        if node.type == "function" and node.lower_name == "var":
            names = [each.value for each in node.arguments if each.type == "ident"]
            return names[0].removeprefix("--") if names else None
        if node.type in ("ident", "hash", "function"):
            colour = color4.parse_color(node)
            if colour is not None and not isinstance(colour, str):
                return _rgb(colour)
    return None


def _rgb(colour: Any) -> Rgb | None:
    """Return a colour as red, green and blue; None for a space that is not known here.

    A contrast depends on luminance alone, so other spaces than sRGB become a grey of the same lightness.
    """
    try:
        red, green, blue = colour.to("srgb").coordinates
    except NotImplementedError:
        try:
            lightness = float(colour.to("lab").coordinates[0])
        except NotImplementedError:
            return None
        luminance = ((lightness + 16) / 116) ** 3 if lightness > 8 else lightness * 27 / 24389
        grey = 12.92 * luminance if luminance <= 0.0031308 else 1.055 * luminance ** (1 / 2.4) - 0.055
        red = green = blue = min(max(grey, 0), 1)
    return float(red), float(green), float(blue), float(colour.alpha)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
