"""Fonts of prints and cards, made from installed fonts. The only module that knows HarfBuzz.

The fonts are pip packages, so that a print looks the same on every system. Most are variable. WeasyPrint
needs more than a second for a face of a variable font, and adds the time of day to it
(docs/facts/weasyprint.md, section 3). HarfBuzz needs some 20 milliseconds and adds nothing.

Two families are always installed. Each other script has a family (`SCRIPTS`) that users install if they need
it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from struct import error as struct_error
from struct import pack_into, unpack_from
from typing import TYPE_CHECKING
from unicodedata import category

from builder.corpus.model import OwnFont
from builder.diagnostics import BuildError
from builder.runtime.regular_files import FONT_LIMIT, RefusedFile, read_regular

if TYPE_CHECKING:
    import uharfbuzz


@dataclass(frozen=True, slots=True)
class Face:
    """One style of a font family, as style sheets name it."""

    family: str
    package: str
    weight: int
    is_italic: bool = False
    is_on_cards: bool = True
    has_own_italic: bool = True
    """False if the family has no italic: then upright letters are used."""
    left_out: str = "calt"
    """Feature of the font that print leaves out, if any."""
    file: OwnFont | None = None
    """File of a font in a corpus folder."""

    @property
    def name(self) -> str:
        """File name of the face: Inter-600.ttf, JetBrainsMono-400-italic.ttf."""
        italic = "-italic" if self.is_italic and self.has_own_italic else ""
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
"""Faces of the families that are always installed."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script that those families lack, and the family for it.

    Fonts must be TrueType, because only their glyphs can be embedded in a PDF of fragments.
    """

    name: str
    """Name of the extra that installs the family: `cardpress[arabic]`."""
    family: str
    package: str
    blocks: Sequence[range]
    """Code points of the script."""
    is_joined: bool = False
    """True if letters have other shapes within a word."""
    languages: Sequence[str] = ()
    """Languages, by the beginnings of their tags, that prefer the family to its siblings.

    The siblings draw the same characters in other forms.
    """
    is_large: bool = False
    """True if a document gets the family only if it needs it, and only the characters that it needs."""

    @property
    def is_installed(self) -> bool:
        """True if the package of the family is installed."""
        return find_spec(self.package) is not None

    def faces(self) -> Iterator[Face]:
        """Yield the faces of the family, in the styles that Inter has."""
        for face in FACES:
            if face.family == "Inter":
                yield Face(
                    self.family,
                    self.package,
                    face.weight,
                    is_italic=face.is_italic,
                    is_on_cards=False,
                    has_own_italic=False,
                    left_out="",
                )


_HAN = (
    range(0x1100, 0x1200),
    range(0x2E80, 0x2FE0),
    range(0x2FF0, 0x3250),
    range(0x3260, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xA960, 0xA980),
    range(0xAC00, 0xD800),
    range(0xF900, 0xFB00),
    range(0xFE30, 0xFE50),
    range(0xFF00, 0xFFF0),
    range(0x1F200, 0x1F300),
    range(0x20000, 0x32400),
)
"""Code points of Chinese, Japanese and Korean: their families are siblings, which draw Han characters each in
its own way."""

_EMOJI_BLOCKS = (
    *(range(0x20E3, 0x20E4), range(0x231A, 0x231C), range(0x2328, 0x2329), range(0x23E9, 0x23F4)),
    *(range(0x23F8, 0x23FB), range(0x25FB, 0x25FF), range(0x2600, 0x2605), range(0x260E, 0x260F)),
    *(range(0x2611, 0x2612), range(0x2614, 0x2616), range(0x2618, 0x2619), range(0x261D, 0x261E)),
    *(range(0x2620, 0x2621), range(0x2622, 0x2624), range(0x2648, 0x2654), range(0x265F, 0x2661)),
    *(range(0x2663, 0x2664), range(0x2666, 0x2667), range(0x2668, 0x2669), range(0x267F, 0x2680)),
    *(range(0x2693, 0x2694), range(0x26A1, 0x26A2), range(0x26AA, 0x26AC), range(0x26BD, 0x26BF)),
    *(range(0x26C4, 0x26C6), range(0x26C8, 0x26C9), range(0x26CE, 0x26D0), range(0x26D1, 0x26D2)),
    *(range(0x26D3, 0x26D5), range(0x26E9, 0x26EB), range(0x26F0, 0x26F6), range(0x26F7, 0x26FB)),
    *(range(0x26FD, 0x26FE), range(0x2702, 0x2703), range(0x2705, 0x2706), range(0x2708, 0x270E)),
    *(range(0x270F, 0x2710), range(0x2712, 0x2713), range(0x2714, 0x2715), range(0x2716, 0x2717)),
    *(range(0x2728, 0x2729), range(0x2733, 0x2735), range(0x2744, 0x2745), range(0x2747, 0x2748)),
    *(range(0x274C, 0x274D), range(0x274E, 0x274F), range(0x2753, 0x2756), range(0x2757, 0x2758)),
    *(range(0x2763, 0x2765), range(0x2795, 0x2798), range(0x27A1, 0x27A2), range(0x27B0, 0x27B1)),
    *(range(0x27BF, 0x27C0), range(0x2934, 0x2936), range(0x2B05, 0x2B08), range(0x2B1B, 0x2B1D)),
    *(range(0x2B50, 0x2B51), range(0x2B55, 0x2B56), range(0x3030, 0x3031), range(0x303D, 0x303E)),
    *(range(0x1F000, 0x1F200), range(0x1F201, 0x1F260), range(0x1F300, 0x1FB00)),
)
"""Code points of emoji that other families lack."""

SCRIPTS = (
    # Not Noto Sans Arabic: it draws dots apart from letters, so words could not be copied or searched.
    Script(
        "arabic",
        "IBM Plex Sans Arabic",
        "fontpkg_ibm_plex_sans_arabic",
        (
            range(0x600, 0x700),
            range(0x750, 0x780),
            range(0x8A0, 0x900),
            range(0xFB50, 0xFE00),
            range(0xFE70, 0xFEFF),
        ),
        is_joined=True,
    ),
    Script("hebrew", "Heebo", "fontpkg_heebo", (range(0x590, 0x600), range(0xFB1D, 0xFB50))),
    Script(
        "devanagari",
        "Noto Sans Devanagari",
        "fontpkg_noto_sans_devanagari",
        (range(0x900, 0x980), range(0x1CD0, 0x1D00), range(0xA8E0, 0xA900)),
    ),
    Script("thai", "Noto Sans Thai", "fontpkg_noto_sans_thai", (range(0xE00, 0xE80),)),
    Script("tamil", "Noto Sans Tamil", "fontpkg_noto_sans_tamil", (range(0xB80, 0xC00),)),
    Script("telugu", "Noto Sans Telugu", "fontpkg_noto_sans_telugu", (range(0xC00, 0xC80),)),
    Script(
        "khmer", "Noto Sans Khmer", "fontpkg_noto_sans_khmer", (range(0x1780, 0x1800), range(0x19E0, 0x1A00))
    ),
    # All in one package: a Japanese text may quote Korean, a Korean one Chinese.
    Script("cjk", "Noto Sans JP", "justmytype_intl_cjk", _HAN, is_large=True, languages=("ja", "ain", "ryu")),
    Script("cjk", "Noto Sans KR", "justmytype_intl_cjk", _HAN, is_large=True, languages=("ko", "okm", "jje")),
    Script(
        "cjk",
        "Noto Sans SC",
        "justmytype_intl_cjk",
        _HAN,
        is_large=True,
        languages=("zh", "cmn", "wuu", "za"),
    ),
    Script(
        "cjk",
        "Noto Sans TC",
        "justmytype_intl_cjk",
        _HAN,
        is_large=True,
        languages=("zh-Hant", "zh-TW", "zh-HK", "zh-MO", "yue", "nan", "hak", "lzh"),
    ),
    # Not scripts, but handled like them: letters of mathematics and phonetics, then signs.
    Script(
        "symbols",
        "Noto Sans",
        "manimgx_fonts",
        (range(0x1D00, 0x1DC0), range(0x20B0, 0x20C1), range(0x2100, 0x2150), range(0x2C60, 0x2C80)),
    ),
    Script(
        "symbols",
        "Noto Sans Symbols",
        "manimgx_fonts",
        (
            range(0x2306, 0x2316),
            range(0x231C, 0x2320),
            range(0x232C, 0x2336),
            range(0x2388, 0x239B),
            range(0x23BE, 0x23DC),
            range(0x23E2, 0x23E9),
            range(0x2469, 0x2500),
            range(0x2638, 0x263C),
            range(0x2669, 0x267F),
            range(0x2690, 0x269E),
            range(0x26A2, 0x26AA),
            range(0x2776, 0x2780),
            range(0x2789, 0x2794),
        ),
    ),
    # In one colour.
    Script("symbols", "Noto Emoji", "manimgx_fonts", _EMOJI_BLOCKS, is_large=True),
)
"""Scripts whose family an extra of cardpress installs."""


@cache
def installed_scripts() -> tuple[Script, ...]:
    """Return the scripts whose families are installed."""
    return tuple(script for script in SCRIPTS if script.is_installed)


def faces() -> tuple[Face, ...]:
    """Return the faces of every document of a corpus, those of its own fonts first."""
    return _faces_with(_own_fonts.get())


@lru_cache(maxsize=8)
def _faces_with(own: tuple[OwnFont, ...]) -> tuple[Face, ...]:
    small = (script for script in installed_scripts() if not script.is_large)
    return (*FACES, *_own_faces(own), *(face for script in small for face in script.faces()))


_own_fonts: ContextVar[tuple[OwnFont, ...]] = ContextVar("own fonts", default=())
_faces_of_own: dict[str, Face] = {}
"""Faces of the fonts of corpora, by Pango's names, which include a hash of the content."""


