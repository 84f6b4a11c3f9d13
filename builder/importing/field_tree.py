"""Parses a field's HTML into a tree, and returns its visible text. The only module that knows lxml.

Before parsing, Anki's own notation is replaced: formulas become elements of their own, and the marks of cloze
deletions become special characters in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from builder.importing.latex import latex_to_html
from builder.importing.model import SourceError
from builder.markdown.formulas import formula_at

NEEDED = "needs two more packages to be imported: run pip install 'cardpress[import]'"
"""Message where lxml or mdformat is missing; continues a sentence that begins with the source's name."""
DROPPED = frozenset(
    (
        *("button", "canvas", "embed", "frame", "head", "iframe", "input", "link", "map", "meta"),
        *("noscript", "object", "option", "script", "select", "style", "svg", "template", "textarea"),
        *("title",),
    )
)
"""Elements that are dropped with their content."""
BLOCKS = frozenset(
    (
        *("address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "header", "legend", "li", "main"),
        *("nav", "p", "section", "summary", "td", "th", "tr"),
    )
)
"""Elements whose only meaning is to begin and end a line."""
SOUND = re.compile(r"\[sound:([^\]\[<>\n]{1,200})\]")
OPEN, SPLIT, CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
DELETION = re.compile(f"({OPEN}\\d+{SPLIT}|{CLOSE})")
"""Characters for the beginning and end of a cloze deletion; no text may have them."""
_DEEPEST = 80
"""Maximum nesting of elements; Python's stack has room for a few times that."""
_MOST = 100_000
"""Maximum characters of a field that is parsed, without the values of attributes."""
_LONGEST = 200_000
"""Maximum characters of a field: no card is as long, and no chapter has more room."""
_VALUES = re.compile(r"""=\s{0,9}(?:"[^"<>]*"|'[^'<>]*')""")
"""Values of attributes; styles, and embedded images, may be nearly all of a field."""
# The search for an end stops at the next beginning, because hostile text may have thousands of beginnings.
_IN_CODE = re.compile(r"<(pre|code)\b(?:(?!<\1\b).)*?</\1\s*>", re.DOTALL | re.IGNORECASE)
UNSEEN = re.compile(r"<(script|style)\b(?:(?!<\1\b).)*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TEX = re.compile(
    r"\[latex\](?P<latex>(?:(?!\[latex\]).)+?)\[/latex\]"
    r"|\[\$\$\](?P<display>(?:(?!\[\$\$\]).)+?)\[/\$\$\]"
    r"|\[\$\](?P<inline>(?:(?!\[\$\]).)+?)\[/\$\]"
    r"|\\\((?P<round>(?:(?!\\\().)+?)\\\)"
    r"|\\\[(?P<square>(?:(?!\\\[).)+?)\\\]"
    r"|<anki-mathjax(?P<options>[^<>]*)>(?P<mathjax>(?:(?!<anki-mathjax).)*?)</anki-mathjax>",
    re.DOTALL | re.IGNORECASE,
)
_OUR_MATHS = re.compile(r'(<(?:span|div) class="math">)\\[(\[](.*?)\\[)\]](?=</(?:span|div)>)', re.DOTALL)
_TTS = re.compile(r"\[anki:tts\b[^\[\]]*\]((?:(?!\[anki:tts\b).)*?)\[/anki:tts\]", re.DOTALL)
_READING = re.compile(r" ?([^ >\[\]]{1,60}?)\[(?!sound:)([^\]\[]{1,200}?)\]")
"""A word with its reading in brackets, as Anki's filter `furigana` takes it."""
_CLOZE = re.compile(r"\{\{c(\d{1,3})::|\}\}")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_NEVER_DEEP = frozenset(
    (
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "source",
            "track",
            "wbr",
        ),
        *("dd", "dt", "li", "option", "p", "tbody", "td", "th", "thead", "tr"),
    )
)
"""Elements without an end, and elements whose end may be left out."""
_DEEPEST_CLOZE = 8
"""Maximum nesting of cloze deletions, as in Anki."""
STRUCTURES = frozenset(("ul", "ol", "table", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"))
"""Elements that begin and end a line, and have a meaning."""
_LINES = BLOCKS | STRUCTURES | {"br", "hr"}


@dataclass(frozen=True, slots=True)
class Tree:
    """A field as a tree of elements."""

    body: Any
    deletions: tuple[str, ...] = ()
    """Number and hint of each cloze deletion, `1::hint`, by the number within its sign."""


def tree_of(html: str, *, is_cloze: bool = False, has_readings: bool = False) -> Tree | None:
    """Parse a field; return None if it is too long or too deeply nested. Raises `SourceError`."""
    html = re.sub(f"[{OPEN}-{CLOSE}\ufeff]", "", html)
    length = length_of(html)
    if length > _MOST or _is_too_deep(html):
        return None
    deletions: list[str] = []
    if is_cloze:
        html, deletions = _deletions(html)
    if has_readings:
        html = _READING.sub(r"<ruby>\1<rt>\2</rt></ruby>", html)
    html = _outside_code(html, lambda part: _TTS.sub(r"\1", _TEX.sub(_formula, part)))
    return Tree(_parsed(html), tuple(deletions))


def length_of(html: str) -> int:
    """Return the length of a field without its embedded files.

    Raises `SourceError` if no card can show so much.
    """
    length = len(_VALUES.sub("", html)) if len(html) > _MOST else len(html)
    if length > _LONGEST:
        raise SourceError(
            f"has a text of {length:,} characters, which no card can show (maximum: {_LONGEST:,}): shorten it"
        )
    return length


def _parsed(html: str) -> Any:
    try:
        from lxml import html as parser
    except ImportError as error:
        raise SourceError(NEEDED) from error

    data = f"<html><body>{html}</body></html>".encode(errors="replace")
    root = parser.document_fromstring(data, parser=parser.HTMLParser(encoding="utf-8", remove_comments=True))
    body = root.find("body")
    return root if body is None else body


def visible_text(body: Any) -> str:
    """Return the visible text of a tree, without white space and the marks of cloze deletions."""
    return re.sub(rf"[\s\u200b]|{DELETION.pattern}", "", "".join(pieces(body)))


def text_of_html(html: str) -> str:
    """Return the visible text of cardpress's own HTML, as `visible_text` does."""
    return visible_text(_parsed(_OUR_MATHS.sub(lambda found: found[1] + found[2], html)))


def words_of(html: str) -> list[str]:
    """Return the words of HTML that cannot be parsed, as lines of text."""
    text = UNSEEN.sub("", html)
    text = re.sub(r"<(?:br|/?(?:p|div|li|tr|h[1-6]|ul|ol|table))\b[^<>]*>", "\n", text, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[A-Za-z/!][^<>]*>", "", text)).split("\n")


def pieces(element: Any) -> Iterator[str]:
    """Yield the texts of a tree in order, and a line break at the edges of its blocks."""
    name = name_of(element)
    if name in DROPPED or name == "rp" or is_hidden(element):
        return
    is_block = name in _LINES
    if is_block:
        yield "\n"
    yield _without_sounds(element.text or "")
    for child in element:
        yield from pieces(child)
        yield _without_sounds(child.tail or "")
    if is_block:
        yield "\n"


def _without_sounds(text: str) -> str:
    return SOUND.sub("", text) if "[sound:" in text else text


def name_of(element: Any) -> str:
    """Return the name of an element in lower case; `comment` for other nodes."""
    return element.tag.lower() if isinstance(element.tag, str) else "comment"


def is_hidden(element: Any) -> bool:
    """Tell whether an element is not shown."""
    return re.search(r"display\s*:\s*none", element.get("style") or "", re.IGNORECASE) is not None


def _is_too_deep(html: str) -> bool:
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() in _NEVER_DEEP:
            continue
        depth = max(depth - 1, 0) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _outside_code(html: str, change: Callable[[str], str]) -> str:
    parts, place = [], 0
    for code in _IN_CODE.finditer(html):
        parts += [change(html[place : code.start()]), code[0]]
        place = code.end()
    return "".join((*parts, change(html[place:])))


def _formula(found: re.Match[str]) -> str:
    """Return a formula as an element of its own, without HTML that an editor put into it."""
    raw = next((found[name] for name in _TEX.groupindex if name != "options" and found[name]), "")
    text = re.sub(r"<br[^>]*>|</?(?:div|p)\b[^>]*>", "\n", raw, flags=re.IGNORECASE)
    tex = unescape(re.sub(r"<[a-zA-Z/][^<>]*>", "", text)).replace("\xa0", " ").strip()
    if found["latex"]:
        return latex_to_html(re.sub(r"\n\s*\n", "\n", tex), _element)
    return _element(tex, bool(found["display"] or found["square"] or "block" in (found["options"] or "")))


def _element(tex: str, is_display: bool) -> str:
    tex = re.sub(r"\n\s*\n+", "\n", tex.strip())
    tex = next(
        (written for written in (tex, tex + "{}", tex + r"\!") if _is_formula(written, is_display)), tex
    )
    return f'<x-tex display="{int(is_display)}">{escape(tex)}</x-tex>' if tex else ""


def _is_formula(tex: str, is_display: bool) -> bool:
    """Tell whether a chapter would read TeX as a formula; if it ends in a colon, it may be text."""
    written = f"\\[{tex}\\]" if is_display else f"\\({tex}\\)"
    found = formula_at(" ".join(written.split()), 0)
    return found is not None and found.end == len(" ".join(written.split()))


def _deletions(html: str) -> tuple[str, list[str]]:
    """Return HTML with special characters instead of the marks of cloze deletions, and their hints.

    As in Anki, a deletion ends at the first closing mark, and its text at its first `::`.
    """
    marks = list(_CLOZE.finditer(html))
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for number, mark in enumerate(marks):
        if mark[1] and len(opened) < _DEEPEST_CLOZE:
            opened.append(number)
        elif not mark[1] and opened:
            pairs[opened.pop()] = number
    ends = {end: start for start, end in pairs.items()}
    parts: list[str] = []
    hints: list[str] = []
    numbers: list[int] = []
    place = 0
    for number, mark in enumerate(marks):
        before = html[place : mark.start()]
        place = mark.end()
        if number in pairs:
            numbers.append(len(hints))
            hints.append(f"{int(mark[1])}::")
            parts += [before, f"{OPEN}{numbers[-1]}{SPLIT}"]
        elif number in ends:
            text, split, hint = before.partition("::")
            own = numbers.pop()
            if split:
                hints[own] += " ".join(unescape(re.sub("<[^<>]*>", " ", hint)).split())
            parts += [text, CLOSE]
        else:
            parts += [before, mark[0]]
    return "".join((*parts, html[place:])), hints
