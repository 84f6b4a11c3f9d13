"""What must hold for any input, asked by several targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import tinyhtml5

from builder.diagnostics import Diagnostic
from builder.identity.lock import Lock, read_lock
from builder.markdown.source import Source
from tests.fuzzing.target import promise

_ELEMENTS = frozenset(
    (
        *("html", "head", "body", "a", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "hr", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody"),
        *("td", "th", "thead", "tr", "ul", "kbd", "del", "bdi", "mark", "ruby", "rt", "dl", "dt", "dd"),
        *("rp", "u", "abbr"),
    )
)
_ATTRIBUTES = frozenset(
    (
        *("alt", "class", "href", "src", "start", "style", "title", "colspan", "dir", "lang", "width"),
        *("role", "aria-label"),
    )
)
_STYLE = re.compile(
    r"(text-align: ?(left|right|center);?)?|((max-)?width: (\d+(px|%)|min\(\d+(px|%), 100%\)))"
    r"|left: [\d.]+%; top: [\d.]+%; width: [\d.]+%; height: [\d.]+%; --room: -?\d+%"
)
_XHTML = "{http://www.w3.org/1999/xhtml}"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def check_places(diagnostics: Iterable[Diagnostic], source: Source) -> None:
    """Every finding about a file has a place in it, and can be printed."""
    for found in diagnostics:
        if found.location.path != source.path:
            continue
        line, column = found.location.line, found.location.column
        promise(1 <= line <= len(source.lines), f"places: a line of {found.code}", found)
        promise(1 <= column <= len(source.lines[line - 1]) + 1, f"places: a column of {found.code}", found)
        promise(bool(found.message), f"messages: none of {found.code}", found)
        str(found).encode()


def check_unread(diagnostics: Sequence[Diagnostic], path: Path) -> None:
    """Why a file is not read has a place in it, too."""
    check_places(diagnostics, Source(path, path.read_bytes().decode("utf-8-sig", "replace")))


def check_is_inert(html: str) -> None:
    """A browser finds nothing in a field that acts, loads or leads where the author did not write."""
    if "<" not in html:
        return
    for element in tinyhtml5.parse(html).iter():
        name = element.tag.removeprefix(_XHTML) if isinstance(element.tag, str) else "comment"
        promise(name in _ELEMENTS, f"live: an element {name[:20]}", html)
        for attribute, value in element.attrib.items():
            promise(attribute in _ATTRIBUTES, f"live: an attribute {attribute[:20]}", html)
            if attribute == "href":
                promise(
                    value.lower().startswith(("http://", "https://", "mailto:")), "live: an address", html
                )
            elif attribute == "src":
                promise(re.fullmatch(r"[\w.-]+", value) is not None, "live: a picture's address", html)
            elif attribute == "style":
                promise(_STYLE.fullmatch(value) is not None, "live: a style", html)


def check_lock_is_kept(lock: Lock, path: Path) -> None:
    """What is written into a lock is read from it."""
    read, diagnostics = read_lock(Source(path, str(lock)))
    promise(not diagnostics, "locks: a line that cannot be read back", diagnostics)
    # Where a lock does not say what the notes' corpus and root deck are, they tell.
    told = replace(lock, corpus=lock.corpus or read.corpus, deck=lock.deck or read.deck)
    promise(read == told, "locks: read back as another", str(lock))


def check_is_one_line(text: str, name: str) -> None:
    """What a terminal is told of somebody else's file is a line of it, without controls."""
    promise(
        _CONTROL.search(text) is None and "\n" not in text, f"reports: {name} is no plain line", repr(text)
    )


def check_has_no_controls(text: str, name: str) -> None:
    """A report has lines, and nothing that a terminal would obey."""
    promise(_CONTROL.search(text) is None, f"reports: a control character in {name}", repr(text))
