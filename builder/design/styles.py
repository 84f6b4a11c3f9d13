"""The styles folder: reads its style sheets, and generates those of coloured code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.design.language import direction
from builder.diagnostics import BuildError
from builder.program import styles_folder

FOLDER = styles_folder()
"""Folder of the project's own styles."""
_OTHERS = ("card", "print")
"""Style sheets of no single printed output: for cards in Anki, and for every page."""


_SIDES = re.compile(
    r"(?<=@top-)(?:left|right)|(?<=@bottom-)(?:left|right)|(?<=^  )(?:left|right)(?=: )", re.MULTILINE
)
"""Sides of margin boxes and of positioned elements, in a style sheet."""


@dataclass(frozen=True, slots=True)
class Styles:
    """The style sheets of one build."""

    card: str
    """Style sheet of Anki's note types, in light and dark mode."""
    printed: Mapping[str, str]
    """Style sheets for print, by the names of their files."""

    def for_print(self, name: str, language: str = "en") -> str:
        """Return `name.css` with the rules of every page, for a language.

        Raises `BuildError` if there is none.
        """
        if name not in self.printed:
            raise BuildError(f"the styles have no {name}.css, which its PDF is printed with")
        css = self.printed[name]
        return mirrored(css) if direction(language) == "rtl" else css


def mirrored(css: str) -> str:
    """Return a style sheet for pages that run from right to left.

    The sheets' properties are logical as far as they can be: the boxes in a page's margins and the places of
    what is positioned know left and right alone.
    """
    other = {"left": "right", "right": "left"}
    return _SIDES.sub(lambda side: other[side[0]], css)


def read_styles(folder: Path = FOLDER) -> Styles:
    """Read a styles folder. Raises `BuildError` for a file that is missing or wrong."""
    from builder.markdown.highlight import code_css

    try:
        theme = tomllib.loads(_read(folder / "theme.toml"))["code"]
        day = code_css(theme["day"], ".code")
        night = code_css(theme["night"], ".nightMode .code") + code_css(theme["night"], ".night_mode .code")
        printed = code_css(theme["print"], ".code")
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BuildError(f"{folder / 'theme.toml'}: {error}") from error
    except (KeyError, TypeError) as error:
        raise BuildError(
            f"{folder / 'theme.toml'}: [code] must name the styles day, night and print"
        ) from error
    page = _read(folder / "print.css")
    return Styles(
        card=_read(folder / "card.css") + "\n" + day + night,
        printed={
            path.stem: f"{page}\n{_read(path)}\n{printed}"
            for path in sorted(folder.glob("*.css"))
            if path.stem not in _OTHERS
        },
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"cannot read the style file {str(path)!r}: {error}") from error
