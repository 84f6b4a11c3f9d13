"""Layout fragments: HTML laid out once by WeasyPrint, cached, and reused on any page.

Layout takes nearly all the time of making a PDF; placing the result takes almost none. So each piece is laid
out by itself, at the top left of a page that is as long as needed. Its drawing operations, links, bookmarks
and tags are read from the PDF before that is written. They do not depend on other pieces, so later builds can
use them again.

This module and `assemble`, which puts fragments on pages, rely on the arrangement of WeasyPrint's PDFs,
which is not documented. If something is not as expected, they raise `Unexpected`, and `fragment_press`
uses the plain press.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from hashlib import sha256
from struct import iter_unpack
from typing import Any, TypeVar

from builder.design.fonts import AS_TEXT, Typeface, typeface
from builder.print.engine.html import BREAK
from builder.print.engine.written_text import SILENT, actual_text

_Value = TypeVar("_Value")


DAMAGED = (LookupError, TypeError, ValueError, AttributeError)
"""Exceptions of reading an unexpected PDF."""


class Unexpected(Exception):  # noqa: N818  (control flow: the caller goes the plain way)
    """WeasyPrint's PDF is not arranged as this module expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """An element of the logical structure: `H2`, `P`, `Span`."""

    name: str
    kids: Sequence[int | Tag | Link]
    """Numbers of marked content, elements, and links."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that only some elements have: a figure's text and box, a cell's headers."""


@dataclass(frozen=True, slots=True)
class Link:
    """An area that links to an address, or with `#` to a place in the document."""

    target: str
    area: tuple[float, float, float, float]
    """Left, top, right and bottom of the area, in CSS pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A laid-out piece. Places are in CSS pixels from its top left."""

    height: float
    content: str
    """Drawing operations; marked content is numbered from 0."""
    marks: int
    """Count of the numbers of marked content."""
    tags: Sequence[Tag]
    anchors: Mapping[str, tuple[float, float]]
    """Places of ids, the targets of links."""
    bookmarks: Sequence[tuple[int, str, float, float]]
    """Level, label and place of each bookmark."""
    glyphs: Mapping[str, Mapping[int, str]]
    """Glyphs that each font shows, with their text if that is not the glyph's character."""
    images: Mapping[str, Image] = field(default_factory=dict)
    """Images by the names in the drawing operations."""

    def dump(self) -> bytes:
        """Return the fragment as bytes."""
        return json.dumps(self, ensure_ascii=False, separators=(",", ":"), default=_fields).encode()


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a PDF: pixels, or a group of drawing operations."""

    about: Mapping[str, str]
    """Entries of its dictionary, with values as written in the PDF."""
    data: str
    """Data bytes, as Latin-1 characters."""
    mask: Image | None = None

    @property
    def is_drawn(self) -> bool:
        """True if it is a group of drawing operations."""
        return self.about["Subtype"] == "/Form"


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def load(dump: bytes) -> Fragment:
    """Return a fragment from its bytes. Raises one of `DAMAGED` for anything else."""
    values = json.loads(dump)
    return Fragment(
        height=values["height"],
        content=values["content"],
        marks=values["marks"],
        tags=[_load_tag(tag) for tag in values["tags"]],
        anchors={name: (x, y) for name, (x, y) in values["anchors"].items()},
        bookmarks=[(level, label, x, y) for level, label, x, y in values["bookmarks"]],
        glyphs={
            font: {int(glyph): text for glyph, text in glyphs.items()}
            for font, glyphs in values["glyphs"].items()
        },
        images={name: _load_image(image) for name, image in values["images"].items()},
    )


def _load_tag(values: Mapping[str, Any]) -> Tag:
    kids = [
        kid
        if isinstance(kid, int)
        else _load_tag(kid)
        if "name" in kid
        else Link(kid["target"], tuple(kid["area"]))
        for kid in values["kids"]
    ]
    return Tag(name=values["name"], kids=kids, more=values["more"])


def _load_image(values: Mapping[str, Any]) -> Image:
    mask = values["mask"]
    return Image(values["about"], values["data"], _load_image(mask) if mask else None)


class _Known(dict[int, _Value]):
    """Values of a face's glyphs, computed from the face, so that they do not depend on the order of texts."""

    def __init__(self, of: Callable[[int], _Value | None]) -> None:
        super().__init__()
        self.of = of

    def __contains__(self, glyph: object) -> bool:
        if not super().__contains__(glyph):
            assert isinstance(glyph, int)
            value = self.of(glyph)
            if value is None:
                return False
            self[glyph] = value
        return True