@contextmanager
def using(own: tuple[OwnFont, ...]) -> Iterator[None]:
    """Use the fonts of a corpus, too, until the end of the block."""
    token = _own_fonts.set(own)
    try:
        yield
    finally:
        _own_fonts.reset(token)


_STYLE = re.compile(
    r"-(?:thin|extra|ultra|light|book|regular|medium|semi|demi|bold|black|heavy|italic|oblique)+$",
    re.IGNORECASE,
)
"""Style at the end of a file's name: X-Bold.ttf and X-Italic.ttf are one family."""
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def _own_faces(own: tuple[OwnFont, ...]) -> Iterator[Face]:
    """Yield the faces of the fonts of a corpus, in the styles of Inter."""
    families: dict[str, list[OwnFont]] = {}
    for font in own:
        families.setdefault(_STYLE.sub("", Path(font.name).stem), []).append(font)
    for stem, fonts in families.items():
        # Pango would read style words and numbers at the end of a name as a style and a size.
        content = sha256("".join(font.digest for font in fonts).encode()).hexdigest()[:10]
        family = f"{re.sub('[^A-Za-z]+', ' ', stem).strip()[:40]} own {content.translate(_LETTERS)}".strip()
        for face in FACES:
            if face.family == "Inter":
                yield _own_face(face, family, fonts)


