"""Code is laid out in one colour, and gets its colours afterwards: that takes a sixth less.

WeasyPrint's time goes by the number of boxes, and a quarter of a sheet's would be coloured words of code. The
faces of code are all as wide, so that a word stands where it stands in any of them. What colour and face each
role has, WeasyPrint itself tells: it lays out a word of each (`PROBE`).

Nothing is guessed: code that is not laid out line by line as it is written, since it wraps or has a character
of another font, is laid out again, with all its elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby

from builder.design.fonts import Typeface, typeface
from builder.markdown.highlight import CLASSES
from builder.print.engine.fragments import Fragment

Line = Sequence[tuple[str, str]]
"""A line of code: the role of each run, as its class, and its text."""

_Glyphs = Mapping[str, Mapping[int, str]]
_ROLES = ("", *CLASSES)
_CODE = re.compile(r'<pre class="(code\b[^"]*)"><code>([^<]*<.*?)</code></pre>', re.DOTALL)
"""A block of code with an element in it."""
_RUN = re.compile(rf'<span class="({"|".join(CLASSES)})">([^<]*)</span>|([^<]+)')
_TAG = re.compile(r"<[^>]+>")
_TEXT = re.compile(r"\[<([0-9a-f]+)>\] TJ")

UNCOLOURED_CSS = ".uncoloured, .uncoloured * { color: #010203 !important }"
"""Tells code that waits for its colours from all else: a colour of its own."""
PROBE = (
    '<pre class="code"><code>'
    + "".join(f'<span class="{name}">ab</span>' if name else "ab" for name in _ROLES)
    + '</code></pre><pre class="code uncoloured"><code>ab</code></pre>'
)
"""A word of each role, and one that waits for its colour."""


def uncoloured(html: str) -> tuple[str, list[Line]]:
    """Return HTML with its code in one colour, and the lines of that code with words in them."""
    lines: list[Line] = []

    def plain(block: re.Match[str]) -> str:
        runs = list(_RUN.finditer(block[2]))
        if sum(len(run[0]) for run in runs) != len(block[2]):
            return block[0]  # it has other elements too, such as gaps
        lines.extend(_lines(runs))
        return f'<pre class="{block[1]} uncoloured"><code>{_TAG.sub("", block[2])}</code></pre>'

    return _CODE.sub(plain, html), lines


def _lines(runs: Sequence[re.Match[str]]) -> Iterator[Line]:
    line: list[tuple[str, str]] = []
    for run in runs:
        role, text = (run[1], run[2]) if run[1] else ("", run[3])
        first, *others = unescape(text).split("\n")
        line.append((role, first))
        for other in others:
            yield from _written(line)
            line = [(role, other)]
    yield from _written(line)


def _written(line: Line) -> Iterator[Line]:
    """Yield a line, unless it is empty: no operation is needed for that."""
    if "".join(text for _, text in line).strip():
        yield [run for run in line if run[1]]


@dataclass(frozen=True, slots=True)
class _RoleStyle:
    """How a role is printed."""

    colour: str
    """The operation that sets it."""
    face: Typeface


@dataclass(frozen=True, slots=True)
class CodeColours:
    """How code is printed: what WeasyPrint makes of each role."""

    by_role: Mapping[str, _RoleStyle]
    waiting: str
    """The operation that sets the colour of what waits for its own."""


def read_code_colours(probe: Fragment) -> CodeColours | None:
    """Read how code is printed off `PROBE`, laid out; None where styles do more than colour it."""
    colour = font = ""
    fonts: list[str] = []
    colours: list[_RoleStyle] = []
    for operation in probe.content.partition("/Span\n")[2].split("\n"):
        if operation.endswith(" rg"):
            colour = operation
        elif operation.endswith(" Tf"):
            font = operation
        elif _TEXT.fullmatch(operation):
            face = typeface(_face_name(font))
            if face is None:
                return None
            colours.append(_RoleStyle(colour, face))
            fonts.append(font)
        elif not _SILENT.fullmatch(operation):
            return None
    if len(colours) != len(_ROLES) + 1 or len({font.split(" ")[1] for font in fonts}) > 1:
        return None
    *roles, waiting = colours
    return CodeColours(dict(zip(_ROLES, roles, strict=True)), waiting.colour)


def coloured(fragment: Fragment, lines: Sequence[Line], colours: CodeColours) -> Fragment | None:
    """Colour the code of a fragment; nothing where its lines are not laid out as they are written."""
    written: list[str] = []
    rest = iter(lines)
    is_waiting = False
    font = ""
    for operation in fragment.content.split("\n"):
        if operation.endswith(" rg"):
            is_waiting = operation == colours.waiting
        elif operation == "Q":  # the colour is again what it was
            is_waiting = False
        if is_waiting and operation.endswith(" Tf"):
            font = operation
        elif is_waiting and operation.endswith("TJ"):
            line = next(rest, ())
            face = typeface(_face_name(font))
            try:
                if face is None or operation != _text(face, line):
                    return None
                written += _operations(line, font.split(" ")[1], colours)
            except LookupError:  # a character that a face has not
                return None
            font = ""
        elif operation != colours.waiting:
            written.append(operation)
    if next(rest, None) is not None:
        return None
    return replace(fragment, content="\n".join(written), glyphs=_with_code(fragment.glyphs, lines, colours))


def _text(face: Typeface, runs: Line) -> str:
    """Return the operation that shows a text. Raises `LookupError` for what the face has no glyph for."""
    return f"[<{''.join(face.glyphs[character] for _, text in runs for character in text)}>] TJ"


def _operations(line: Line, size: str, colours: CodeColours) -> Iterator[str]:
    """Yield the operations that show a line in colour."""
    colour, face = "", None
    for style, runs in groupby(_without_space(line), lambda run: colours.by_role[run[0]]):
        if style.face is not face:
            face = style.face
            yield f"/{face.name} {size} Tf"
        if style.colour != colour:
            colour = style.colour
            yield colour
        yield _text(style.face, list(runs))


def _without_space(line: Line) -> Iterator[tuple[str, str]]:
    """Yield a line's runs, space in the role of what is before it: it has no colour."""
    last = line[0][0]
    for role, text in line:
        last = last if text.isspace() else role
        yield last, text


def _with_code(glyphs: _Glyphs, lines: Iterable[Line], colours: CodeColours) -> _Glyphs:
    """Return the glyphs that each font shows, those of code too."""
    shown = {name: dict(known) for name, known in glyphs.items()}
    for line in lines:
        for role, text in _without_space(line):
            face = colours.by_role[role].face
            known = shown.setdefault(face.name, {})
            for character in text:
                glyph = int(face.glyphs[character], 16)
                known[glyph] = "" if face.character(glyph) else character
    return shown


_SILENT = re.compile(r"/Span|<</MCID \d+>>|BDC|EMC|BT|ET|Q|/a1\.0 gs|1 0 0 -1 .* Tm|")
"""What there is around words that are coloured and no more."""


def _face_name(font: str) -> str:
    """Return the name in an operation that chooses a font."""
    return font[1:].partition(" ")[0]
