"""Reads foreign Markdown documents: their lines, tokens and definitions.

A document is parsed once; searches for questions use the tokens. Only `<details>` needs preparation: its tags
may be within a paragraph, where no token begins, so each first gets a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from builder.corpus.files import NOT_UTF_8, read_source
from builder.corpus.front_matter import read_front_matter, values_of
from builder.importing.adapting import Line
from builder.importing.model import Loss, SourceError
from builder.markdown.parser import Source, Token, parse
from builder.runtime.regular_files import CHAPTER_LIMIT, RefusedFile, read_regular

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
"""A language, as `en` or `pt-BR`."""
_TAG = re.compile(r"</?(?:details|summary)\b[^<>]*>", re.IGNORECASE)
_WRAPPERS = r"(?:b|strong|i|em|p|div|center|blockquote)"
_OPENINGS = re.compile(rf"(?:\s*(?:<br ?/?>|<{_WRAPPERS}(?:\s[^<>]*)?>))+", re.IGNORECASE)
_CLOSINGS = re.compile(rf"(?:(?:<br ?/?>|</{_WRAPPERS}\s*>)\s*)+$", re.IGNORECASE)
_DEFINITION = re.compile(r" {0,3}\[(?!\^)((?:[^\[\]\\]|\\.)+)\]:\s*\S")
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\s\[\]]{1,60})\]:")
_USE = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\]")


@dataclass
class Document:
    """A foreign Markdown file."""

    name: str
    """Name in its source, with which the place of a loss begins."""
    lines: list[Line]
    title: str = ""
    """Title and tags of its front matter."""
    tags: tuple[str, ...] = ()
    language: str = ""
    names: tuple[str, ...] = ()
    """Other names by which links may refer to it."""
    losses: list[Loss] = field(default_factory=list)

    @cached_property
    def texts(self) -> list[str]:
        """Lines without their numbers."""
        return [line for _, line in self.lines]

    @cached_property
    def tokens(self) -> list[Token]:
        """Tokens of all lines."""
        return parse("\n".join(self.texts))

    @cached_property
    def code(self) -> frozenset[int]:
        """Lines (from 0) of blocks of code, in which marks have no meaning."""
        return frozenset(
            number
            for token in self.tokens
            if token.type in ("fence", "code_block", "math_block") and token.map
            for number in range(*token.map)
        )

    @cached_property
    def fences(self) -> frozenset[int]:
        """Lines (from 0) of fenced code and formulas; indented lines may belong to a list."""
        if not any("```" in text or "~~~" in text or "$$" in text or "\\[" in text for text in self.texts):
            return frozenset()
        return frozenset(
            number
            for token in self.tokens
            if token.type in ("fence", "math_block") and token.map
            for number in range(*token.map)
        )

    @cached_property
    def definitions(self) -> Mapping[str, Sequence[Line]]:
        """Lines that define the addresses of links, and the texts of footnotes, by their labels."""
        found: dict[str, Sequence[Line]] = {}
        inside = self.prose
        for number, text in enumerate(self.texts):
            if number in self.code or "]:" not in text:
                continue
            footnote = _FOOTNOTE.match(text)
            definition = _DEFINITION.match(text)
            if footnote:
                found.setdefault(f"^{footnote[1]}", self.lines[number : self._end(number)])
            elif definition and number not in inside:
                found.setdefault(_label(definition[1]), self.lines[number : number + 1])
        return found

    @cached_property
    def prose(self) -> frozenset[int]:
        """Lines (from 0) of paragraphs, in which nothing is a definition."""
        return frozenset(
            number
            for token in self.tokens
            if token.type == "inline" and token.map
            for number in range(*token.map)
        )

    def _end(self, first: int) -> int:
        """Return the line after a footnote, with its text and the indented lines below it."""
        end = first + 1
        while end < len(self.texts):
            text = self.texts[end]
            following = self.texts[end + 1] if end + 1 < len(self.texts) else ""
            is_inside = text.startswith(("    ", "\t")) or (not text.strip() and following.startswith("    "))
            if not is_inside:
                break
            end += 1
        return end

    def with_definitions(self, lines: Sequence[Line]) -> list[Line]:
        """Return lines, followed by the definitions of this document that they use but do not have."""
        if not self.definitions:
            return list(lines)
        text = "\n".join(line for _, line in lines)
        own = {number for number, _ in lines}
        labels = dict.fromkeys(
            f"^{label[1:]}" if label.startswith("^") else _label(label) for label in _USE.findall(text)
        )
        added = [
            line
            for label in labels
            for line in self.definitions.get(label, ())
            if self.definitions[label][0][0] not in own
        ]
        return [*lines, (added[0][0], ""), *added] if added else list(lines)


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def read_document(path: Path, name: str) -> Document:
    """Read a Markdown file. Raises `SourceError`."""
    source, losses = _source(path.resolve(), name)
    front, wrong = read_front_matter(source)
    lines = list(enumerate(source.lines, 1))[front.end :]
    losses += [Loss(f"{name}:{each.location.line}", "front matter", each.message) for each in wrong]
    language = next((text for text in values_of(source, "lang", "language") if LANGUAGE.fullmatch(text)), "")
    names = values_of(source, "aliases", "alias")
    document = Document(name, lines, front.title, front.tags, language, names, losses)
    if any(_TAG.search(line) for _, line in lines):
        document.lines = list(_apart(document))
        for cached in ("texts", "tokens", "code", "fences", "prose"):
            document.__dict__.pop(cached, None)
    return document


def _source(path: Path, name: str) -> tuple[Source, list[Loss]]:
    source, found = read_source(path)
    if not found:
        return source, []
    if found[0].code != NOT_UTF_8.name:
        raise SourceError(f"cannot be read: {found[0].message} ({found[0].hint})")
    try:
        data = read_regular(path, path.parent, CHAPTER_LIMIT // 4)
    except RefusedFile as error:
        raise SourceError(f"{error.reason}: {error.hint}") from error
    text = decoded(data)
    if text is None:
        raise SourceError(UNREADABLE)
    return Source(path, text), [Loss(f"{name}:1", "encoding", "it is not UTF-8: look for wrong letters")]


def first_bytes(path: Path, most: int) -> bytes | None:
    """Return the first bytes of a file, for a quick look; None if it cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return None