def _own_face(style: Face, family: str, fonts: Sequence[OwnFont]) -> Face:
    """Return a face of a family of files, from the file with the nearest style."""
    styles = {font: _style_of(font) for font in fonts}
    italics = [font for font in fonts if styles[font][1]]
    uprights = [font for font in fonts if not styles[font][1]] or list(fonts)
    among = italics if style.is_italic and italics else uprights
    face = Face(
        family,
        "",
        style.weight,
        is_italic=style.is_italic,
        is_on_cards=False,
        has_own_italic=bool(italics),
        left_out="",
        file=min(among, key=lambda font: abs(styles[font][0] - style.weight)),
    )
    return _faces_of_own.setdefault(_pango_name(face), face)


@lru_cache(maxsize=64)
def _style_of(font: OwnFont) -> tuple[int, bool]:
    """Return the weight of a font, and whether it is an italic."""
    import uharfbuzz

    style = bytes(uharfbuzz.Face(own_content(font)).reference_table("OS/2").data)
    weight, selection = unpack_from(">H", style, 4)[0], unpack_from(">H", style, 62)[0]
    return weight, bool(selection & 1)


@lru_cache(maxsize=16)
def own_content(font: OwnFont) -> bytes:
    """Read a font of a corpus. Raises `BuildError` if it has changed since it was checked."""
    try:
        content = read_regular(font.path, font.path.parent, FONT_LIMIT)
    except RefusedFile as error:
        raise BuildError(f"the font {font.name!r} {error.reason}") from error
    if sha256(content).hexdigest() != font.digest:
        raise BuildError(f"the font {font.name!r} changed in the meantime: build again")
    return content