class KnownFonts(dict[int, Any]):
    """Fonts of a document; each measures its glyphs as its face does, at any size."""

    def __setitem__(self, key: int, font: Any) -> None:
        face = typeface(face_name(font))
        if face:
            font.face = face
            font.widths = _Known(face.width)
            font.to_unicode = _Known(face.character)
        super().__setitem__(key, font)

    def values(self) -> Any:
        """Return the fonts, after layout, with only the glyphs that were used.

        Raises `Unexpected` for an unknown font; only here, because nothing may raise while WeasyPrint draws.
        """
        for font in super().values():
            face_of(font)
            font.widths, font.to_unicode = dict(font.widths), dict(font.to_unicode)
            font.clean = _leave_as_it_is
        return super().values()


def _leave_as_it_is(to_unicode: object, hinting: object) -> None:
    """Leave the font whole: it will be embedded again."""


def face_of(font: Any) -> Typeface:
    """Return the face of one of WeasyPrint's fonts. Raises `Unexpected`."""
    face = typeface(face_name(font))
    if face is None:
        raise Unexpected(f"a font {face_name(font)!r}")
    return face


def face_name(font: Any) -> str:
    """Return Pango's name of a font's face."""
    return str(font.name.decode().partition("+")[2])


def read_fragments(
    document: Any, make: Callable[[Any, Callable[[Any, Any], None]], None]
) -> list[Fragment | None]:
    """Read the fragments from a document with pieces on one page, except the first piece.

    `make` makes a document's PDF and passes both to a function. Raises `Unexpected`.
    """
    document.fonts = KnownFonts()
    for page in document.pages:
        _join_leaders(page._page_box)
        # Targets within the whole document, of which this is a part, count as external here.
        page.links[:] = [
            ("external", f"#{target}", area, box) if kind == "internal" else (kind, target, area, box)
            for kind, target, area, box in page.links
        ]
    fragments: list[Fragment | None] = []

    def read(document: Any, pdf: Any) -> None:
        fragments.extend(_Reader(document, pdf).pieces())
        del pdf.objects[1:]  # this PDF is never used
        pdf.info.clear()

    try:
        make(document, read)
    except DAMAGED as error:
        raise Unexpected(str(error)) from error
    return fragments


def _join_leaders(box: Any) -> None:
    """Join the dots before a page number into one text, or else each would be shaped and drawn."""
    for child in getattr(box, "children", ()):
        child = getattr(child, "_box", child)
        if child.is_leader and len(child.children) > 1:
            first = child.children[-1].copy()  # they are listed from the right
            first.pango_layout = copy(first.pango_layout)
            first.pango_layout.text *= len(child.children)
            first.text = first.pango_layout.text
            first.width *= len(child.children)
            child.children = (first,)
        else:
            _join_leaders(child)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a PDF that WeasyPrint made but has not written yet."""

    document: Any
    pdf: Any

    def object(self, reference: Any) -> Any:
        return self.pdf.objects[int(bytes(reference).split()[0])]

    @property
    def page(self) -> Any:
        return self.pdf.objects[self.pdf.pages["Kids"][0]]

    def structure(self) -> list[Any]:
        """Return the elements directly below the document's."""
        root = self.object(self.pdf.catalog["StructTreeRoot"])
        (whole,) = root["K"]
        return [self.object(reference) for reference in self.object(whole)["K"]]

    def links(self, page: Any) -> dict[int, Link]:
        """Return the links of a page by the number of their annotation."""
        return {
            box.link_annotation.number: Link(target, tuple(area))
            for kind, target, area, box in page.links
            if kind == "external"
        }

    def pieces(self) -> Iterator[Fragment | None]:
        """Yield the fragment of each piece except the first, which only shows how deep the pieces are nested.

        Yields None for a piece that cannot be moved to another PDF, such as one with a gradient or a mask.
        """
        (page,) = self.document.pages
        links = self.links(page)
        tags = [self.tag(element, links) for element in self.structure()]
        owners = {mark: owner for owner, tag in enumerate(tags) for mark in _marks(tag)}
        operations: dict[int, list[Any]] = {}
        for group in _groups(self.object(self.page["Contents"]).stream):
            found = {owners[mark] for mark in _marked(group)}
            if len(found) != 1:
                raise Unexpected("operations of no piece, or of several")
            operations.setdefault(found.pop(), []).extend(group)
        anchors, heights = _divided(page.anchors, len(tags))
        bookmarks: list[list[tuple[int, str, float, float]]] = [[] for _ in tags]
        owner = 0
        for level, label, (x, y), _ in page.bookmarks:
            if label.startswith(PIECE):
                owner = int(label.removeprefix(PIECE))
            else:
                bookmarks[owner].append((level, label.replace(BREAK, "").replace(AS_TEXT, ""), x, y))
        fonts = {font.hash: font for font in self.document.fonts.values()}
        resources = self.object(self.page["Resources"])
        for owner in range(1, len(tags)):
            content = _Content(self, fonts)
            try:
                text = content.text(operations.get(owner, []), resources)
            except Unexpected:
                yield None
                continue
            yield Fragment(
                height=round(heights[owner], 4),
                content=text,
                marks=len(content.marks),
                tags=[_renumbered(tags[owner], content.marks, {})],
                anchors=anchors[owner],
                bookmarks=bookmarks[owner],
                glyphs=content.glyphs,
                images=content.images,
            )

    def tag(self, element: Any, links: Mapping[int, Link]) -> Tag:
        kids: list[int | Tag | Link] = []
        for kid in element["K"]:
            if isinstance(kid, int):
                kids.append(kid)
                continue
            found = self.object(kid)
            if found["Type"] == "/OBJR":
                # Code in a link repeats the link's area, in an element that is not a link.
                if element["S"] == "/Link":
                    kids.append(links[int(found["Obj"].split()[0])])
            else:
                kids.append(self.tag(found, links))
        return Tag(name=element["S"][1:], kids=kids, more=_more(element))


