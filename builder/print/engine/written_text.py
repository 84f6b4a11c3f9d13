"""Adds the written text to a PDF's drawing operations, for copying and for screen readers.

A PDF's font has one text for each glyph. That is not enough if one glyph draws several characters (a Greek
and a Latin iota), if letters join or change their order (Devanagari), or if a mark has a glyph for every
height. Then drawing operations around a letter's glyphs give its text (ISO 32000-1, section 14.9.4,
"ActualText"). WeasyPrint does not do this: it gives a glyph the first text that it drew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import wraps
from itertools import groupby, pairwise
from typing import Any, NamedTuple
from unicodedata import category

from builder.design.fonts import AS_TEXT
from builder.text import JOINERS

SILENT = "\u200b"
"""Invisible text of a letter's further glyphs, as each glyph needs a text (PDF/UA-1, section 7.21.7)."""
ACTUAL_TEXT = re.compile(rb"/Span <</ActualText <FEFF([0-9A-F]*)>>> BDC")
"""Operation that begins the glyphs of a letter, with its text."""

_PARTS = re.compile(rb"<([0-9a-f]*)>|[^<>]+")
"""Parts of an operation that shows text: glyphs, and moves between them."""
_UNSEEN, _SEEN = b"3 Tr", b"100 Tz 0 Tr"
"""Operations before and after invisible, narrowed glyphs that are only for screen readers."""


class _Glyph(NamedTuple):
    """A glyph of a run."""

    number: int
    text: str
    """Text of it in the font; empty if it is not drawn."""
    begin: int
    """Place of its characters in the run, in bytes."""
    has_width: bool


class _Part(NamedTuple):
    """Consecutive glyphs of a line."""

    size: int
    said: str | None = None
    """Text of them together; None if each has the right text itself."""
    before: Sequence[bytes] = ()
    """Operations before them."""


def say_written_text(drawing: Any) -> None:
    """Make WeasyPrint's drawing module add the written text to each line."""
    draw = drawing.draw_first_line

    @wraps(draw)
    def draw_first_line(stream: Any, textbox: Any, *more: Any) -> Any:
        first = len(stream.stream)
        drawn = draw(stream, textbox, *more)
        if len(stream.stream) > first:
            parts = list(_parts(drawing, stream, textbox.pango_layout))
            if any(part.said is not None or part.before for part in parts):
                stream.stream[first:] = _with_text(stream.stream[first:], parts)
        return drawn

    drawing.draw_first_line = draw_first_line


def actual_text(operation: bytes) -> str | None:
    """Return the text that an operation gives the glyphs after it; None if it gives none."""
    found = ACTUAL_TEXT.fullmatch(operation)
    return bytes.fromhex(found[1].decode()).decode("utf-16-be") if found else None


def _parts(drawing: Any, stream: Any, layout: Any) -> Iterator[_Part]:
    """Yield the parts of a line, in drawing order."""
    line, _ = layout.get_first_line()
    whole = layout.text.encode()
    run = line.runs[0]
    while run != drawing.ffi.NULL:
        item, shaped = run.data.item, run.data.glyphs
        run = run.next
        font, _ = stream.add_font(item.analysis.font)
        written = whole[item.offset : item.offset + item.length]
        if written.isascii() and _says(drawing, font, shaped, written):
            yield _Part(shaped.num_glyphs)
            continue
        glyphs = list(_glyphs(drawing, font, shaped))
        yield from _parts_of(glyphs, written, font, is_leftward=bool(item.analysis.level % 2))
        for glyph in glyphs:
            if font.to_unicode.get(glyph.number) == "":
                font.to_unicode[glyph.number] = SILENT