_NEEDED = ("OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp")
"""Tables that a font must have for print."""
_TRUE_TYPE = "use a TrueType font: a file that ends in .ttf"


def fault_of(content: bytes) -> tuple[str, str] | None:
    """Return the fault of a font file, as reason and hint; None if print can use it."""
    import uharfbuzz

    match content[:4]:
        case b"OTTO":
            return "has CFF outlines, which prints do not support", _TRUE_TYPE
        case b"wOFF" | b"wOF2":
            return "is packed for the web", "unpack it to a file that ends in .ttf"
        case b"ttcf":
            return "is a collection of fonts", "extract a single font"
        case b"\0\1\0\0" | b"true":
            pass
        case _:
            return "is not a TrueType font", _TRUE_TYPE
    damaged = "is damaged", "download the file again"
    try:
        tables = {
            content[at : at + 4].decode("latin-1"): unpack_from(">LL", content, at + 8)
            for at in range(12, 12 + 16 * int.from_bytes(content[4:6]), 16)
        }
        if any(start + size > len(content) for start, size in tables.values()):
            return damaged
        if missing := [name for name in _NEEDED if name not in tables]:
            return f"has no table {missing[0]!r}, and cannot be printed", _TRUE_TYPE
        face = uharfbuzz.Face(content)
        codes = [code for code in face.unicodes if code > 0x20]
        if not codes or tables["OS/2"][1] < 78 or tables["hhea"][1] < 36:
            return damaged
        wanted = uharfbuzz.SubsetInput()
        wanted.keep_everything()
        if face.has_var_data:
            wanted.pin_all_axes_to_default(face)
        _as_high_as_inter(bytes(uharfbuzz.subset(face, wanted).blob.data))
    except (ValueError, RuntimeError, MemoryError, struct_error, KeyError):
        return damaged
    return None


@cache
def _large_faces() -> tuple[Face, ...]:
    """Return the faces of large families; a document gets only those that it needs."""
    return tuple(face for script in installed_scripts() if script.is_large for face in script.faces())


@dataclass(frozen=True, slots=True)
class Large:
    """A large family that a document needs, and the characters that need it."""

    family: str
    characters: str


def large_families(text: str, languages: Iterable[str]) -> tuple[Large, ...]:
    """Return the large families that a text in some languages needs, each with its characters."""
    if not _in_large().search(text):
        return ()
    usual = set(map(chr, _drawn_by(faces()))) - {KEYCAP}
    wanted = set(_in_large().findall(text)) - usual
    variants = set(re.findall(_VARIANT, text))
    found: dict[str, set[str]] = {}
    for language in sorted(set(languages)):
        left = wanted
        for script in _in_order(language):
            drawn = left & _characters_of(script)
            if drawn:
                found.setdefault(script.family, variants.copy()).update(drawn)
            left = left - drawn
    return tuple(Large(family, "".join(sorted(drawn))) for family, drawn in sorted(found.items()))


@cache  # compiled only for texts that need it: that takes longer than all imports of this module
def _in_large() -> re.Pattern[str]:
    """Return a pattern for the characters that may need a large family."""
    return re.compile(f"[{_ranges((*_HAN, *_EMOJI_BLOCKS))}]")


def _ranges(blocks: Iterable[range]) -> str:
    """Return blocks of code points as ranges in a pattern."""
    return "".join(f"{chr(block[0])}-{chr(block[-1])}" for block in blocks)


def _in_order(language: str) -> Sequence[Script]:
    """Return large families in the order of preference for a language, its own first.

    Other languages have the order of the table, so that Han characters get Japanese forms.
    """
    tag = language.lower()
    large = [script for script in installed_scripts() if script.is_large]
    lengths = {
        script.family: max(
            (
                len(each)
                for each in map(str.lower, script.languages)
                if tag == each or tag.startswith(f"{each}-")
            ),
            default=0,
        )
        for script in large
    }
    own = max(large, key=lambda script: lengths[script.family], default=None)
    return sorted(large, key=lambda script: script is not own)


