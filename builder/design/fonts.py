"""Fonts of sheets and cards, made from installed variable fonts. The only module that knows HarfBuzz.

The fonts are pip packages, so that a sheet looks the same on every system. They are variable. WeasyPrint
itself takes more than a second for a face of such a font, and adds the time of day to it
(docs/facts/weasyprint.md, section 3); HarfBuzz takes some 20 milliseconds and adds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    import uharfbuzz


@dataclass(frozen=True, slots=True)
class Face:
    """One style of a font family, as style sheets ask for it."""

    family: str
    package: str
    weight: int
    is_italic: bool = False
    is_on_cards: bool = True

    @property
    def name(self) -> str:
        """File name of the face: Inter-600.ttf, JetBrainsMono-400-italic.ttf."""
        italic = "-italic" if self.is_italic else ""
        return f"{self.family.replace(' ', '')}-{self.weight}{italic}.ttf"

    @property
    def css(self) -> str:
        """`@font-face` rule of the face."""
        style = "italic" if self.is_italic else "normal"
        return (
            f'@font-face {{ font-family: "{self.family}"; font-weight: {self.weight};'
            f' font-style: {style}; src: url("fonts/{self.name}"); }}\n'
        )


FACES = (
    Face("Inter", "fontpkg_inter", 400),
    Face("Inter", "fontpkg_inter", 400, is_italic=True),
    Face("Inter", "fontpkg_inter", 600),
    Face("Inter", "fontpkg_inter", 700, is_on_cards=False),
    Face("Inter", "fontpkg_inter", 700, is_italic=True, is_on_cards=False),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 400),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 400, is_italic=True, is_on_cards=False),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 600),
    Face("JetBrains Mono", "fontpkg_jetbrains_mono", 700, is_italic=True, is_on_cards=False),
)
"""All faces that style sheets may use."""


_WEIGHTS = {400: "", 600: "-Semi-Bold", 700: "-Bold"}


@dataclass(frozen=True, slots=True)
class Typeface:
    """Metrics of a face for a PDF, in thousandths of its size; they depend on no text."""

    face: Face
    font: uharfbuzz.Font
    characters: Mapping[int, str]
    """Characters by glyph; for a glyph of several characters, the most usual of them."""
    glyphs: Mapping[str, str]
    """Glyphs by character, as the four hexadecimal digits of a PDF's texts; without a character whose glyph
    stands for another one."""

    @property
    def name(self) -> str:
        """Pango's name of the face: Inter-Semi-Bold, JetBrains-Mono-Italic."""
        return _pango_name(self.face)

    def width(self, glyph: int) -> int | None:
        """Return the advance width of a glyph; None if there is no such glyph."""
        if glyph >= self.font.face.glyph_count:
            return None
        advance, upem = self.font.get_glyph_h_advance(glyph), self.font.face.upem
        return int(1000 * advance / upem + 0.5)

    def character(self, glyph: int) -> str | None:
        """Return the character that a glyph stands for; None if there is none."""
        return self.characters.get(glyph)

    def height(self) -> tuple[int, int]:
        """Return the ascent and, as a negative number, the descent of the face."""
        extents = self.font.get_font_extents("ltr")
        upem = self.font.face.upem
        return round(extents.ascender * 1000 / upem), round(extents.descender * 1000 / upem)

    def embedded(self, glyphs: Collection[int]) -> bytes:
        """Return the font file with only some glyphs, which keep their numbers."""
        import uharfbuzz

        wanted = _subset_input(glyphs)
        wanted.flags |= uharfbuzz.SubsetFlags.RETAIN_GIDS
        kept = uharfbuzz.subset(self.font.face, wanted)
        # Drop the empty glyphs after the last one.
        return bytes(uharfbuzz.subset(kept, _subset_input(range(max(glyphs) + 1))).blob.data)


_UNUSED_TABLES = ("BASE", "DSIG", "EBDT", "EBLC", "EBSC", "GPOS", "GSUB", "JSTF", "LTSH", "PCLT", "SVG ")


def _subset_input(glyphs: Iterable[int]) -> uharfbuzz.SubsetInput:
    import uharfbuzz

    wanted = uharfbuzz.SubsetInput()
    wanted.flags = uharfbuzz.SubsetFlags.PASSTHROUGH_UNRECOGNIZED | uharfbuzz.SubsetFlags.NO_HINTING
    for glyph in glyphs:
        wanted.glyph_set.add(glyph)
    for table in _UNUSED_TABLES:
        wanted.drop_table_tag_set.add(int.from_bytes(table.encode()))
    return wanted


_RARE = (*range(0x250, 0x300), *range(0x2E80, 0x2FE0))
"""Code points that may look like more usual ones: phonetic letters, which have an apostrophe and an iota of
their own, and the radicals of ideographs."""


@cache
def typeface(name: str) -> Typeface | None:
    """Return the face with a Pango name, `Inter-Semi-Bold`; None if it is none of ours."""
    import uharfbuzz

    for face in FACES:
        if name == _pango_name(face):
            font = uharfbuzz.Font(uharfbuzz.Face(_cut(face)))
            characters: dict[int, str] = {}
            # Inter has its alternates among the private characters too; they mean nothing in a text.
            codes = (code for code in font.face.unicodes if category(chr(code)) != "Co")
            for code in sorted(codes, key=lambda code: (code in _RARE, code)):
                characters.setdefault(font.get_nominal_glyph(code), chr(code))
            glyphs = {character: f"{glyph:04x}" for glyph, character in characters.items()}
            return Typeface(face, font, characters, glyphs)
    return None


