"""Writes HTML as Markdown for `cardpress check --fix`, where that is possible without losing text."""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import chain

from builder.diagnostics import Edit
from builder.markdown.elements import HARMLESS
from builder.markdown.parser import Passage, Token, is_web_address

_PIECES = re.compile(r"(<!--.*?-->|</?[A-Za-z][^<>]*>)", re.DOTALL)
_TAG = re.compile(r"<(?P<closes>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>[^<>]*)>", re.DOTALL)
_VALUE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_DEEPEST = 50
"""Maximum nesting of HTML that is written as Markdown: the time grows with tags times depth."""
_AROUND = frozenset(
    [
        "article",
        "aside",
        "center",
        "details",
        "div",
        "figcaption",
        "figure",
        "footer",
        "header",
        "main",
        "nav",
        "p",
        "picture",
        "section",
    ]
)
"""Elements that only contain others, and begin on a line of their own."""
_WITHIN = frozenset(("abbr", "big", "font", "small", "span"))
"""Elements that can be dropped without losing meaning."""
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "summary": "**"}
_MARKS |= dict.fromkeys(("s", "strike", "del"), "~~")
_HEADINGS = {f"h{level}": f"{'#' * level} " for level in range(1, 7)}
_OTHERS = """
a address area audio base bdi bdo blockquote body br button canvas caption cite col colgroup data datalist
dd del dfn dialog dl dt embed fieldset form head hgroup hr html iframe img input ins kbd label legend li
link map mark menu meta meter noscript object ol optgroup option output param pre progress q rp rt ruby s
samp script search select slot source strike style sub sup svg table tbody td template textarea tfoot th
thead time title tr track tt u ul var video wbr
"""
ELEMENTS = frozenset((*_AROUND, *_WITHIN, *_MARKS, *_HEADINGS, *_OTHERS.split()))
"""Names of HTML elements: `<…>` with any other name is not HTML."""
_MOST_COMMENTS = 50
"""Maximum comments in a block of HTML: to find the ends of thousands would take minutes."""
_BREAK = "\ue000"
"""Placeholder for a line break until all blanks are known."""
_FENCE = re.compile(r" {0,3}(```|~~~)")
_GENERIC = re.compile(r"(?<![\w.:])[A-Za-z_][\w.:]*<(?:[^<>`\n]|<(?:[^<>`\n]|<[^<>`\n]*>)*>)*>(?:\(\))?")
"""A type with types in it, as in `List<int>` and `Map<String, List<int>>`."""


@dataclass(frozen=True, slots=True)
class _Tag:
    """A tag: its name, whether it closes an element, and its attributes."""

    name: str
    closes: bool
    values: dict[str, str]


def _tag(written: str) -> _Tag | None:
    found = _TAG.fullmatch(written.strip())
    if found is None:
        return None
    values = {key.lower(): a or b or c for key, a, b, c in _VALUE.findall(found["rest"])}
    return _Tag(found["name"].lower(), bool(found["closes"]), values)


def block_edits(passage: Passage, block: Token) -> tuple[Edit, ...]:
    """Return the edit that writes a block of HTML as Markdown; none if text could be lost."""
    assert block.map is not None
    first, end = block.map
    lines = passage.source.lines[first:end]
    while lines and not lines[-1].strip():
        lines.pop()
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    if not all(line.startswith(indent) or not line.strip() for line in lines):
        return ()
    if not lines[0].lstrip().startswith("<"):
        return ()  # in a quotation, or behind the mark of a list
    markdown = _markdown("\n".join(line[len(indent) :] for line in lines))
    if markdown is None or markdown.split("\n") == [line[len(indent) :] for line in lines]:
        return ()
    written = [f"{indent}{line}" if line else "" for line in markdown.split("\n")] if markdown else []
    if written and first > 0 and passage.source.lines[first - 1].strip():
        written.insert(0, "")
    end = first + len(lines)
    if not written and not "".join(passage.source.lines[max(first - 1, 0) : first]).strip():
        # Of the empty lines around it, one is enough.
        end += end < len(passage.source.lines) and not passage.source.lines[end].strip()
    if written and end < len(passage.source.lines) and passage.source.lines[end].strip():
        written.append("")
    return (Edit.of_lines(first + 1, end + 1, "".join(f"{line}\n" for line in written)),)


def _markdown(html: str) -> str | None:
    """Return a block of HTML as Markdown; None if text could be lost."""
    if html.count("<!--") > _MOST_COMMENTS:
        return None
    written: list[str] = []
    closings: list[tuple[str, str]] = []
    for index, piece in enumerate(_PIECES.split(html)):
        if index % 2 == 0 or piece.startswith("<!--"):
            is_code = any(name == "code" for name, _ in closings)
            written.append(unescape(piece) if is_code else piece)
            continue
        tag = _tag(piece)
        marks = _block_marks(tag, closings) if tag else None
        if marks is None or len(closings) > _DEEPEST:
            return None
        written.append(marks)
    return _tidy("".join(written)) if not closings else None


def _block_marks(tag: _Tag, closings: list[tuple[str, str]]) -> str | None:
    """Return the Markdown for a tag in a block of HTML."""
    if tag.name in _AROUND:
        return "\n\n"
    if tag.name == "hr":
        return "\n\n***\n\n"
    if tag.name == "br":
        return _BREAK
    if tag.closes:
        if not closings or closings[-1][0] != tag.name:
            return None
        return closings.pop()[1]
    is_bold = tag.name in ("b", "strong") and any(name == "summary" for name, _ in closings)
    opening = ("", "") if is_bold else _marks(tag)
    if opening is None and tag.name in _HEADINGS:
        opening = f"\n\n{_HEADINGS[tag.name]}", "\n\n"
    if opening is None:
        return None
    if tag.name == "summary":
        opening = f"\n\n{opening[0]}", f"{opening[1]}\n\n"
    if tag.name != "img":
        closings.append((tag.name, opening[1]))
    return opening[0]