@cache
def _characters_of(script: Script) -> frozenset[str]:
    """Return the characters of a large family."""
    return frozenset(map(chr, _drawn_by(tuple(script.faces()))))


def packages_for(text: str) -> Mapping[str, str]:
    """Return the package of each extra, installed or not, for a text's characters that both families lack."""
    codes = {ord(character) for character in text if not character.isascii()}
    if codes:
        codes -= _drawn_by(FACES)
    return {
        script.name: script.package.replace("_", "-")
        for script in SCRIPTS
        if any(code in block for code in codes for block in script.blocks)
    }


def extra_for(character: str) -> str | None:
    """Return the extra with a family for a character; None if there is none, or it is installed."""
    code = ord(character)
    of_it = (script for script in SCRIPTS if any(code in block for block in script.blocks))
    return next((script.name for script in of_it if not script.is_installed), None)


_WEIGHTS = {400: "", 600: "-Semi-Bold", 700: "-Bold"}


@dataclass(frozen=True, slots=True)
class Typeface:
    """Metrics of a face for a PDF, in thousandths of its size; they depend on no text."""

    face: Face
    font: uharfbuzz.Font
    characters: Mapping[int, str]
    """Characters by glyph; for a glyph of several characters, the most usual of them."""
    glyphs: Mapping[str, str]
    """Glyphs by character, as four hexadecimal digits in a PDF's texts; without characters whose glyph
    belongs to another one."""

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
        """Return the character of a glyph; None if it has none."""
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


_RARE = frozenset(
    (
        *(*range(0x250, 0x300), *range(0x2E80, 0x2FE0), *range(0xFB1D, 0xFE00), *range(0xFE70, 0xFEFF)),
        *(*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)),
    )
)
"""Code points that may share a glyph with more usual ones: phonetic letters (and their apostrophe and iota),
radicals, compatibility ideographs, and presentation forms of Hebrew and Arabic letters."""


_CONTROLS_FOR_JOINERS = {"\u200c": 0x0D, "\u200d": 0x00}
"""Control characters whose glyphs, which are empty and never drawn, stand for joiners that a font lacks."""


@cache
def typeface(name: str) -> Typeface | None:
    """Return the face with a Pango name, `Inter-Semi-Bold`; None if it is not one of these fonts."""
    import uharfbuzz

    own = [_faces_of_own[name]] if name in _faces_of_own else []
    for face in (*own, *faces(), *_large_faces()):
        if name == _pango_name(face):
            font = uharfbuzz.Font(uharfbuzz.Face(_cut(face)))
            # Inter has alternates at private code points, too; they have no meaning in a text.
            codes = sorted(code for code in font.face.unicodes if category(chr(code)) != "Co")
            usual = [(font.get_nominal_glyph(code), chr(code)) for code in codes if code not in _RARE]
            rare = [(font.get_nominal_glyph(code), chr(code)) for code in codes if code in _RARE]
            characters: dict[int, str] = {}
            for glyph, character in (*usual, *_other_forms(face, font), *rare):
                characters.setdefault(glyph, character)
            glyphs = {
                character: f"{glyph:04x}"
                for glyph, character in characters.items()
                if font.get_nominal_glyph(ord(character)) == glyph
            }
            for joiner, control in _CONTROLS_FOR_JOINERS.items():
                glyph = font.get_nominal_glyph(control) or 0
                if joiner not in glyphs and characters.get(glyph) == chr(control):
                    characters[glyph], glyphs[joiner] = joiner, f"{glyph:04x}"
            return Typeface(face, font, characters, glyphs)
    return None


@lru_cache(maxsize=100_000)
def advance(text: str, family: str, weight: int, *, is_italic: bool = False) -> float:
    """Return the width of a text in the nearest face of a family, relative to its size."""
    import uharfbuzz

    faces = [face for face in FACES if face.family == family and face.is_italic == is_italic]
    found = typeface(_pango_name(min(faces, key=lambda face: abs(face.weight - weight))))
    assert found is not None
    # In large families, all characters are as wide as high.
    rest, wide = _in_large().subn("", text)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(rest)
    buffer.guess_segment_properties()
    uharfbuzz.shape(found.font, buffer, {"calt": False})
    own = sum(place.x_advance for place in buffer.glyph_positions or ())
    return wide + float(own / found.font.face.upem)


