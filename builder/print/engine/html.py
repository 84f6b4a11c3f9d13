"""Prepares HTML for print: draws formulas and marks of sounds, and saves space."""

from __future__ import annotations

import re
from html import escape
from math import floor

from builder.anki.release import Release
from builder.corpus.model import LONGEST_DESCRIPTION, LONGEST_TITLE, Settings
from builder.design.fonts import KEYCAP, drawable
from builder.design.language import direction
from builder.design.templates import fill_in
from builder.markdown.maths import drawn_or_written
from builder.markdown.sounds import with_drawings

POINT, PIXEL = 25.4 / 72, 25.4 / 96
"""Size of a point and of a CSS pixel, in millimetres."""
CODE_FRAME = 2.4
"""Width that a code block's rule and padding take from its lines, in millimetres: see print.css."""
_ADVANCE = 0.6
"""Width of a character of code, relative to its size: JetBrains Mono's."""
CODE = re.compile(r'<pre class="code"><code>(.*?)</code></pre>', re.DOTALL)
"""A block of code, as `markdown` writes it; no span in it crosses a line."""


_BLOCK_OR_SPACE = re.compile(
    r"<pre\b.*?</pre>|[ \n](?=<(?:a|abbr|b|code|em|i|img|kbd|mark|ruby|s|span|strong|u)\b)", re.DOTALL
)
"""Block of code, or the space before an inline element."""
_RUBY = re.compile(
    r"([「『（【〔《〈“‘(\[]*)<ruby>(.*?)</ruby>"
    r"([、。，．・：；！？…」』）】〕》〉”’ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.;:!?)\]]*)",
    re.DOTALL,
)
"""Readings, with what no line may end with before them, and no line may begin with after them."""
_WIDTH = re.compile(r'(<img [^<>]*) width="(\d+)(%?)">')
"""Width of an image, which WeasyPrint takes only from a style."""
_READING = re.compile(r"<rt>(.*?)</rt>", re.DOTALL)
BREAK = "\u200b"
"""Zero-width space: it lets a line break, and is printed without a glyph."""


def for_paper(html: str) -> str:
    """Return HTML for print. Two or more empty lines in code become one."""

    def replaced(found: re.Match[str]) -> str:
        if found[0].startswith("<"):
            return re.sub(r"\n{3,}", "\n\n", found[0])
        # WeasyPrint 70 breaks a text after its first word if only a space at its end does not fit.
        return found[0] + BREAK

    html = with_drawings(html)
    html = _RUBY.sub(_ruby, html) if "<ruby>" in html else html
    html = _WIDTH.sub(_as_style, html) if ' width="' in html else html
    # The mark of a right option stays on the line of its last word.
    return _BLOCK_OR_SPACE.sub(
        replaced,
        with_known_glyphs(drawn_or_written(html)).replace(
            ' <span class="mark">', '&#160;<span class="mark">'
        ),
    )


def _as_style(found: re.Match[str]) -> str:
    """Return an image with its width as a style; if it would be too tall, it keeps its proportions."""
    return f'{found[1]} style="width: {found[2]}{found[3] or "px"}; object-fit: contain">'


def _ruby(found: re.Match[str]) -> str:
    """Return readings above their characters, as WeasyPrint has no layout for ruby.

    Brackets before them and punctuation after them stay on their line.
    """
    *pieces, rest = _READING.split(re.sub(r"<rp>.*?</rp>", "", found[2]))
    set_ = "".join(
        f'<span class="ruby"><span class="rt">{reading}</span><span class="rb">{base}</span></span>'
        for base, reading in zip(pieces[::2], pieces[1::2], strict=True)
    )
    set_ += rest
    is_glued = found[1] or found[3]
    return f'<span class="glued">{found[1]}{set_}{found[3]}</span>' if is_glued else set_


_NUMBER = re.compile(r"&#(?!160;)\d")
_OUTSIDE_TAGS = re.compile(r"(<span class=\"keycap\">[^<]*|<[^>]*>)|&#(\d+);|[^<&]+")
_KEYCAP = re.compile(f"[0-9#*]{KEYCAP}")
_SHOWN_VALUES = re.compile(r'(?:(?<= data-)|(?<=<abbr ))(\w+="[^"]*")')


def with_known_glyphs(html: str) -> str:
    """Return HTML with a box for each character that print fonts lack, except in text for screen readers."""
    used = "a".join(set(html))  # so that no joiner or selector is beside a letter that keeps it
    if drawable(used) == used and KEYCAP not in used and not _NUMBER.search(html):
        return html

    def known(found: re.Match[str]) -> str:
        if found[1]:  # in a tag, only the attributes that style sheets show
            return _SHOWN_VALUES.sub(lambda value: drawable(value[1]), found[1])
        return _KEYCAP.sub(
            r'<span class="keycap">\g<0></span>', drawable(chr(int(found[2])) if found[2] else found[0])
        )

    return _OUTSIDE_TAGS.sub(known, html)


def document(settings: Settings, body: str, style: str) -> str:
    """Return a whole document, with the PDF's metadata."""
    return fill_in(
        "paper",
        language=escape(settings.language),
        direction=direction(settings.language),
        title=escape(settings.title),
        authors=escape(", ".join(settings.authors)),
        description=escape(settings.description),
        style=style,
        body=body,
    )


def words_of_header(settings: Settings) -> dict[str, str]:
    """Return a sheet's title and description as HTML, shortened if they are very long."""
    return {
        name: escape(text if len(text) <= most else f"{text[: most - 1]}…")
        for name, text, most in (
            ("title", settings.title, LONGEST_TITLE),
            ("description", settings.description, LONGEST_DESCRIPTION),
        )
    }


def imprint(settings: Settings, release: Release, *, has_day: bool = True) -> str:
    """Return the imprint, for the footer of every page: authors, licence, version and day."""
    version = f"{settings.labels.version} {settings.version}" if settings.version else ""
    parts = (", ".join(settings.authors), settings.licence, version, release.day if has_day else "")
    return " · ".join(filter(None, parts))


def code_size(width: float, characters: int) -> float:
    """Return the size, in points, at which a line of code fits a width in millimetres."""
    # Slightly less, so that rounding wraps no line.
    return (width - CODE_FRAME) / POINT / (_ADVANCE * max(characters, 1)) - 0.005


def code_characters(width: float, size: float) -> int:
    """Return how many characters of code, of a size in points, fit a width in millimetres."""
    return floor((width - CODE_FRAME) / (_ADVANCE * size * POINT))
