"""The print fonts: each face cut from an installed variable font. The only module that knows HarfBuzz.

The fonts come as pip packages, so that a sheet looks the same on every system. They are variable, and
WeasyPrint's own way with such fonts takes a second and more for each face and stamps it with the time of
day (facts on print, section 3); HarfBuzz takes some 20 milliseconds and adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import uharfbuzz


@dataclass(frozen=True, slots=True)
class Face:
    """One style of a family, as style sheets ask for it."""

    family: str
    package: str
    weight: int
    is_italic: bool = False

    @property
    def name(self) -> str:
        """The face's file name: Inter-600.ttf, JetBrainsMono-400-italic.ttf."""
        italic = "-italic" if self.is_italic else ""
        return f"{self.family.replace(' ', '')}-{self.weight}{italic}.ttf"

    @property
    def css(self) -> str:
        """The `@font-face` rule that makes the face known."""
        style = "italic" if self.is_italic else "normal"
        return (
            f'@font-face {{ font-family: "{self.family}"; font-weight: {self.weight};'
            f' font-style: {style}; src: url("fonts/{self.name}"); }}\n'
        )


FACES = (
    Face("Inter", "fontpkg_inter", 400),
    Face("Inter", "fontpkg_inter", 400, is_italic=True),
    Face("Inter", "fontpkg_inter", 600),
    Face("Inter", "fontpkg_inter", 700),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 400),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 400, is_italic=True),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 600),
)
"""All faces that style sheets may use."""


def font_css() -> str:
    """Return the rules that make all faces known to a style sheet."""
    return "".join(face.css for face in FACES)


def cut_fonts() -> Iterator[tuple[str, bytes]]:
    """Yield each face's address in style sheets and its font file, cut from the variable one."""
    for face in FACES:
        font = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(_variable_font(face)))
        wanted = uharfbuzz.SubsetInput()
        wanted.keep_everything()
        wanted.pin_all_axes_to_default(font)
        wanted.pin_axis_location(font, "wght", face.weight)
        yield f"fonts/{face.name}", uharfbuzz.subset(font, wanted).blob.data


def _variable_font(face: Face) -> Path:
    spec = find_spec(face.package)
    assert spec is not None
    assert spec.origin is not None
    italic = "-Italic" if face.is_italic else ""
    # Inter[opsz,wght].ttf, JetBrainsMono-Italic[wght].ttf
    (file,) = (Path(spec.origin).parent / "files").glob(f"{face.family.replace(' ', '')}{italic}[[]*.ttf")
    return file
