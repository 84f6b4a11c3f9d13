"""Assembles pages of fragments: WeasyPrint lays out pages without them, then they are added to its PDF.

Before the PDF is written, this module adds drawing operations, fonts, images, links, bookmarks and tags. Only
it makes parts of a PDF, with pydyf, as WeasyPrint does.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any

from builder.design.fonts import Typeface, typeface
from builder.print.engine.fragments import (
    DAMAGED,
    Fragment,
    Image,
    KnownFonts,
    Link,
    Tag,
    Unexpected,
    face_name,
    face_of,
    show_as,
)
from builder.print.engine.written_text import SILENT

_POINT = 0.75
"""Points in a CSS pixel."""
_MARK = re.compile(r"(?<=<</MCID )\d+(?=>>$)", re.MULTILINE)
"""Matches the numbers of marked content in drawing operations."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A fragment on a page; left and top in CSS pixels."""

    fragment: Fragment
    left: float
    top: float


@dataclass(slots=True)
class _Area:
    """Replaces a box with a link: WeasyPrint attaches the link's annotation to it."""

    link_annotation: Any = None


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a fragment's elements in a PDF."""

    page: Any
    placed: Placed
    number: int
    """Number of the fragment in the document."""
    owners: Any
    """Elements that own the page's marked content, by its number."""
    first: int
    """Number of the fragment's first marked content on the page."""
    areas: Iterator[_Area]
    """Areas of its links, in their order."""


def assemble(
    document: Any, pages: Sequence[Sequence[Placed]], write: Callable[[Any, Callable[..., None]], None]
) -> None:
    """Put fragments on the pages of a laid-out document, and write it.

    `write` makes a document's PDF, passes it to a function, and writes it. Raises `Unexpected`; the file is
    then invalid.
    """
    if len(document.pages) != len(pages):
        raise Unexpected(f"{len(document.pages)} pages instead of {len(pages)}")
    document.fonts = KnownFonts()
    areas: list[list[list[_Area]]] = [
        [_announce(page, placed) for placed in fragments]
        for page, fragments in zip(document.pages, pages, strict=True)
    ]

    def finish(document: Any, pdf: Any) -> None:
        _Assembly(document, pdf).fill(pages, areas)

    try:
        write(document, finish)
    except DAMAGED as error:
        raise Unexpected(str(error)) from error


def _announce(page: Any, placed: Placed) -> list[_Area]:
    """Add a fragment's links, anchors and bookmarks to WeasyPrint's page."""
    left, top = placed.left, placed.top
    for name, (x, y) in placed.fragment.anchors.items():
        page.anchors[name] = (left + x, top + y, left + x, top + y)
    for level, label, x, y in placed.fragment.bookmarks:
        page.bookmarks.append((level, label, (left + x, top + y), "open"))
    areas: list[_Area] = []
    for link in (link for tag in placed.fragment.tags for link in _links(tag)):
        area = _Area()
        areas.append(area)
        kind = "internal" if link.target.startswith("#") else "external"
        x1, y1, x2, y2 = link.area
        rectangle = (left + x1, top + y1, left + x2, top + y2)
        page.links.append((kind, link.target.removeprefix("#"), rectangle, area))
    return areas


def _links(tag: Tag) -> Iterator[Link]:
    for kid in tag.kids:
        if isinstance(kid, Link):
            yield kid
        elif isinstance(kid, Tag):
            yield from _links(kid)


