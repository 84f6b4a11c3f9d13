"""The styles folder: reads its style sheets, fills in a theme, and generates the styles of coloured code.

The look of a corpus is a changed theme and an additional style sheet for its cards.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from builder.design.language import direction
from builder.diagnostics import BuildError
from builder.program import styles_folder

FOLDER = styles_folder()
"""Folder of the project's own styles."""
CARD_FILE, THEME_FILE = "card.css", "theme.toml"
"""Files in the styles folder, and in a corpus that has its own look."""
MODES = ("light", "dark", "print")
"""Modes, each with its own colours: cards in light mode, in dark mode, and print."""
_OTHERS = ("card", "print")
"""Style sheets that do not belong to one printed output: for cards in Anki, and for all pages."""
_LIGHT = ".card,\n.cp"
_DARK = ".nightMode,\n.night_mode,\n.nightMode .card,\n.night_mode .card,\n.nightMode .cp,\n.night_mode .cp"
"""Selectors of the variables of cards: as in card.css."""
_GENERIC = re.compile(r"(ui-)?(serif|sans-serif|monospace|rounded)|system-ui|cursive|fantasy|math")
"""Generic font names, which CSS writes without quotes."""
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_SIDES = re.compile(
    r"(?<=@top-)(?:left|right)|(?<=@bottom-)(?:left|right)|(?<=^  )(?:left|right)(?=: )", re.MULTILINE
)
"""Sides of margin boxes and of positioned elements, in a style sheet."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Values of the styles, by name; the theme of a corpus has only those that it changes."""

    light: Mapping[str, str] = field(default_factory=dict)
    """Colours of cards in light mode, as `#rrggbb`."""
    dark: Mapping[str, str] = field(default_factory=dict)
    print: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    """Pygments style of each mode."""
    fonts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Families of the fonts on cards, before those of cardpress: of `text`, and of `code`."""
    size: int = 100
    """Size of the text on cards, in percent."""

    def colours(self, mode: str) -> Mapping[str, str]:
        """Return the colours of a mode."""
        return {"light": self.light, "dark": self.dark, "print": self.print}[mode]

    def changed(self, changes: Theme) -> Theme:
        """Return the theme with the changes of another one."""
        return Theme(
            light={**self.light, **changes.light},
            dark={**self.dark, **changes.dark},
            print={**self.print, **changes.print},
            code={**self.code, **changes.code},
            fonts={**self.fonts, **changes.fonts},
            size=changes.size,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a corpus: its changes of the theme, and its card.css."""

    theme: Theme = field(default_factory=Theme)
    css: str = ""


@dataclass(frozen=True, slots=True)
class Styles:
    """The style sheets of one build."""

    base: str
    """Style sheet of cards, without the rules from a theme."""
    sheets: Mapping[str, str]
    """Style sheets for print by file name, with names instead of colours."""
    theme: Theme
    """Colours, and the styles of code."""
    look: Look = field(default_factory=Look)

    @property
    def card(self) -> str:
        """Style sheet of Anki's note types, in light and dark mode."""
        code = self.theme.changed(self.look.theme).code
        scopes = ("light", ".code"), ("dark", ".nightMode .code"), ("dark", ".night_mode .code")
        coloured = "".join(_code_css(code[mode], scope) for mode, scope in scopes)
        parts = (f"{self.base}\n{coloured}", self._variables(), self.look.css)
        return "\n".join(filter(None, parts))

    def _variables(self) -> str:
        """Return the rules that set the variables of cards to the values of the look."""
        changes = self.look.theme
        light = [f"--{name}: {colour};" for name, colour in changes.light.items()]
        dark = [f"--{name}: {colour};" for name, colour in changes.dark.items()]
        for name, families in changes.fonts.items():
            usual = re.search(rf"--{name}: ([^;]*);", self.base)
            listed = (family if _GENERIC.fullmatch(family) else f'"{family}"' for family in families)
            light.append(f"--{name}: {', '.join((*listed, *(usual.groups() if usual else ())))};")
        if changes.size != 100:
            light.append(f"--size: {changes.size / 100:g};")
        rules = ((_LIGHT, light), (_DARK, dark))
        return "".join(f"{selector} {{ {' '.join(lines)} }}\n" for selector, lines in rules if lines)

    def for_print(self, name: str, language: str = "en") -> str:
        """Return `name.css` with the rules of every page, for a language.

        Raises `BuildError` if there is none.
        """
        if name not in self.sheets:
            raise BuildError(f"the styles have no {name}.css, which this PDF needs")
        theme = self.theme.changed(self.look.theme)
        css = _VARIABLE.sub(lambda found: theme.print.get(found[1], found[0]), self.sheets[name])
        css = f"{css}\n{_code_css(theme.code['print'], '.code')}"
        return mirrored(css) if direction(language) == "rtl" else css

    def with_look(self, look: Look) -> Styles:
        """Return the styles of a corpus with a look."""
        return replace(self, look=look)


def mirrored(css: str) -> str:
    """Return a style sheet for pages that run from right to left.

    The sheets use logical properties where CSS has them. The boxes in a page's margins, and the places of
    positioned elements, have only left and right.
    """
    other = {"left": "right", "right": "left"}
    return _SIDES.sub(lambda side: other[side[0]], css)


def card_colours(card_css: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the named colours of a card's style sheet, in light and in dark mode."""
    named = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block, re.IGNORECASE))
        for block in re.findall(r"\{([^}]*--paper:[^}]*)\}", card_css)
    ]
    light, dark = (*named, {}, {})[:2]
    return light, dark


def read_styles(folder: Path = FOLDER) -> Styles:
    """Read a styles folder. Raises `BuildError` for a file that is missing or wrong."""
    path = folder / THEME_FILE
    try:
        table = tomllib.loads(_read(path))
        code = {mode: str(table["code"][mode]) for mode in MODES}
        printed = {name: str(colour) for name, colour in table.get("print", {}).items()}
        for style in code.values():
            _code_css(style, "")
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BuildError(f"{path}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{path}: [code] must name the styles light, dark and print") from error
    page, base = _read(folder / "print.css"), _read(folder / CARD_FILE)
    light, dark = card_colours(base)
    return Styles(
        base=base,
        sheets={
            path.stem: f"{page}\n{_read(path)}"
            for path in sorted(folder.glob("*.css"))
            if path.stem not in _OTHERS
        },
        theme=Theme(light=light, dark=dark, print=printed, code=code),
    )


def _code_css(style: str, scope: str) -> str:
    from builder.markdown.highlight import code_css

    return code_css(style, scope)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"cannot read the style file {str(path)!r}: {error}") from error
