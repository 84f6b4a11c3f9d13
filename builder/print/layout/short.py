"""Short texts in large letters: finds the largest size with few lines, then balances the lines.

Lines are computed from the widths of fonts, so that a text is laid out once or twice, not at every size and
width. The caller lays it out, and uses the next setting if it has more lines than computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from builder.design.fonts import advance
from builder.print.engine.html import BREAK, POINT

LEADING = 1.3
"""Distance of lines, relative to their size: see flashcards.css."""
GAP = 0.5
"""Space between two paragraphs, relative to their size: see flashcards.css."""
_CODE = 0.9
"""Size of inline code, relative to other text: see print.css."""
_SLACK = 0.4
"""Spare width, in millimetres, so that a line that just fits does not break."""
_STEPS = 12
"""Number of bisections of a width, which gives a fortieth of a millimetre."""
_BLOCKS = ("h1", "p")
_BOLD = ("strong", "b")
_ITALIC = ("em", "i")
_INLINE = (*_BOLD, *_ITALIC, "a", "code", "mark", "s", "span", "sub", "sup", "u")
_SPACE = re.compile(rf"[ \n\t{BREAK}]+")
_WIDE = re.compile(
    "[\u2018\u201c\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\uff5b]*"
    "[\u3040-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
    "[^\\w\\s\u2018\u201c\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\uff5b]*[ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]*"
)
"""A character beside which a line may break, with the punctuation that stays with it."""
_WEIGHTS = {"h1": 600, "p": 400}

Words = Sequence[tuple[float, float]]
"""Words of a paragraph: for each, the widths of the space before it and of itself, relative to text size."""
Sizes = Sequence[tuple[float, int]]
"""Sizes in points, the largest first, each with its maximum number of lines."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A size and a width of a text, and the height that it must not exceed."""

    size: float
    """In points."""
    width: float
    """In millimetres."""
    height: float
    """In millimetres."""


def settings(html: str, sizes: Sizes, width: float, height: float, *, is_back: bool) -> Iterator[Setting]:
    """Yield settings that should make a text fit a width and a height, the best first.

    A text with more than short paragraphs has none.
    """
    paragraphs = _paragraphs(html, is_back=is_back)
    for size, most in sizes if paragraphs else ():
        em = size * POINT
        room = (width - _SLACK) / em
        widest = max(word for words in paragraphs for _, word in words)
        lines = _lines(paragraphs, room)
        tall = [_height(number, len(paragraphs), em) for number in (lines, most)]
        if widest > room or lines > most or tall[0] > height:
            continue
        narrow = _narrowest(paragraphs, widest, room, lines) * em + _SLACK
        yield Setting(size, narrow, tall[0])
        yield Setting(size, width, min(tall[1], height))


def _height(lines: int, paragraphs: int, em: float) -> float:
    return (lines * LEADING + (paragraphs - 1) * GAP) * em


def _lines(paragraphs: Sequence[Words], room: float) -> int:
    """Return the number of lines of paragraphs in a width."""
    lines = 0
    for words in paragraphs:
        left = -1.0
        for space, word in words:
            left -= space + word
            if left < 0:
                lines += 1
                left = room - word
    return lines


def _narrowest(paragraphs: Sequence[Words], low: float, high: float, lines: int) -> float:
    """Return the smallest width, between two, in which paragraphs still have as few lines."""
    if _lines(paragraphs, low) <= lines:
        return low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _lines(paragraphs, middle) <= lines:
            high = middle
        else:
            low = middle
    return high


_JOINED = re.compile(r"(<code\b.*?</code>|<[^>]*>)|[^\s<>]*[\w;][-/–—|][\w&][^\s<>]*", re.DOTALL)


def unbroken(html: str) -> str:
    """Return a text whose words are not broken at hyphens and slashes."""

    def whole(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        before = BREAK if found.string[found.start() - 1 : found.start()].isspace() else ""
        return f'{before}<span class="whole">{found[0].strip(BREAK)}</span>'

    return _JOINED.sub(whole, html)


def _paragraphs(html: str, *, is_back: bool) -> Sequence[Words]:
    """Return the words of a text; empty if it has more than paragraphs of words."""
    reader = _Reader(is_back=is_back)
    reader.feed(html)
    reader.close()
    is_short = reader.is_short and reader.paragraphs and all(reader.paragraphs)
    return reader.paragraphs if is_short else ()


class _Reader(HTMLParser):
    """Measures the words of paragraphs."""

    def __init__(self, *, is_back: bool) -> None:
        super().__init__()
        self.paragraphs: list[list[tuple[float, float]]] = []
        self.is_short = True
        self._is_back = is_back
        self._open: list[tuple[str, str]] = []
        self._space = self._word = 0.0
        self._is_amid = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS and not self._open:
            self.paragraphs.append([])
        elif tag not in _INLINE or not self._open:
            self.is_short = False
        self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()
        if not self._open:
            self._end_word()

    def handle_data(self, data: str) -> None:
        if not self.is_short:
            return
        if not self._open:
            self.is_short = self.is_short and not data.strip()
            return
        if self._is_back and any("hint" in names.split() for _, names in self._open):
            return
        if not self._breaks():
            self._add(data.replace(BREAK, ""))
            return
        first, *others = _SPACE.split(data)
        self._add_parts(first)
        for text, spaces in zip(others, _SPACE.findall(data), strict=True):
            if spaces != BREAK:
                space = self._measured(" ")
                if BREAK in spaces:
                    # A space takes no room only at the very end of a line.
                    self._word, space = self._word + space, 0
                self._end_word()
                self._space = space
            self._add_parts(text)

    def _breaks(self) -> bool:
        """Tell whether lines may break at spaces within the open elements."""
        code = next((names for tag, names in self._open if tag == "code"), None)
        if code is None:
            return not any("whole" in names.split() for _, names in self._open)
        return "long" in code.split() and self._open[-1][0] == "code"

    def _add_parts(self, text: str) -> None:
        """Add a word; one in Chinese or Japanese becomes several, because lines break between characters."""
        if text.isascii():
            self._add(text)
            return
        place = 0
        for part in _WIDE.finditer(text):
            self._add(text[place : part.start()])
            self._end_word()
            self._add(part[0])
            self._end_word()
            place = part.end()
        self._add(text[place:])

    def _add(self, text: str) -> None:
        if text:
            self._is_amid = True
            self._word += self._measured(text)

    def _end_word(self) -> None:
        if self._is_amid:
            self.paragraphs[-1].append((self._space, self._word))
            self._space = self._word = 0.0
            self._is_amid = False

    def _measured(self, text: str) -> float:
        tags = [tag for tag, _ in self._open]
        is_code = "code" in tags
        weight = _WEIGHTS[tags[0]]
        if any(tag in _BOLD for tag in tags):
            weight = 700
        elif self._is_back and any("gap" in names.split() for _, names in self._open):
            weight = 600
        return advance(
            text,
            "JetBrains Mono" if is_code else "Inter",
            weight,
            is_italic=any(tag in _ITALIC for tag in tags),
        ) * (_CODE if is_code else 1)