@dataclass(slots=True)
class _Assembly:
    """Fills a PDF that WeasyPrint made but has not written yet."""

    document: Any
    pdf: Any
    pydyf: Any = field(init=False)
    written: Any = field(init=False)
    """Class of objects that are bytes already: tens of thousands of pydyf objects would fill the memory."""
    structure: Any = field(init=False)
    """Structure element of the document."""
    numbers: Any = field(init=False)
    """Elements that own each page's marked content, and each link: the PDF's parent tree."""
    annotations: list[tuple[int, bytes]] = field(default_factory=list)
    """Numbers of links, which follow those of pages, and the elements that own them."""

    def __post_init__(self) -> None:
        import pydyf

        self.pydyf = pydyf
        self.written = type("Written", (pydyf.Object,), {"data": b""})
        root = self.object(self.pdf.catalog["StructTreeRoot"])
        self.structure = self.object(root["K"][0])
        self.numbers = self.object(root["ParentTree"])["Nums"]

    def object(self, reference: Any) -> Any:
        return self.pdf.objects[int(bytes(reference).split()[0])]

    def add(self, object_: Any) -> Any:
        self.pdf.add_object(object_)
        return object_

    def fill(self, pages: Sequence[Sequence[Placed]], areas: Sequence[Sequence[Sequence[_Area]]]) -> None:
        glyphs: dict[str, dict[int, str]] = {}
        images: dict[str, Image] = {}
        numbers = self.pdf.pages["Kids"][::3]
        # WeasyPrint's own links come after the pages.
        links = self.numbers[2 * len(pages) :]
        del self.numbers[2 * len(pages) :]
        self.annotations += zip(links[::2], links[1::2], strict=True)
        count = 0
        for index, (number, fragments) in enumerate(zip(numbers, pages, strict=True)):
            owners = self.numbers[2 * index + 1]
            for placed, found in zip(fragments, areas[index], strict=True):
                page = self.pdf.objects[number]
                self.place(_Place(page, placed, count, owners, len(owners), iter(found)))
                for font, used in placed.fragment.glyphs.items():
                    shown = glyphs.setdefault(font, {})
                    for glyph, text in used.items():
                        show_as(shown, glyph, text)
                images |= placed.fragment.images
                count += 1
            self.compress(self.pdf.objects[number]["Contents"])
        for number, reference in self.annotations:
            self.numbers += [number, reference]
        resources = self.object(self.pdf.objects[numbers[0]]["Resources"])
        contents = [placed.fragment.content for fragments in pages for placed in fragments]
        contents += [image.data for image in images.values() if image.is_drawn]
        self.add_states(resources, contents)
        self.add_fonts(self.object(resources["Font"]), glyphs)
        for name, image in sorted(images.items()):
            resources["XObject"][name] = self.image(image, resources).reference

    def place(self, place: _Place) -> None:
        """Put a fragment on its page."""
        fragment = place.placed.fragment
        left, top = place.placed.left * _POINT, place.placed.top * _POINT
        content = _MARK.sub(lambda mark: str(place.first + int(mark[0])), fragment.content)
        stream = self.object(place.page["Contents"])
        # The page is already flipped: its coordinates count from the top.
        stream.stream += [
            b"q",
            f"{_POINT} 0 0 {_POINT} {left:.4f} {top:.4f} cm".encode(),
            content.encode("latin-1"),
            b"Q",
        ]
        place.owners.extend([b""] * fragment.marks)
        for tag in fragment.tags:
            self.structure["K"].append(self.element(tag, self.structure.reference, place))

    def compress(self, reference: Any) -> None:
        """Compress a page's operations less than pydyf would, in a third of the time."""
        stream = self.object(reference)
        content = b"\n".join(
            word if isinstance(word, bytes) else getattr(word, "data", None) or str(word).encode()
            for word in stream.stream
        )
        small = self.pydyf.Stream([zlib.compress(content, 6)], {"Filter": "/FlateDecode"})
        small.number = stream.number
        self.pdf.objects[stream.number] = small

    def element(self, tag: Tag, parent: bytes, place: _Place) -> bytes:
        """Add an element with its children; return a reference to it."""
        element = self.add(self.written())
        own: bytes = element.reference
        kids: list[bytes] = []
        for kid in tag.kids:
            if isinstance(kid, int):
                kids.append(b"%d" % (place.first + kid))
                place.owners[place.first + kid] = own
            elif isinstance(kid, Tag):
                kids.append(self.element(kid, own, place))
            elif (annotation := next(place.areas).link_annotation) is not None:  # a broken link has none
                kids.append(self.link(annotation, own, place.page).reference)
        more = self.pydyf.Dictionary(self.more(tag.more, place)).data[2:-2] if tag.more else b""
        element.data = b"<</Type /StructElem/S /%b/Pg %b/P %b%b/K [%b]>>" % (
            tag.name.encode(),
            place.page.reference,
            parent,
            more,
            b" ".join(kids),
        )
        return own

    def link(self, annotation: Any, owner: bytes, page: Any) -> Any:
        """Record the element of a link; return the link's entry in that element."""
        annotation["StructParent"] = len(self.numbers) // 2 + len(self.annotations)
        self.annotations.append((annotation["StructParent"], owner))
        about = {"Type": "/OBJR", "Obj": annotation.reference, "Pg": page.reference}
        return self.add(self.pydyf.Dictionary(about))

    def more(self, more: Mapping[str, Any], place: _Place) -> dict[str, Any]:
        """Return attributes that only some elements have; cells find their headers within their fragment."""
        values: dict[str, Any] = {}
        if "alt" in more:
            values["Alt"] = self.pydyf.String(more["alt"])
        if "id" in more:
            values["ID"] = self.pydyf.String(f"{place.number}-{more['id']}")
        if "box" in more:
            left, top, height = place.placed.left, place.placed.top, place.page["MediaBox"][3]
            x1, y1, x2, y2 = (_POINT * edge for edge in more["box"])
            x, y = _POINT * left, height - _POINT * top
            box = self.pydyf.Array([x + x1, y - y2, x + x2, y - y1])
            values["A"] = self.pydyf.Dictionary({"O": "/Layout", "BBox": box})
        if "is cell" in more:
            cell = {name: more[name] for name in ("ColSpan", "RowSpan") if name in more}
            if "headers" in more:
                headers = (self.pydyf.String(f"{place.number}-{header}") for header in more["headers"])
                cell["Headers"] = self.pydyf.Array(headers)
            values["A"] = self.pydyf.Dictionary({"O": "/Table", **cell})
        return values

    def add_states(self, resources: Any, contents: Iterable[str]) -> None:
        """Add graphics states for opacities; their names contain the opacity: a0.5."""
        found = {name for content in contents for name in re.findall(r"^/([aA][\d.]+) gs$", content, re.M)}
        for name in sorted(found):
            key = "ca" if name[0] == "a" else "CA"
            resources["ExtGState"].setdefault(name, self.pydyf.Dictionary({key: float(name[1:])}))

    def add_fonts(self, fonts: Any, glyphs: dict[str, dict[int, str]]) -> None:
        """Embed each font once, with the glyphs that the fragments and the pages themselves use."""
        own = {font.hash: font for font in self.document.fonts.values()}
        for name, reference in list(fonts.items()):
            face = face_of(own[name])
            used = glyphs.setdefault(face_name(own[name]), {})
            for glyph in list(dict.keys(own[name].to_unicode)):
                text = "" if face.character(glyph) else own[name].to_unicode[glyph] or SILENT
                show_as(used, glyph, text)
            self.discard(reference)
        for name in sorted(glyphs):
            known = typeface(name)
            assert known is not None
            font = self.font(name, known, glyphs[name])
            fonts[name] = font.reference
            for short, used_font in own.items():
                if face_name(used_font) == name:
                    fonts[short] = font.reference

    def discard(self, reference: Any) -> None:
        """Empty the objects of a font, which is embedded again."""
        font = self.object(reference)
        (below,) = font["DescendantFonts"]
        descriptor = self.object(self.object(below)["FontDescriptor"])
        for name in ("FontFile2", "FontFile3"):
            if name in descriptor:
                self.object(descriptor[name]).stream = []
        self.object(font["ToUnicode"]).stream = []

    def font(self, name: str, face: Typeface, glyphs: Mapping[int, str]) -> Any:
        """Embed a font with some glyphs."""
        content = face.embedded(glyphs)
        file = self.add(self.pydyf.Stream([content], {"Length1": len(content)}, compress=True))
        widths = {glyph: face.width(glyph) or 0 for glyph in sorted(glyphs)}
        ascent, descent = face.height()
        is_fixed = len(widths) > 1 and len(set(widths.values())) == 1
        base = f"/{_subset_tag(glyphs)}+{name}"
        information = {"Registry": self.pydyf.String("Adobe"), "Ordering": self.pydyf.String("Identity")}
        descriptor = self.add(
            self.pydyf.Dictionary(
                {
                    "Type": "/FontDescriptor",
                    "FontName": base,
                    "FontFamily": self.pydyf.String(face.face.family),
                    "Flags": 4 + 64 * face.face.is_italic + is_fixed,
                    "FontBBox": self.pydyf.Array((0, descent, max(widths.values()), ascent)),
                    "ItalicAngle": 0,
                    "Ascent": ascent,
                    "Descent": descent,
                    "CapHeight": ascent,
                    "StemV": 80,
                    "StemH": 80,
                    "FontFile2": file.reference,
                }
            )
        )
        below = self.add(
            self.pydyf.Dictionary(
                {
                    "Type": "/Font",
                    "Subtype": "/CIDFontType2",
                    "BaseFont": base,
                    "CIDSystemInfo": self.pydyf.Dictionary({**information, "Supplement": 0}),
                    "CIDToGIDMap": "/Identity",
                    "W": self.widths(widths),
                    "FontDescriptor": descriptor.reference,
                }
            )
        )
        texts = {glyph: text or face.character(glyph) or SILENT for glyph, text in glyphs.items()}
        unicode = self.add(self.pydyf.Stream(_character_map(texts), compress=True))
        return self.add(
            self.pydyf.Dictionary(
                {
                    "Type": "/Font",
                    "Subtype": "/Type0",
                    "BaseFont": base,
                    "ToUnicode": unicode.reference,
                    "Encoding": "/Identity-H",
                    "DescendantFonts": self.pydyf.Array([below.reference]),
                }
            )
        )

    def widths(self, widths: Mapping[int, int]) -> Any:
        """Return widths in runs of consecutive glyphs."""
        array = self.pydyf.Array()
        for _, run in groupby(enumerate(widths), lambda pair: pair[1] - pair[0]):
            glyphs = [glyph for _, glyph in run]
            array += [glyphs[0], self.pydyf.Array([widths[glyph] for glyph in glyphs])]
        return array

    def image(self, image: Image, resources: Any) -> Any:
        about = self.pydyf.Dictionary({key: value.encode() for key, value in image.about.items()})
        if image.mask:
            about["SMask"] = self.image(image.mask, resources).reference
        if image.is_drawn:
            about["Resources"] = resources.reference
        return self.add(self.pydyf.Stream([image.data.encode("latin-1")], about, compress=image.is_drawn))


def _subset_tag(glyphs: Mapping[int, str]) -> str:
    """Return the six letters that identify a subset of glyphs (ISO 32000-1, section 9.6.4)."""
    digest = sha256(repr(sorted(glyphs)).encode()).digest()
    return "".join(chr(65 + byte % 26) for byte in digest[:6])


def _character_map(texts: Mapping[int, str]) -> list[bytes]:
    """Return the text of each glyph, for copying and for screen readers (ISO 32000-1, section 9.10.3)."""
    entries = [
        f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>".encode()
        for glyph, text in sorted(texts.items())
        if text
    ]
    lines = [
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        b"1 begincodespacerange <0000> <ffff> endcodespacerange",
    ]
    for start in range(0, len(entries), 100):
        batch = entries[start : start + 100]
        lines += [b"%d beginbfchar" % len(batch), *batch, b"endbfchar"]
    return [*lines, b"endcmap CMapName currentdict /CMap defineresource pop end end"]