def _other_forms(face: Face, font: uharfbuzz.Font) -> Iterator[tuple[int, str]]:
    """Yield other glyphs of characters: figures in list numbers, and letters joined to others."""
    import uharfbuzz

    def shape(before: str, character: str, after: str) -> Iterator[tuple[int, str]]:
        buffer = uharfbuzz.Buffer()
        buffer.cluster_level = uharfbuzz.BufferClusterLevel.CHARACTERS
        buffer.add_str(before + character + after)
        buffer.guess_segment_properties()
        uharfbuzz.shape(font, buffer, {"tnum": True})
        glyphs = [info.codepoint for info in buffer.glyph_infos if info.cluster == len(before)]
        if len(glyphs) == 1:
            yield glyphs[0], character

    # WeasyPrint's own style sheet uses tabular figures there.
    for code in range(0x20, 0x7F):
        yield from shape("", chr(code), "")
    codes = set(font.face.unicodes) - _RARE
    joined = (script for script in SCRIPTS if script.family == face.family and script.is_joined)
    for block in (block for script in joined for block in script.blocks):
        for character in (chr(code) for code in block if code in codes):
            # the forms at the beginning of a word, within it and at its end
            for before, after in (("", _JOINER), (_JOINER, _JOINER), (_JOINER, "")):
                yield from shape(before, character, after)


_JOINER = "\u200d"
"""Zero-width joiner: the letter beside it is drawn as within a word."""


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
"""Characters in the fonts of cards; the learner's system has fonts for all others. Every deck has the same
set, so that a new word never makes a new font."""
_CARD_FEATURES = ("kern", "mark", "ccmp")


def families(language: str, large: Sequence[Large] = ()) -> tuple[str, ...]:
    """Return the families of a document's scripts, in order of preference."""
    own = {each.family for each in large}
    known = (face.family for face in faces() if face not in FACES)
    in_order = (script.family for script in _in_order(language) if script.family in own)
    return tuple(dict.fromkeys((*known, *in_order)))


def font_css(large: Sequence[Large] = ()) -> str:
    """Return the `@font-face` rules of all faces. Style sheets name the families of scripts `var(--scripts)`.

    Contextual alternates of the two families are off: they would turn `->` into an arrow and `3x4` into a
    product, even in copied text.
    """
    # An element with a language gets its forms. The list may not be empty if nothing is installed.
    languages = [language for script in SCRIPTS for language in script.languages] if large else []
    own = "".join(
        f":lang({language}) {{ --scripts: {_listed(families(language, large))}; }}\n"
        for language in languages
    )
    own += '[lang] { font-family: "Inter", "JetBrains Mono", var(--scripts); }\n' if large else ""
    used = (*faces(), *_faces_of(large))
    return f":root {{ --scripts: {_listed(families('', large))}; }}\n{own}" + "".join(
        face.css.replace(" }", f' font-feature-settings: "{face.left_out}" 0; }}')
        if face.left_out
        else face.css
        for face in used
    )


def _listed(families: Sequence[str]) -> str:
    return ", ".join(f'"{family}"' for family in families or ("Inter",))


def _faces_of(large: Sequence[Large]) -> Iterator[Face]:
    """Yield the faces of large families."""
    for each in large:
        yield from (face for face in _large_faces() if face.family == each.family)


@cache
def card_fonts() -> tuple[str, Mapping[str, bytes]]:
    """Return the `@font-face` rules of the faces on cards, and their font files by name.

    Anki keeps media that only a style sheet uses if their names begin with an underscore, and never replaces
    one. So the names contain a hash of the content (docs/facts/anki.md, section 7).
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


_EMOJI = frozenset(
    map(
        ord,
        "\u231a\u231b\u23e9\u23ea\u23eb\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648\u2649\u264a\u264b"
        "\u264c\u264d\u264e\u264f\u2650\u2651\u2652\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4"
        "\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753"
        "\u2754\u2755\u2757\u2795\u2796\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55",
    )
)
"""Emoji of Unicode's Basic Multilingual Plane that are shown in colour (`Emoji_Presentation`)."""
KEYCAP = "\u20e3"
"""Sign that makes an emoji of the digit before it: a family of emoji draws both as one glyph."""
_VARIANT = "[\ufe00-\ufe02\U000e0100-\U000e01ef]"
"""Variation selectors for Han characters, as in names: they choose one of several forms."""
AS_TEXT = "\ufe0e"
"""Variation selector for an emoji as text. Without it, Pango takes emoji from a font of the system."""


