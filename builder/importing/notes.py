"""Converts the notation of note programs: links, embedded files, comments, block names.

First of all, these become plain Markdown, line by line. Links by name become links to files; their targets
are resolved later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote

from builder.corpus.images import SUFFIXES
from builder.importing.adapting import Line
from builder.importing.documents import Document
from builder.importing.media import Media
from builder.importing.model import Loss
from builder.markdown.anchors import heading_anchor

_CODE = re.compile(r"((`+)(?!`).*?(?<!`)\2(?!`))")
_EMBED = re.compile(r"!\[\[([^\[\]\n|]+)(?:\|([^\[\]\n]*))?\]\]")
_LINK = re.compile(r"(?<!!)\[\[([^\[\]\n|]*)(?:\|([^\[\]\n]*))?\]\]")
_SIZE = re.compile(r"(\d{1,4})(?:x\d{1,4})?")
_PLACES = ("center", "left", "right", "inline", "inlL", "inlR")
"""Words for the position of an image, which are not its alt text."""
_SIZED_IMAGE = re.compile(r"!\[([^\[\]|]*)\|(\d{1,4})(?:x\d{1,4})?\](\([^()\s]+\))")
_BLOCK_NAME = re.compile(r"(?<=\s)\^[A-Za-z0-9-]{1,40}\s*$")
_BLOCK_REFERENCE = re.compile(r"\(\([0-9a-f]{8}-[0-9a-f-]{27}\)\)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_MOST_EMBEDDED = 2_000
"""Maximum lines that a note embeds from others."""
_SIGNS = re.compile(r"([\\\[\]*_`<])")


@dataclass(slots=True)
class Names:
    """Notes of a folder, by the names that links use."""

    by_name: dict[str, PurePosixPath] = field(default_factory=dict)
    documents: dict[PurePosixPath, Document] = field(default_factory=dict)

    def add(self, path: PurePosixPath, document: Document) -> None:
        """Add a note, by its path, its name and its own aliases."""
        self.documents[path] = document
        whole = path.with_suffix("").as_posix()
        for name in (whole, path.stem, *document.names):
            self.by_name.setdefault(name.casefold(), path)

    def find(self, name: str) -> PurePosixPath | None:
        """Return the note with a name or a path."""
        name = name.strip().removesuffix(".md").strip("/").casefold()
        return self.by_name.get(name) or self.by_name.get(name.rpartition("/")[2])


def as_markdown(
    lines: Sequence[Line], name: str, own: PurePosixPath, names: Names, media: Media
) -> tuple[list[Line], list[Loss]]:
    """Return the lines of a note in plain Markdown, and the losses."""
    writer = _Writer(name, own, names, media)
    return list(writer.written(lines, is_embedded=False)), writer.losses


@dataclass
class _Writer:
    name: str
    own: PurePosixPath
    names: Names
    media: Media
    losses: list[Loss] = field(default_factory=list)
    number: int = 1
    embedded: int = 0

    def lose(self, kind: str, message: str) -> None:
        loss = Loss(f"{self.name}:{self.number}", kind, message)
        if not self.losses or self.losses[-1] != loss:
            self.losses.append(loss)

    def written(self, lines: Sequence[Line], *, is_embedded: bool) -> Iterator[Line]:
        """Yield lines in plain Markdown; embedded notes do not embed others."""
        code = Document(self.name, list(lines)).fences
        is_comment = False
        for place, (number, text) in enumerate(lines):
            self.number = number if not is_embedded else self.number
            if place in code:
                yield number, text
                continue
            if "%%" in text:
                text, is_comment = self.without_comments(text, is_comment)
                if not text.strip():
                    yield number, ""
                    continue
            elif is_comment:
                continue
            whole = _EMBED.fullmatch(text.strip())
            if whole and not is_embedded and (note := self.embedded_note(whole[1])) is not None:
                for _, line in self.written(note, is_embedded=True):
                    # A heading would begin another question.
                    yield number, _HEADING.sub(r"###### \2", line)
                yield number, ""
                continue
            yield number, self.line(text)

    def without_comments(self, text: str, is_comment: bool) -> tuple[str, bool]:
        """Return a line without comments, and whether a comment continues after it."""
        pieces = re.split("%%", _CODE.sub(lambda found: found[0].replace("%%", "\0"), text))
        kept = pieces[1::2] if is_comment else pieces[::2]
        if len(pieces) == 1 and not is_comment:
            return text, False
        self.lose("comment", "a comment is left out")
        return "".join(kept).replace("\0", "%%").rstrip(), is_comment != (len(pieces) % 2 == 0)

    def line(self, text: str) -> str:
        if not any(sign in text for sign in ("[[", "((", "^", "|")):
            return text
        pieces = _CODE.split(text)
        # The pattern has two groups, so code and its marks are between the other pieces.
        for place in range(0, len(pieces), 3):
            part = pieces[place]
            part = _EMBED.sub(self.embed, part)
            part = _LINK.sub(self.link, part)
            part = _SIZED_IMAGE.sub(r"![\1]\3{width=\2}", part)
            if _BLOCK_REFERENCE.search(part):
                self.lose("link", "a reference to a block is left out")
                part = _BLOCK_REFERENCE.sub("", part)
            pieces[place] = part
        for place in range(2, len(pieces), 3):
            pieces[place] = ""
        return _BLOCK_NAME.sub("", "".join(pieces)).rstrip() if text.strip() else text

    def link(self, found: re.Match[str]) -> str:
        """Return a Markdown link for a link by name; its target is resolved later."""
        target, words = found[1].strip(), (found[2] or "").strip()
        name, _, part = target.partition("#")
        shown = words or (f"{name} > {part}" if name and part else name or part).replace("#", " > ")
        shown = shown if words else _SIGNS.sub(r"\\\1", shown)
        path = self.names.find(name) if name.strip() else self.own
        if path is None:
            self.lose("link", f"there is no note {name[:60]!r}: the words of the link are kept")
            return shown
        anchor = "" if part.startswith("^") else heading_anchor(part.rpartition("#")[2])
        address = quote(_relative(path, self.own)) + (f"#{quote(anchor)}" if anchor else "#")
        return f"[{shown}]({address})"

    def embed(self, found: re.Match[str]) -> str:
        """Return an image for an embedded one, and the name of any other file."""
        target = found[1].strip()
        words = [part.strip() for part in (found[2] or "").split("|")]
        size = next(filter(_SIZE.fullmatch, words), "")
        size = size or " ".join(word for word in words if word not in _PLACES)
        name = target.partition("#")[0]
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in SUFFIXES:
            src = self.media.find(name, self.media.root / self.own.parent)
            width = _SIZE.fullmatch(size)
            alt = _SIGNS.sub(r"\\\1", PurePosixPath(name).stem if width or not size else size)
            if not src:
                self.lose("missing image", f"there is no image {name[:80]!r} that can be shown")
                return alt
            return f"![{alt}]({src})" + (f"{{width={width[1]}}}" if width else "")
        path = self.names.find(name)
        if path is not None:
            return self.link(re.match(_LINK, f"[[{target}]]") or found)
        self.lose("file", f"the file {name[:80]!r} cannot be shown: its name is kept")
        return _SIGNS.sub(r"\\\1", size or name)

    def embedded_note(self, target: str) -> Sequence[Line] | None:
        """Return the lines of an embedded note; None if it is not a note."""
        name, _, part = target.strip().partition("#")
        if PurePosixPath(name).suffix.lower() in SUFFIXES:
            return None
        path = self.names.find(name) if name else self.own
        if path is None or path == self.own:
            return None
        lines = _part_of(self.names.documents[path].lines, part)
        if self.embedded + len(lines) > _MOST_EMBEDDED:
            self.lose("embedded note", f"{target[:60]!r} is not shown: too much is shown here already")
            return []
        self.embedded += len(lines)
        return lines


def _relative(path: PurePosixPath, own: PurePosixPath) -> str:
    ups = "../" * len(own.parent.parts)
    return "" if path == own else f"{ups}{path.as_posix()}"


def _part_of(lines: Sequence[Line], part: str) -> Sequence[Line]:
    """Return the lines of a note below a heading, or of a named block; without a name, all lines."""
    if not part:
        return lines
    if part.startswith("^"):
        for place, (_, text) in enumerate(lines):
            if text.rstrip().endswith(part):
                start = place
                while start and lines[start - 1][1].strip():
                    start -= 1
                return lines[start : place + 1]
        return []
    wanted = heading_anchor(part.rpartition("#")[2])
    first, level = None, 0
    for place, (_, text) in enumerate(lines):
        found = _HEADING.match(text)
        if found is None:
            continue
        if first is None and heading_anchor(found[2]) == wanted:
            first, level = place, len(found[1])
        elif first is not None and len(found[1]) <= level:
            return lines[first:place]
    return lines[first:] if first is not None else []