@dataclass(frozen=True, slots=True)
class _Content:
    """Rewrites drawing operations so that they mean the same in any document; collects their resources."""

    reader: _Reader
    fonts: Mapping[str, Any]
    marks: dict[int, int] = field(default_factory=dict)
    glyphs: dict[str, dict[int, str]] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)

    def text(self, operations: Sequence[Any], resources: Any) -> str:
        words: list[bytes] = []
        font: Any = None
        said: str | None = None
        for operation in operations:
            if isinstance(operation, dict):  # the properties of marked content
                number = self.marks.setdefault(operation["MCID"], len(self.marks))
                words.append(b"<</MCID %d>>" % number)
                continue
            word = operation if isinstance(operation, bytes) else str(operation).encode()
            match word[-2:]:
                case b"Tf":
                    name, size, _ = word[1:].decode().split(" ")
                    font = self.fonts[name]
                    word = f"/{face_name(font)} {size} Tf".encode()
                case b"TJ":
                    for move, nothing in _NO_MOVES:
                        word = word.replace(move, nothing)
                    self.use(font, word, said)
                    said = said and ""
                case b"DC" | b"MC":
                    said = actual_text(word)
                case b"gs" | b"Do" | b"sh" | b"cn" | b"CN":
                    word = self.resource(word, resources)
            words.append(word)
        return b"\n".join(words).decode("latin-1")

    def use(self, font: Any, word: bytes, said: str | None) -> None:
        """Record the glyphs that a line of text shows; an operation may give their text."""
        face = face_of(font)
        glyphs = self.glyphs.setdefault(face.name, {})
        runs = bytes.fromhex(b"".join(re.findall(rb"<([0-9a-f]+)>", word)).decode())
        shown = [glyph for (glyph,) in iter_unpack(">H", runs)]
        for place, glyph in enumerate(dict.fromkeys(shown)):
            if face.character(glyph) and (not said or len(shown) > 1):
                text = ""
            elif said is None:
                text = font.to_unicode.get(glyph, SILENT)
            else:
                text = said if said and place == 0 else SILENT
            show_as(glyphs, glyph, text)

    def resource(self, word: bytes, resources: Any) -> bytes:
        """Keep the resource that an operation names, under a name derived from its content."""
        name, operator = word[1:].split(b" ")
        if operator == b"gs" and re.fullmatch(rb"[aA][\d.]+", name):
            return word
        if operator != b"Do":
            raise Unexpected(f"an operation {word!r}")
        image = self.image(resources["XObject"][name.decode()])
        stable = f"i{sha256(repr(image).encode()).hexdigest()[:16]}"
        self.images[stable] = image
        return f"/{stable} Do".encode()

    def image(self, reference: Any) -> Image:
        image = self.reader.object(reference)
        dictionary = type(self.reader.page)  # a mask's dictionary is a plain Python dict
        about = dictionary(image.extra)
        mask = about.pop("SMask", None)
        resources = about.pop("Resources", None)
        if re.search(rb"\d+ 0 R", about.data):
            raise Unexpected(f"an image that refers to more: {about.data!r}")
        written = {
            key: dictionary({key: value}).data[len(key) + 4 : -2].decode() for key, value in about.items()
        }
        if resources is not None:
            return Image(written, self.text(image.stream, self.reader.object(resources)))
        data = b"\n".join(part if isinstance(part, bytes) else part.data for part in image.stream)
        return Image(written, data.decode("latin-1"), self.image(mask) if mask else None)