@cache
def _drawn_by(faces: Sequence[Face]) -> frozenset[int]:
    """Return the characters that every face of at least one family has."""
    families: dict[str, frozenset[int]] = {}
    for face in faces:
        codes = _codes_of(face.file or _font_file(face))
        families[face.family] = families.get(face.family, codes) & codes
    return frozenset().union(*families.values())


@cache
def _codes_of(font: Path | OwnFont) -> frozenset[int]:
    """Return the code points of a font file."""
    import uharfbuzz

    return frozenset(uharfbuzz.Face(_blob(font)).unicodes)


def _blob(font: Path | OwnFont) -> uharfbuzz.Blob:
    import uharfbuzz

    if isinstance(font, Path):
        return uharfbuzz.Blob.from_file_path(font)
    return uharfbuzz.Blob(own_content(font))


REPLACEMENT = "\u25a1"
"""Character to print for each one that the print fonts lack: a box."""
_SELECTORS = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
"""Variation selectors: invisible; they choose the look of the character before them."""
_JOINERS = (0x34F, 0x200C, 0x200D, *range(0xE0020, 0xE0080))
"""Invisible code points: joiners, which join or separate characters, and tags, which qualify an emoji."""


def is_drawn(character: str) -> bool:
    """Tell whether the print fonts have a character, or it is invisible by itself."""
    code = ord(character)
    return (
        code in _drawn_by(faces())
        or (_in_large().match(character) is not None and code in _drawn_by(_large_faces()))
        or category(character) in ("Cc", "Cf")
        or code in _SELECTORS
        or code in _JOINERS
    )


def missing_glyphs(text: str) -> list[tuple[int, str]]:
    """Return the characters of a text that the print fonts lack, each with its offset."""
    return [(place, character) for place, character in enumerate(text) if not is_drawn(character)]


class _Drawable(dict[int, str]):
    """Table for `str.translate`: the text to print for each code point."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code in _SELECTORS or code in _JOINERS:
            drawn = ""  # Pango would take the character before it from a font of the system
        else:
            drawn = character if is_drawn(character) else REPLACEMENT
            if drawn == character and (code in _EMOJI or 0x1F000 <= code < 0x1FB00):
                drawn += AS_TEXT
        self[code] = drawn
        return drawn


@lru_cache(maxsize=8)
def _table_with(own: tuple[OwnFont, ...]) -> _Drawable:
    """Return the table of drawable characters, including those of a corpus's fonts."""
    return _Drawable()


@cache
def _kept_joiners() -> re.Pattern[str]:
    """Return a pattern for joiners and selectors that affect how their neighbours are drawn."""
    blocks = (block for script in SCRIPTS if script.name != "symbols" for block in script.blocks)
    shaped = _ranges(blocks)
    return re.compile(
        f"(?<=[{shaped}])[\u200c\u200d](?=[{shaped}])"
        f"|(?<=[{_ranges(_HAN)}]){_VARIANT}"
        "|(?<=[\U0001f000-\U0001faff\ufe0e\ufe0f])\u200d(?=[\U0001f000-\U0001faff])"
    )


def drawable(text: str) -> str:
    """Return a text with a box for each character that the print fonts lack."""
    if text.isascii():
        return text
    parts = iter(_kept_joiners().split(text))
    kept = iter(_kept_joiners().findall(text))
    table = _table_with(_own_fonts.get())
    return next(parts).translate(table) + "".join(
        f"{joiner}{part.translate(table)}" for joiner, part in zip(kept, parts, strict=True)
    )


_ALWAYS = (*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2000, 0x2070), *range(0xFE00, 0xFE10))
"""Code points in every large family: Pango draws a space in the font of the character before it."""


