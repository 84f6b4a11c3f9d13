"""Colours code after its layout in one colour, which takes a sixth less time.

WeasyPrint's time depends on the number of boxes, and a quarter of a sheet's would be coloured words of code.
All faces of code have the same width, so a word's place is the same in each. The colour and face of each role
are read from WeasyPrint's layout of a sample word (`PROBE`).

Code may wrap, or have a character of another font. Then it is not laid out line by line as it is written, and
it is laid out again with all its elements.
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
"""Line of code: the role of each run, as its class, and its text."""

_Glyphs = Mapping[str, Mapping[int, str]]
_ROLES = ("", *CLASSES)
_CODE = re.compile(r'<pre class="(code\b[^"]*)"><code>([^<]*<.*?)</code></pre>', re.DOTALL)
"""Block of code with an element in it."""
_RUN = re.compile(rf'<span class="({"|".join(CLASSES)})">([^<]*)</span>|([^<]+)')
_TAG = re.compile(r"<[^>]+>")
_TEXT = re.compile(r"\[<([0-9a-f]+)>\] TJ")

UNCOLOURED_CSS = ".uncoloured, .uncoloured * { color: #010203 !important }"
"""Colour of code that is not coloured yet: nothing else has it."""
PROBE = (
    '<pre class="code"><code>'
    + "".join(f'<span class="{name}">ab</span>' if name else "ab" for name in _ROLES)
    + '</code></pre><pre class="code uncoloured"><code>ab</code></pre>'
)
"""Code with a word of each role, and an uncoloured one."""


def uncoloured(html: str) -> tuple[str, list[Line]]:
    """Return HTML with its code in one colour, and the lines of that code that are not blank."""
    lines: list[Line] = []

    def plain(block: re.Match[str]) -> str:
        runs = list(_RUN.finditer(block[2]))
        if sum(len(run[0]) for run in runs) != len(block[2]):
            return block[0]  # it has other elements, too, such as cloze deletions
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
    """Yield a line, unless it is blank: a blank line has no drawing operation."""
    if "".join(text for _, text in line).strip():
        yield [run for run in line if run[1]]


@dataclass(frozen=True, slots=True)
class _RoleStyle:
    """Colour and face of a role."""

    colour: str
    """Drawing operation that sets it."""
    face: Typeface


@dataclass(frozen=True, slots=True)
class CodeColours:
    """Colours and faces of code, as WeasyPrint prints each role."""

    by_role: Mapping[str, _RoleStyle]
    waiting: str
    """Drawing operation that sets the colour of uncoloured code."""


def read_code_colours(probe: Fragment) -> CodeColours | None:
    """Read code colours from a laid-out `PROBE`; None if the styles do more than colour code."""
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
    """Colour the code of a fragment; return None if its lines are not laid out as they are written."""
    written: list[str] = []
    rest = iter(lines)
    is_waiting = False
    font = ""
    for operation in fragment.content.split("\n"):
        if operation.endswith(" rg"):
            is_waiting = operation == colours.waiting
        elif operation == "Q":  # this restores the colour
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
            except LookupError:  # a face lacks a character
                return None
            font = ""
        elif operation != colours.waiting:
            written.append(operation)
    if next(rest, None) is not None:
        return None
    return replace(fragment, content="\n".join(written), glyphs=_with_code(fragment.glyphs, lines, colours))


def _text(face: Typeface, runs: Line) -> str:
    """Return the operation that shows a text. Raises `LookupError` if the face lacks a glyph for it."""
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
    """Yield a line's runs; space joins the run before it, since it shows no colour."""
    last = line[0][0]
    for role, text in line:
        last = last if text.isspace() else role
        yield last, text


def _with_code(glyphs: _Glyphs, lines: Iterable[Line], colours: CodeColours) -> _Glyphs:
    """Return the glyphs that each font shows, including those of code."""
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
"""Other operations that coloured code may have."""


def _face_name(font: str) -> str:
    """Return the font's name in an operation that chooses it."""
    return font[1:].partition(" ")[0]