def show_as(glyphs: dict[int, str], glyph: int, text: str) -> None:
    """Record a glyph with a text. Its own character, which is recorded nowhere else, has priority.

    Of several texts the least counts, so that the order of texts does not matter.
    """
    glyphs[glyph] = min(glyphs.get(glyph, text), text)


_NO_MOVES = tuple(
    (b">%b%b" % (zero, after), nothing)
    for zero in (b"0", b"0.0", b"-0.0")
    for after, nothing in ((b"<", b""), (b"]", b">]"))
)
"""Moves of a glyph by zero, between two texts and at an end, with their replacements."""
PIECE = "_piece-"
"""Beginning of a piece's id; no question's id begins with it."""


def _divided(
    anchors: Mapping[str, tuple[float, float, float, float]], count: int
) -> tuple[list[dict[str, tuple[float, float]]], list[float]]:
    """Divide a page's anchors among its pieces, each of which begins with an anchor; also return heights."""
    divided: list[dict[str, tuple[float, float]]] = [{} for _ in range(count)]
    heights = [0.0] * count
    owner = 0
    for name, (x, y, _, bottom) in anchors.items():
        if name.startswith(PIECE):
            owner = int(name.removeprefix(PIECE))
            heights[owner] = bottom - y
        else:
            divided[owner][name] = (x, y)
    return divided, heights


def _groups(operations: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the operations of each piece: WeasyPrint saves and restores the state around them."""
    first = next((place for place, word in enumerate(operations) if isinstance(word, dict)), None)
    if first is None:
        raise Unexpected("no marked content")
    # The first piece has only text, which is two states deep in it.
    depth, within = 0, operations[:first].count(b"q") - operations[:first].count(b"Q") - 2
    group: list[Any] = []
    for word in operations:
        if word == b"Q":
            depth -= 1
        if depth > within or (group and word == b"Q") or (word == b"q" and depth == within):
            group.append(word)
        if word == b"q":
            depth += 1
        elif word == b"Q" and depth == within and group:
            yield group
            group = []


def _marked(operations: Sequence[Any]) -> set[int]:
    return {word["MCID"] for word in operations if isinstance(word, dict)}


def _marks(tag: Tag) -> Iterator[int]:
    for kid in tag.kids:
        if isinstance(kid, int):
            yield kid
        elif isinstance(kid, Tag):
            yield from _marks(kid)


def _renumbered(tag: Tag, marks: Mapping[int, int], tables: dict[str, int]) -> Tag:
    """Return a tag as if it had been laid out by itself, with marked content and tables counted from 0.

    Elements that only wrap others are left out.
    """

    def cell(id_: str) -> str:
        table, _, place = id_.partition("-")
        return f"{tables.setdefault(table, len(tables))}-{place}"

    more = dict(tag.more)
    if "id" in more:
        more["id"] = cell(more["id"])
    if "headers" in more:
        more["headers"] = [cell(header) for header in more["headers"]]
    kids: list[int | Tag | Link] = []
    for kid in tag.kids:
        if isinstance(kid, int):
            kids.append(marks[kid])
        elif isinstance(kid, Link):
            kids.append(kid)
        else:
            inner = _renumbered(kid, marks, tables)
            if inner.name == tag.name == "Link":  # generated content after a link, within its area
                kids += [each for each in inner.kids if not isinstance(each, Link)]
            elif inner.name in _SILENT and not inner.more:
                kids += inner.kids
            else:
                kids.append(inner)
    return Tag(name=tag.name, kids=kids, more=more)


_SILENT = ("Span", "NonStruct")
"""Elements without a meaning of their own: three quarters of all; most wrap one run of text."""


def _more(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return an element's attributes, beyond its name, parent, place and kids."""
    more: dict[str, Any] = {}
    if "Alt" in element:
        more["alt"] = element["Alt"].string
    if "ID" in element:
        more["id"] = element["ID"].string
    attributes = dict(element.get("A", {}))
    if attributes.get("O") == "/Table":
        more["is cell"] = True
    if "BBox" in attributes:
        more["box"] = list(attributes["BBox"])
    if "Headers" in attributes:
        more["headers"] = [header.string for header in attributes["Headers"]]
    for name in ("ColSpan", "RowSpan"):
        if name in attributes:
            more[name] = attributes[name]
    known = {"Type", "S", "K", "Pg", "P", "Alt", "ID", "A"}
    if element.keys() - known or attributes.keys() - {"O", "BBox", "Headers", "ColSpan", "RowSpan"}:
        raise Unexpected(f"an element with {sorted(element)}")
    return more