def cut_fonts(large: Sequence[Large] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield each face's address in style sheets and its font file, made from the variable font.

    Files of large families have only the characters that are needed; glyphs keep the numbers of the whole
    font.
    """
    for face in faces():
        yield f"fonts/{face.name}", _cut(face)
    for each in large:
        characters = (*_ALWAYS, *map(ord, each.characters))
        for face in _faces_of([each]):
            yield f"fonts/{face.name}", _cut(face, characters)


@cache
def _cut(face: Face, characters: Sequence[int] = ()) -> bytes:
    """Return a face as a font file, with all characters or only some."""
    import uharfbuzz

    if face.is_italic and not face.has_own_italic:
        return _cut(replace(face, is_italic=False), characters)
    font = uharfbuzz.Face(_blob(face.file or _font_file(face)))
    wanted = uharfbuzz.SubsetInput()
    if characters and face not in FACES:
        wanted.flags = uharfbuzz.SubsetFlags.RETAIN_GIDS
        for character in characters:
            wanted.unicode_set.add(character)
        wanted.layout_feature_tag_set.clear()
        wanted.layout_feature_tag_set.invert()  # all of them
    elif characters:
        wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
        for character in characters:
            wanted.unicode_set.add(character)
        wanted.layout_feature_tag_set.clear()
        for feature in _CARD_FEATURES:
            wanted.layout_feature_tag_set.add(int.from_bytes(feature.encode()))
    else:
        wanted.keep_everything()
    if font.has_var_data:
        wanted.pin_all_axes_to_default(font)
        if any(axis.tag == "wght" for axis in font.axis_infos):
            wanted.pin_axis_location(font, "wght", face.weight)
    cut = bytes(uharfbuzz.subset(font, wanted).blob.data)
    return cut if face in FACES else _as_high_as_inter(cut)


def _as_high_as_inter(font: bytes) -> bytes:
    """Return a font with Inter's ascent and descent, so that lines are even in all scripts.

    A space that is wider than Inter's gets Inter's width. Pango draws it in the font of the character before
    it, and the space of an emoji font is as wide as an emoji.
    """
    import uharfbuzz

    inter = uharfbuzz.Font(uharfbuzz.Face(_cut(FACES[0])))
    extents, upem = inter.get_font_extents("ltr"), inter.face.upem
    tables = {
        font[at : at + 4]: int.from_bytes(font[at + 8 : at + 12])
        for at in range(12, 12 + 16 * int.from_bytes(font[4:6]), 16)
    }
    (own,) = unpack_from(">H", font, tables[b"head"] + 18)
    ascent, descent = round(extents.ascender * own / upem), round(-extents.descender * own / upem)
    changed = bytearray(font)
    pack_into(">hhh", changed, tables[b"hhea"] + 4, ascent, -descent, 0)
    pack_into(">hhhHH", changed, tables[b"OS/2"] + 68, ascent, -descent, 0, ascent, descent)
    drawn = uharfbuzz.Font(uharfbuzz.Face(font))
    space = inter.get_glyph_h_advance(inter.get_nominal_glyph(0x20) or 0) * own // upem
    (metrics,) = unpack_from(">H", font, tables[b"hhea"] + 34)
    for glyph in filter(None, map(drawn.get_nominal_glyph, (0x20, 0xA0))):
        if glyph < metrics and drawn.get_glyph_h_advance(glyph) > 1.2 * space:
            pack_into(">H", changed, tables[b"hmtx"] + 4 * glyph, space)
    return bytes(changed)


_STATIC = {400: "Regular", 600: "SemiBold", 700: "Bold"}


def _font_file(face: Face) -> Path:
    """Return the installed file that a face is made from."""
    spec = find_spec(face.package)
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    files = package / "files" if (package / "files").is_dir() else package
    family = face.family.replace(" ", "")
    italic = "-Italic" if face.is_italic and face.has_own_italic else ""
    # Inter[opsz,wght].ttf, JetBrainsMono-Italic[wght].ttf; or IBMPlexSansArabic-SemiBold.ttf
    variable = sorted(files.rglob(f"{family}{italic}[[]*.ttf"))
    return variable[0] if variable else files / f"{family}-{_STATIC[face.weight]}.ttf"