@lru_cache(maxsize=100_000)
def advance(text: str, family: str, weight: int, *, is_italic: bool = False) -> float:
    """Return the width of a text in the nearest face of a family, relative to its size."""
    import uharfbuzz

    faces = [face for face in FACES if face.family == family and face.is_italic == is_italic]
    found = typeface(_pango_name(min(faces, key=lambda face: abs(face.weight - weight))))
    assert found is not None
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(found.font, buffer, {"calt": False})
    return float(sum(place.x_advance for place in buffer.glyph_positions) / found.font.face.upem)


def _pango_name(face: Face) -> str:
    italic = "-Italic" if face.is_italic else ""
    return face.family.replace(" ", "-") + _WEIGHTS[face.weight] + italic


_CARD_CHARACTERS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *range(0x2010, 0x2028),  # dashes, quotation marks, the ellipsis
    *range(0x2190, 0x2194),  # arrows
    *range(0x2500, 0x2580),  # boxes, for trees of files
    *map(ord, "‹›€™−≈≠≤≥⇒✓✗"),
)
"""Characters that cards show in our fonts; the learner's system has fonts for all others. The same for every
deck, so that a new word never makes a new font."""
_CARD_FEATURES = ("kern", "mark", "ccmp")


def font_css() -> str:
    """Return the `@font-face` rules of all faces, without their contextual alternates.

    Alternates would make an arrow of `->`, and a product of `3x4`, also in copied text.
    """
    return "".join(face.css.replace(" }", ' font-feature-settings: "calt" 0; }') for face in FACES)


@cache
def card_fonts() -> tuple[str, Mapping[str, bytes]]:
    """Return the `@font-face` rules of the faces on cards, and their font files by name.

    Anki keeps media that only a style sheet names if they begin with an underscore, and never replaces
    one: so the name has the content's hash (docs/facts/anki.md, section 7).
    """
    rules: list[str] = []
    files: dict[str, bytes] = {}
    for face in FACES:
        if not face.is_on_cards:
            continue
        content = _cut(face, _CARD_CHARACTERS)
        name = f"_{face.name.lower().removesuffix('.ttf')}-{sha256(content).hexdigest()[:12]}.ttf"
        files[name] = content
        rules.append(face.css.replace(f"fonts/{face.name}", name))
    return "".join(rules), files


_EMOJI = {0x26A1}
"""Code points of the print fonts that Pango takes from the system's emoji font all the same."""


@cache
def _drawn_by_print_fonts() -> frozenset[int]:
    """Return the characters that all faces of at least one family have."""
    import uharfbuzz

    families: dict[str, set[int]] = {}
    for face in FACES:
        font = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(_variable_font(face)))
        families.setdefault(face.family, set(font.unicodes)).intersection_update(font.unicodes)
    return frozenset().union(*families.values()) - _EMOJI


REPLACEMENT = "\u25a1"
"""Character to print for each one that the print fonts lack: a box."""
_SELECTORS = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
"""Variation selectors: they choose how the character before them looks, and look like nothing."""
_JOINERS = (0x34F, 0x200C, 0x200D, *range(0xE0020, 0xE0080))
"""Invisible code points: joiners, which join or separate characters, and tags, which qualify an emoji."""


def is_drawn(character: str) -> bool:
    """Tell whether the print fonts have a character, or it is one that shows nothing by itself."""
    code = ord(character)
    return (
        code in _drawn_by_print_fonts()
        or category(character) in ("Cc", "Cf")
        or code in _SELECTORS
        or code in _JOINERS
    )


def missing_glyphs(text: str) -> list[tuple[int, str]]:
    """Return the characters that the print fonts do not have, with their places in a text."""
    return [(place, character) for place, character in enumerate(text) if not is_drawn(character)]


class _Drawable(dict[int, str]):
    """Table for `str.translate`: the text to print for each code point."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code in _SELECTORS or code in _JOINERS:
            drawn = ""  # Pango would take the character before it from a font of the system's
        else:
            drawn = character if is_drawn(character) else REPLACEMENT
        self[code] = drawn
        return drawn


_DRAWABLE = _Drawable()


def drawable(text: str) -> str:
    """Return a text as the print fonts can draw it: with a box for each character that they lack."""
    return text if text.isascii() else text.translate(_DRAWABLE)


def cut_fonts() -> Iterator[tuple[str, bytes]]:
    """Yield each face's address in style sheets and its font file, made from the variable font."""
    for face in FACES:
        yield f"fonts/{face.name}", _cut(face)


@cache
def _cut(face: Face, characters: Sequence[int] = ()) -> bytes:
    """Return a face as a font file, with all characters or only some."""
    import uharfbuzz

    font = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(_variable_font(face)))
    wanted = uharfbuzz.SubsetInput()
    if characters:
        wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
        for character in characters:
            wanted.unicode_set.add(character)
        wanted.layout_feature_tag_set.clear()
        for feature in _CARD_FEATURES:
            wanted.layout_feature_tag_set.add(int.from_bytes(feature.encode()))
    else:
        wanted.keep_everything()
    wanted.pin_all_axes_to_default(font)
    wanted.pin_axis_location(font, "wght", face.weight)
    return bytes(uharfbuzz.subset(font, wanted).blob.data)


def _variable_font(face: Face) -> Path:
    spec = find_spec(face.package)
    assert spec is not None
    assert spec.origin is not None
    italic = "-Italic" if face.is_italic else ""
    # Inter[opsz,wght].ttf, JetBrainsMono-Italic[wght].ttf
    (file,) = (Path(spec.origin).parent / "files").glob(f"{face.family.replace(' ', '')}{italic}[[]*.ttf")
    return file
