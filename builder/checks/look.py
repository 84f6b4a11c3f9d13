"""The look of a corpus: its card.css and theme.toml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from builder.checks.look_codes import BAD_CSS, CSS_ASKS
from builder.corpus.files import read_source
from builder.corpus.settings import check_known, quoted, syntax_error, wrong_setting
from builder.corpus.toml import TomlError, load
from builder.design.styles import CARD_FILE, MODES, THEME_FILE, Look, Styles, Theme, read_styles
from builder.diagnostics import Diagnostic
from builder.markdown.source import Source
from builder.text import is_line

NO_LOOK = Look()
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_FAMILY = re.compile(r"[^\"'\\\\<>{};,]{1,100}")
_FONTS = ("text", "code")
_SIZES = range(50, 201)


def read_look(folder: Path) -> tuple[Look, list[Diagnostic], list[Diagnostic]]:
    """Return the look of a corpus, the findings about it, and those about weak contrast.

    Anything invalid is left out: the whole card.css if it has an error, single values of theme.toml.
    """
    card, theme = folder / CARD_FILE, folder / THEME_FILE
    if not (card.exists() or theme.exists()):
        return NO_LOOK, [], []
    # Few corpora have a look; the others need not load the module that compares colours.
    from builder.checks.contrast import weak_pairs, weak_rules

    styles, chosen, css = read_styles(), Theme(), ""
    found: list[Diagnostic] = []
    weak: list[Diagnostic] = []
    if theme.exists():
        source, found = read_source(theme)
        if not found:
            chosen, found = _read_theme(source, styles)
            weak += weak_pairs(styles.theme, chosen, source)
    if card.exists():
        source, wrong = read_source(card)
        wrong = wrong or list(_check_css(source))
        found += wrong
        if not wrong:
            css = source.text.strip() and f"{source.text.strip()}\n"
            weak += weak_rules(styles.theme.changed(chosen), source)
    return Look(chosen, css), found, weak


def _check_css(source: Source) -> Iterator[Diagnostic]:
    from builder.design.css import faults

    # The parser reads a form feed as the end of a line.
    css = "\n".join(source.lines).replace("\f", " ")
    for each in sorted(faults(css), key=lambda fault: (fault.line, fault.column)):
        code = CSS_ASKS if each.asks else BAD_CSS
        yield code.at(source.location(each.line - 1, each.column - 1), f"{CARD_FILE} {each.what}", each.hint)


def _read_theme(source: Source, styles: Styles) -> tuple[Theme, list[Diagnostic]]:
    try:
        table = load("\n".join(source.lines))
    except TomlError as error:
        return Theme(), [syntax_error(error, source)]
    colours = {mode: tuple(styles.theme.colours(mode)) for mode in MODES}
    names: Mapping[str, tuple[str, ...]] = {**colours, "code": MODES, "fonts": _FONTS, "sizes": ("cards",)}
    found: list[Diagnostic] = []
    chosen: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, values in table.items():
        found += check_known(name, tuple(names), (name,), source, "table", f"tables are: {', '.join(names)}")
        if name in names and not isinstance(values, dict):
            hint = f"write a table: [{name}]"
            found.append(wrong_setting((name,), f"is {quoted(values)}", hint, source))
        for key, value in values.items() if name in names and isinstance(values, dict) else ():
            keys = (name, key)
            found += check_known(key, names[name], keys, source, f"name in [{name}]")
            if key not in names[name]:
                continue
            hint = _hint(name, key, value)
            if hint:
                found.append(wrong_setting(keys, f"is {quoted(value)}", hint, source))
            else:
                chosen[name][key] = _long(value) if name in colours else value
    return (
        Theme(
            light=chosen["light"],
            dark=chosen["dark"],
            print=chosen["print"],
            code=chosen["code"],
            fonts={name: tuple(families) for name, families in chosen["fonts"].items()},
            size=chosen["sizes"].get("cards", 100),
        ),
        found,
    )


def _hint(table: str, key: str, value: object) -> str:
    """Return a hint for an invalid value; empty if it is valid."""
    if table in MODES:
        is_right = isinstance(value, str) and bool(_COLOUR.fullmatch(value))
        return "" if is_right else 'write a colour as in "#1d5fa8"'
    if table == "code":
        from builder.markdown.highlight import code_styles

        if isinstance(value, str) and value in code_styles():
            return ""
        near = get_close_matches(str(value), code_styles(), n=1)
        return f"did you mean {near[0]!r}?" if near else f"Pygments has: {', '.join(sorted(code_styles()))}"
    if table == "fonts":
        is_right = (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(each, str) and is_line(each) and _FAMILY.fullmatch(each) for each in value)
        )
        return "" if is_right else 'write a list of families, as in ["Georgia", "serif"]'
    is_right = isinstance(value, int) and not isinstance(value, bool) and value in _SIZES
    return "" if is_right else f"write a number from {_SIZES[0]} to {_SIZES[-1]}, in percent"


def _long(colour: str) -> str:
    """Return a colour as `#rrggbb`."""
    digits = colour.removeprefix("#").lower()
    return f"#{digits}" if len(digits) == 6 else "#" + "".join(digit * 2 for digit in digits)