UNREADABLE = (
    "is not text in UTF-8, UTF-16 or the encoding of Western Windows: save it as UTF-8, with an editor or"
    " with iconv -f SHIFT_JIS -t UTF-8 (or GB18030, BIG5, EUC-KR, CP1251)"
)
"""What is wrong with a file that cannot be decoded, as the end of a sentence."""
_BESIDE = re.compile("[^\0-\x7f]{2,}")
_PUNCTUATION = re.compile("„(?=[^„“\n]{1,200}“)|[«»“”‘’–—…¿¡\xa0]")
"""Signs of Western texts that are often next to letters beyond ASCII: „Äpfel“."""


def decoded(data: bytes) -> str | None:
    """Return the text of bytes in UTF-8, UTF-16 or, if these fail, Windows's Western encoding.

    Return None for any other. Bytes of another encoding often have a meaning in the Western one, too. But
    its letters beyond ASCII are rarely next to each other, and those of other encodings nearly always are.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:4096] or b"\x1b$" in data:  # UTF-16 without its mark, or ISO-2022
        return None
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if encoding == "cp1252" and _is_of_another(text) else text
    return None


def _is_of_another(text: str) -> bool:
    """Tell whether most characters beyond ASCII, without punctuation, are next to each other."""
    text = _PUNCTUATION.sub(" ", text)
    others = sum(not char.isascii() for char in text)
    return sum(map(len, _BESIDE.findall(text))) > max(others / 2, 3)


def _apart(document: Document) -> Iterator[Line]:
    """Yield the lines of a document with each tag of `<details>` and `<summary>` on a line of its own."""
    is_tag = _lines_with_tags(document)
    summary: list[str] | None = None
    after_summary = False
    indents = [""]
    """Indentation of the open tags."""
    is_block = False
    """True until the next empty line: indented HTML is not code."""
    waiting: list[Line] = []
    """Lines that may only be marks around the following text."""
    for place, (number, line) in enumerate(document.lines):
        is_block = is_block and bool(line.strip()) and not line.lstrip().startswith(("```", "~~~"))
        if place not in is_tag and summary is None:
            if is_block:
                line = indents[-1] + line.lstrip()
            if after_summary and (rest := _without_openings(line)) != line:
                line = rest
                if not line.strip():
                    yield number, ""
                    continue
            after_summary = after_summary and not line.strip()
            if place not in document.code and _CLOSINGS.fullmatch(line.strip()):
                waiting.append((number, line))
                continue
            yield from waiting
            waiting = []
            yield number, line
            continue
        indent = line[: len(line) - len(line.lstrip())]
        if is_block or len(indents) > 1:
            indent = min(indent, indents[-1], key=len)
        is_block = True
        last = 0
        for found in [*_TAG.finditer(line), None]:
            text = line[last : found.start()] if found else line[last:]
            tag = found[0].lower().replace(" ", "") if found else ""
            last = found.end() if found else last
            if summary is not None:
                summary.append(text.strip())
                if tag.startswith("</summary") or tag.startswith("</details"):
                    yield from (
                        (number, ""),
                        (number, f"{indent}<summary>{' '.join(summary).strip()}</summary>"),
                    )
                    yield number, ""
                    summary, after_summary = None, True
                if not tag.startswith("</details"):
                    continue
                text = ""
            if after_summary:
                text = _without_openings(text)
                after_summary = not text.strip()
            if tag.startswith("</details"):
                if _CLOSINGS.fullmatch(text.strip()) or not text.strip():
                    waiting = []  # they close marks that were opened after the summary
                text = _CLOSINGS.sub("", text)
            yield from waiting
            waiting = []
            if text.strip():
                yield number, indent + text.lstrip()
            if tag.startswith("<details"):
                indents.append(indent)
            elif tag.startswith("</details"):
                indents[1:] = indents[1:-1]
            if tag.startswith("<summary"):
                summary = []
            elif tag:
                yield from ((number, ""), (number, f"{indent}{found[0] if found else ''}"), (number, ""))
                after_summary = False
    if summary is not None:
        yield document.lines[-1][0], f"<summary>{' '.join(summary).strip()}</summary>"
    yield from waiting


def _without_openings(text: str) -> str:
    found = _OPENINGS.match(text)
    return text[found.end() :] if found else text


def _lines_with_tags(document: Document) -> set[int]:
    """Return the lines (from 0) on which tags are HTML, not code."""
    found: set[int] = set()
    for token in document.tokens:
        if token.map is None:
            continue
        is_html = token.type == "html_block" or any(
            child.type == "html_inline" and _TAG.fullmatch(child.content) for child in token.children or ()
        )
        if is_html and (token.type == "html_block" or token.type == "inline"):
            found.update(
                number for number in range(*token.map) if _TAG.search(_without_code(document.texts[number]))
            )
    return found


def _without_code(line: str) -> str:
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