def _marks(tag: _Tag) -> tuple[str, str] | None:
    """Return the Markdown marks for an element: before and after its text."""
    if tag.name in _WITHIN:
        return "", ""
    if tag.name in _MARKS:
        return _MARKS[tag.name], _MARKS[tag.name]
    if tag.name in HARMLESS and tag.name not in ("br", "rp", "rt"):
        return f"<{tag.name}>", f"</{tag.name}>"
    if tag.name == "a":
        href = tag.values.get("href", "")
        if is_web_address(href) and not re.search(r"[\s()<>]", href):
            return "[", f"]({href})"
        return None if href else ("", "")
    if tag.name == "img" and (src := tag.values.get("src")) and not re.search(r"[\s()<>]", src):
        return f"![{tag.values.get('alt', '')}]({src})", ""
    return None


def _tidy(text: str) -> str:
    """Return Markdown without blanks that HTML does not show; code keeps them."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence or mark:
            fence = "" if mark and fence == mark[1] else fence or (mark[1] if mark else "")
            lines.append(line)
        else:
            lines.append(line.strip())
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(f"\n{_BREAK}")
    tidy = re.sub(rf"[ \n]*{_BREAK}[ \n]*", r"\\\n", tidy)
    # No blank may be just inside marks.
    return re.sub(r"^(\*\*) *(.*?) *(\*\*)$", r"\1\2\3", tidy, flags=re.MULTILINE)


def inline_edits(passage: Passage, block: Token) -> Mapping[int, tuple[Edit, ...]]:
    """Return the edits that write the tags in a block's text as Markdown, by the indices of its children.

    The edits of a closing tag are listed with its opening tag. Tags that have no safe form in Markdown have
    none.
    """
    children = block.children or []
    edits: dict[int, tuple[Edit, ...]] = {}
    opened: defaultdict[str, list[int]] = defaultdict(list)
    tags = {place: _tag(child.content) for place, child in enumerate(children) if child.type == "html_inline"}
    for place, tag in tags.items():
        if tag is None:
            continue
        if tag.name not in ELEMENTS:
            edits[place] = _as_code(passage, block, children[place])
        elif tag.closes and opened[tag.name]:
            first = opened[tag.name].pop()
            edits[first] = _pair(passage, block, children[first], children[place])
        elif tag.closes or tag.name == "img":
            edits[place] = _pair(passage, block, children[place], None)
        else:
            opened[tag.name].append(place)
    for place in chain.from_iterable(opened.values()):
        edits[place] = _pair(passage, block, children[place], None)
    return edits


def _pair(passage: Passage, block: Token, opening: Token, closing: Token | None) -> tuple[Edit, ...]:
    """Return the edits of a tag and its closing tag, or of a single tag."""
    tag = _tag(opening.content)
    assert tag is not None
    if tag.name == "code" and closing:
        return _as_written_code(passage, block, opening, closing)
    is_bare = tag.name in _AROUND or tag.name in _WITHIN
    marks = ("", "") if is_bare else None if tag.closes else _marks(tag)
    if marks is None or marks[0] == opening.content or not (closing or is_bare or tag.name == "img"):
        return ()
    edits = [_replaced(passage, block, opening, marks[0])]
    edits += [_replaced(passage, block, closing, marks[1])] if closing else []
    return tuple(edit for edit in edits if edit) if all(edits) else ()


def _as_written_code(passage: Passage, block: Token, opening: Token, closing: Token) -> tuple[Edit, ...]:
    """Return the edit that puts the text of a `<code>` into backticks, with its entities decoded."""
    first, last = passage.locate(block, opening), passage.locate(block, closing)
    line = passage.source.lines[first.line - 1]
    start, end = first.column - 1, last.column - 1 + len(closing.content)
    inner = line[start + len(opening.content) : last.column - 1]
    is_whole = line.startswith(opening.content, start) and line.startswith(closing.content, last.column - 1)
    if first.line != last.line or not is_whole or "`" in inner or "<" in inner:
        return ()
    return (Edit.within(first.line, first.column, line[start:end], f"`{unescape(inner)}`"),)


def _replaced(passage: Passage, block: Token, token: Token, text: str) -> Edit | None:
    location = passage.locate(block, token)
    line = passage.source.lines[location.line - 1]
    if not line.startswith(token.content, location.column - 1):
        return None
    return Edit.within(location.line, location.column, token.content, text)


@lru_cache(maxsize=16)  # a line may have thousands of them
def _types_in(line: str) -> list[tuple[int, int]]:
    return [found.span() for found in _GENERIC.finditer(line)]


def _as_code(passage: Passage, block: Token, token: Token) -> tuple[Edit, ...]:
    """Return the edit that puts what only looks like a tag, and the type around it, into backticks."""
    location = passage.locate(block, token)
    line, start = passage.source.lines[location.line - 1], location.column - 1
    if not line.startswith(token.content, start):
        return ()
    types = _types_in(line)
    first, end = types[max(bisect(types, (start, len(line))) - 1, 0)] if types else (0, 0)
    if first <= start < end:
        written = line[first:end]
        return (Edit.within(location.line, first + 1, written, f"`{written}`"),)
    return (Edit.within(location.line, location.column, token.content, f"`{token.content}`"),)