def _says(drawing: Any, font: Any, shaped: Any, written: bytes) -> bool:
    """Tell whether each glyph of a run of ASCII has the right text itself; nearly always, they do."""
    size = drawing.ffi.sizeof("PangoGlyphInfo")
    numbers = memoryview(drawing.ffi.buffer(shaped.glyphs, size * shaped.num_glyphs)).cast("I")
    return [_own_text(font, number) for number in numbers[:: size // 4]] == list(written.decode())


def _own_text(font: Any, glyph: int) -> str | None:
    """Return a font's text for a glyph; in our fonts, it does not depend on the text drawn before."""
    text: str | None = getattr(font.to_unicode, "of", font.to_unicode.get)(glyph)
    return text


def _glyphs(drawing: Any, font: Any, shaped: Any) -> Iterator[_Glyph]:
    begins = drawing.ffi.unpack(shaped.log_clusters, shaped.num_glyphs)
    for info, begin in zip(shaped.glyphs[0 : shaped.num_glyphs], begins, strict=True):
        is_drawn = info.glyph != drawing.pango.PANGO_GLYPH_EMPTY
        text = _own_text(font, info.glyph) or "\0" if is_drawn else ""
        yield _Glyph(info.glyph, text, begin, is_drawn and info.geometry.width != 0)


def _parts_of(glyphs: Sequence[_Glyph], written: bytes, font: Any, *, is_leftward: bool) -> Iterator[_Part]:
    """Yield the parts of a run."""
    if not glyphs:
        return
    letter_of = _letters_by_place({glyph.begin for glyph in glyphs}, written)
    ends = dict(pairwise([*sorted(set(letter_of.values())), len(written)]))
    for begin, group in groupby(glyphs, lambda glyph: letter_of[glyph.begin]):
        drawn = [glyph for glyph in group if glyph.text]
        text = written[begin : ends[begin]].decode(errors="ignore").replace(AS_TEXT, "")
        if len(drawn) == 1 and drawn[0].text == text:
            yield _Part(1)
        elif drawn:
            yield from (_unseen(drawn, text, font) if is_leftward else ()) or _said(drawn, text)


def _letters_by_place(places: Collection[int], written: bytes) -> dict[int, int]:
    """Return, for each place, where its letter begins: marks and joiners belong to the letter before them."""
    letter_of: dict[int, int] = {}
    letter = min(places)
    for place in sorted(places):
        character = written[place : place + 4].decode(errors="ignore")[:1] or " "
        if character not in JOINERS and not category(character).startswith("M"):
            letter = place
        letter_of[place] = letter
    return letter_of


def _said(glyphs: Sequence[_Glyph], text: str) -> Iterator[_Part]:
    """Yield the glyphs of a letter, with its text.

    Marks above and below it get no text: a reader would take the place of the last one as the end of the
    letter.
    """
    wide = [place for place, glyph in enumerate(glyphs) if glyph.has_width] or [0, len(glyphs) - 1]
    for count, said in ((wide[0], ""), (wide[-1] + 1 - wide[0], text), (len(glyphs) - wide[-1] - 1, "")):
        if count:
            yield _Part(count, said)


def _unseen(glyphs: Sequence[_Glyph], text: str, font: Any) -> list[_Part]:
    """Return the glyphs of a letter, with invisible characters beside it; None if these do not help.

    Readers reverse a run from right to left, and some also reverse the text of a glyph. They read a raised
    mark as a word. So each character without a glyph of its own gets an invisible one there, on the line.
    """
    face = getattr(font, "face", None)
    wide = [place for place, glyph in enumerate(glyphs) if glyph.has_width]
    if face is None or len(wide) != 1:
        return []
    base, marks = glyphs[wide[0]], text.rstrip(JOINERS)
    has_base = base.text == marks[:1]
    unsaid, joiners = marks[has_base:], text[len(marks) :]
    if not (unsaid or joiners) or any(character not in face.glyphs for character in unsaid + joiners):
        return []
    for character in unsaid + joiners:
        glyph = int(face.glyphs[character], 16)
        font.to_unicode[glyph], font.widths[glyph] = character, face.width(glyph)
    codes = [face.glyphs[character] for character in reversed(unsaid)]
    width = 1 if has_base else face.width(base.number) or 1
    parts = [_Part(1, None if has_base and each is base else "") for each in glyphs]
    # A joiner comes first, beside the letter: readers would write one that comes later, or within the letter,
    # before it.
    before = (
        *_in_width([face.glyphs[each] for each in joiners], 1, font, is_before=True),
        *_in_width(codes, width, font),
    )
    parts[wide[0]] = parts[wide[0]]._replace(before=before)
    return parts


def _in_width(codes: Sequence[str], width: int, font: Any, *, is_before: bool = False) -> Sequence[bytes]:
    """Return operations that place invisible glyphs in a width from here, or before here, and move back."""
    if not codes:
        return ()
    own = sum(font.widths[int(code, 16)] for code in codes)
    narrower = width / own if own else 1.0
    shown = f"<{''.join(codes)}>"
    return (
        _UNSEEN,
        f"{100 * narrower:.4f} Tz".encode(),
        (f"[{own}{shown}] TJ" if is_before else f"[{shown}{own}] TJ").encode(),
        _SEEN,
    )


def _with_text(operations: Sequence[bytes], parts: Sequence[_Part]) -> list[bytes]:
    """Return the operations of a line, with the texts of its parts."""
    all_said: list[bytes] = []
    shown: list[bytes] = []
    rest = iter(parts)
    part, left = _Part(0), 0

    def show() -> None:
        if shown:
            all_said.append(b"[%b] TJ" % b"".join(shown).replace(b"><", b""))
            shown.clear()

    def begin() -> _Part:
        part = next(rest, _Part(0))
        if part.before or part.said is not None:
            show()
            all_said.extend(part.before)
        if part.said is not None:
            all_said.append(b"/Span <</ActualText <FEFF%b>>> BDC" % _in_utf_16(part.said))
        return part

    for operation in operations:
        if not operation.endswith(b"] TJ"):
            if operation.endswith(b" Ts") and operation != b"0 Ts" and not left:
                part = begin()  # its first glyph is raised
                left = part.size
            all_said.append(operation)
            continue
        for found in _PARTS.finditer(operation[1:-4]):
            glyphs = found[1] or b""
            if not glyphs:  # a move, or nothing between two moves
                shown.append(found[0])
            while glyphs:
                if not left:
                    part = begin()
                    left = part.size
                    if not left:  # unexpected glyphs
                        return list(operations)
                taken, glyphs = glyphs[: 4 * left], glyphs[4 * left :]
                shown.append(b"<%b>" % taken)
                left -= len(taken) // 4
                if part.said is not None and not left:
                    show()
                    all_said.append(b"EMC")
        show()
    return all_said


def _in_utf_16(text: str) -> bytes:
    return text.encode("utf-16-be").hex().upper().encode()
