"""Checks drawings (SVG): parses them within limits, and refuses those that expand to too many shapes.

A drawing of two kilobytes may describe millions of shapes: a group uses another one twice, which uses a third
twice, and so on. Patterns, masks and markers can do the same, and WeasyPrint draws all of it, or runs out of
stack. So the shapes that a drawing expands to are counted before anything draws it, each part once. Where the
count cannot be exact, it is too high.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BinasciiError
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import hypot, isfinite
from urllib.parse import unquote, unquote_to_bytes
from xml.parsers import expat

from builder.corpus.image_codes import BROKEN_IMAGE, IMAGE_ASKS, IMAGE_SIZE
from builder.diagnostics import Code
from builder.runtime.regular_files import DRAWING_LIMIT

MOST_STEPS = 20_000
"""Maximum shapes that a drawing may expand to; WeasyPrint takes about 300 microseconds for each."""
DEEPEST = 64
"""Maximum nesting of elements, counted through references."""

_NAMESPACE = "http://www.w3.org/2000/svg"
_LONGEST_ENTITY = 100
"""Maximum characters of an entity: drawing programs put the addresses of namespaces into entities."""
_MATCHES_A_STEP = 300
"""Number of CSS rules, or searched elements, that take as long as one shape."""
_LARGEST_NUMBER = 1_000_000
_SMALLEST_REPEAT = 0.02
"""Minimum length of a repeated gradient's vector, as a share of the shape that it fills."""
_MOST_DASHES = 100_000

CheckImage = Callable[[bytes], None]
"""Checks an image that is embedded in a drawing. Raises `ImageFault`."""


class ImageFault(Exception):  # noqa: N818  (a fault of an image, reported to its author)
    """An image that cannot be shown. `reason` follows the image's name in a sentence."""

    def __init__(self, code: Code, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.hint = hint


def check_drawing(content: bytes, check_image: CheckImage) -> None:
    """Check a drawing. Raises `ImageFault` if it cannot be shown, or not in bounded time."""
    if len(content) > DRAWING_LIMIT:
        raise _too_much(f"has more than {DRAWING_LIMIT // 1_000_000} MB")
    root = _parse(content)
    styles = _Styles.of(root)
    for wanted in _asked_for(root):
        raise ImageFault(
            IMAGE_ASKS,
            f"asks for another file, {_short(wanted)!r}, which neither Anki nor prints will show",
            "embed it in the drawing",
        )
    _check_root(root, styles)
    _check_gradients(root, styles)
    _check_dashes(root, styles)
    for image in _embedded(root):
        check_image(image)
    if _Expansion(root, styles).steps() > MOST_STEPS:
        raise _too_complicated()


def _broken(reason: str, hint: str = "open it, and save it again") -> ImageFault:
    return ImageFault(BROKEN_IMAGE, reason, hint)


def _too_much(reason: str) -> ImageFault:
    return ImageFault(IMAGE_SIZE, reason, "simplify it, or save it as a PNG")


def _too_complicated() -> ImageFault:
    return _too_much(f"expands to more than {MOST_STEPS:,} shapes, or takes as long to draw")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


@dataclass(eq=False, slots=True)
class _Element:
    """An element of a drawing; attributes are by their names without namespaces."""

    tag: str
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self) -> Iterator[_Element]:
        """Yield the element and its descendants, in document order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)


@dataclass
class _Builder:
    """Builds the tree of a drawing, and gives up where it is too large."""

    stack: list[_Element] = field(default_factory=list)
    root: _Element | None = None
    elements: int = 0
    characters: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        self.elements += 1
        self.count(sum(map(len, attributes.values())))
        if self.elements > MOST_STEPS:
            raise _too_much(f"has more than {MOST_STEPS:,} elements")
        if len(self.stack) == DEEPEST:
            raise _too_much(f"has elements more than {DEEPEST} deep in each other")
        if not self.stack and tag != "svg":
            raise _broken("is XML, but not an SVG")
        if not self.stack and namespace != _NAMESPACE:
            raise _broken("is an SVG that browsers do not recognise", f'write <svg xmlns="{_NAMESPACE}"')
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = _Element(tag, local)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def end(self, name: str) -> None:
        self.stack.pop()

    def data(self, text: str) -> None:
        self.count(len(text))
        self.stack[-1].texts.append(text)

    def count(self, characters: int) -> None:
        self.characters += characters
        if self.characters > 2 * DRAWING_LIMIT:
            raise _too_much("has entities that expand to too much text")

    def entity(
        self,
        name: str,
        is_parameter: int,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        if is_parameter or value is None or "&" in value or len(value) > _LONGEST_ENTITY:
            raise _too_much(f"has an entity, {_short(name)!r}, that is more than a short text")

    def skipped(self, name: str, is_parameter: int) -> None:
        raise _broken(f"has an entity, {_short(name)!r}, that is not defined")


def _parse(content: bytes) -> _Element:
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = builder.entity
    parser.SkippedEntityHandler = builder.skipped
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # also an unknown encoding
        raise _broken("is not an image, or is damaged") from error
    assert builder.root
    return builder.root


_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]*)|@import\s+['\"]([^'\"]*)")


def _asked_for(root: _Element) -> Iterator[str]:
    """Yield the addresses that a drawing would load; those of links are not loaded."""
    for element in root.all():
        values = list(element.attributes.values())
        texts = [*values, _plain_css(element.text)] if element.tag == "style" else values
        texts += [_plain_css(element.attributes["style"])] if "style" in element.attributes else []
        found = [first or second for text in texts for first, second in _ADDRESS.findall(text)]
        if element.tag != "a" and "href" in element.attributes:
            found.append(element.attributes["href"])
        yield from (address for address in found if not address.strip().startswith(("#", "data:")))


def _embedded(root: _Element) -> Iterator[bytes]:
    """Yield the images in `data:` addresses."""
    for element in root.all():
        address = element.attributes.get("href", "").strip()
        if not address.startswith("data:") or element.tag == "a":
            continue
        head, comma, body = address.partition(",")
        if not head.startswith("data:image/") or not comma:
            raise _broken("embeds something that is not an image", "embed a PNG, JPEG, WebP, GIF or SVG")
        data = unquote_to_bytes(body)
        try:
            is_base64 = head.lower().endswith(";base64")
            yield b64decode(b"".join(data.split()), validate=True) if is_base64 else data
        except (BinasciiError, ValueError) as error:
            raise _broken("embeds an image that is damaged") from error


_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]*)")
_COMBINATOR = re.compile(r"\s*([>+~])\s*|\s+")
_PARTS = re.compile(r"([.#]?)([\w-]+)")
_SIDEWAYS = re.compile(r"[~+]|:(?:has|nth|not|is|where|last|only|first)")


def _plain_css(text: str) -> str:
    """Return a style sheet, or declarations, without comments and escapes."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else 0
        return chr(code) if 0 < code < 0x110000 else found[2] or ""

    text = _COMMENT.sub(" ", text) if "/*" in text else text
    return _ESCAPE.sub(character, text) if "\\" in text else text


@dataclass(frozen=True, slots=True)
class _Rule:
    """A CSS rule: the names in the last part of one of its selectors, and its declarations."""

    tags: frozenset[str]
    classes: frozenset[str]
    ids: frozenset[str]
    declarations: Mapping[str, str]

    @property
    def references(self) -> Mapping[str, str]:
        return {name: value for name, value in self.declarations.items() if name in (*_INHERITED, *_OWN)}

    def may_match(self, element: _Element, classes: frozenset[str]) -> bool:
        """Return whether it may match an element; only the last part of the selector counts."""
        attributes = element.attributes
        return (
            self.tags <= {element.tag}
            and self.classes <= classes
            and (not self.ids or self.ids <= {attributes.get("id", "")})
        )


@dataclass(frozen=True)
class _Styles:
    """The style sheets of a drawing."""

    text: str
    rules: tuple[_Rule, ...]
    painting: tuple[_Rule, ...]
    """Rules that refer to parts of the drawing."""
    matching: float
    """Steps that it takes to match all rules with one element."""

    @staticmethod
    def of(root: _Element) -> _Styles:
        text = "\n".join(_plain_css(element.text) for element in root.all() if element.tag == "style")
        depth = _depth(root)
        count = sum(1 for _ in root.all())
        every = [text, *(element.attributes.get("style", "") for element in root.all())]
        if any(_nesting(part) > DEEPEST // 2 for part in every):
            raise _too_much("has a style sheet with brackets in brackets in brackets")
        rules: list[_Rule] = []
        work = 0.0
        for selectors, body in _RULE.findall(text):
            declarations = _declarations(body)
            for selector in selectors.split(","):
                selector = selector.strip()
                combinators = len(_COMBINATOR.findall(selector))
                width = count if _SIDEWAYS.search(selector) else depth
                work += float(min(width, MOST_STEPS)) ** min(max(combinators, int(width == count)), 10)
                parts = _PARTS.findall(_COMBINATOR.split(selector)[-1].partition(":")[0].partition("[")[0])
                tags, classes, ids = (
                    frozenset(name for kind, name in parts if kind == sign) for sign in ("", ".", "#")
                )
                rules.append(_Rule(tags, classes, ids, declarations))
        painting = tuple(rule for rule in rules if any("#" in value for value in rule.references.values()))
        if len(painting) * count > 50 * MOST_STEPS or work * count > MOST_STEPS * _MATCHES_A_STEP:
            raise _too_much("has too many rules in its style sheet")
        return _Styles(text, tuple(rules), painting, work / _MATCHES_A_STEP)

    def declared(
        self, element: _Element, rules: tuple[_Rule, ...] | None = None
    ) -> Iterator[tuple[str, str, bool]]:
        """Yield the properties of an element, their values, and whether they apply to it for certain.

        Only `rules` of the style sheets are looked at; by default all.
        """
        attributes = element.attributes
        for name, value in attributes.items():
            yield name, value, True
        if style := attributes.get("style"):
            for name, value in _declarations(_plain_css(style)).items():
                yield name, value, True
        classes = frozenset(attributes.get("class", "").split())
        for rule in self.rules if rules is None else rules:
            if rule.may_match(element, classes):
                for name, value in rule.declarations.items():
                    yield name, value, False


@lru_cache(maxsize=10_000)
def _declarations(text: str) -> Mapping[str, str]:
    return {name.lower(): value for name, value in _DECLARATION.findall(text)}


def _depth(root: _Element) -> int:
    deepest, level = 0, [root]
    while level:
        deepest += 1
        level = [child for element in level for child in element.children]
    return deepest


def _nesting(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"[(\[{}\])]", text):
        depth += 1 if sign in "([{" else -1
        deepest = max(deepest, depth)
    return deepest


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LENGTH = re.compile(rf"\s*({_NUMBER.pattern})\s*(%|[a-zA-Z]*)\s*")


def _check_root(root: _Element, styles: _Styles) -> None:
    """Refuse sizes that are not valid: WeasyPrint would end with an exception."""
    for name, value, _ in styles.declared(root):
        if name in ("width", "height") and value.strip() not in ("", "auto"):
            found = _LENGTH.fullmatch(value.replace("!important", ""))
            if not found or not abs(float(found[1])) <= _LARGEST_NUMBER:
                raise _broken(f"has a {name} that is not a length, {_short(value)!r}")
        if name.lower() == "viewbox" and value.strip():
            numbers = re.split(r"[\s,]+", value.strip())
            if len(numbers) != 4 or not all(map(_is_number, numbers)):
                raise _broken(f"has a viewBox that is not four numbers, {_short(value)!r}")


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and abs(float(text)) <= _LARGEST_NUMBER * 1000


_VECTOR = ("x1", "y1", "x2", "y2", "cx", "cy", "r", "fx", "fy", "fr")


def _check_gradients(root: _Element, styles: _Styles) -> None:
    """Refuse gradients that repeat so often that WeasyPrint would never finish."""
    repeated = [
        element
        for element in root.all()
        if element.attributes.get("spreadMethod", "pad").strip() in ("repeat", "reflect")
    ]
    if not repeated:
        return
    # An element may inherit parts of its vector; then its length is unknown.
    containers = (
        element for element in root.all() if element.tag in ("svg", "g", "defs", "a", "symbol", "use")
    )
    is_inherited = any(name in element.attributes for element in containers for name in _VECTOR)
    is_styled = any(name in _VECTOR for rule in styles.rules for name in rule.declarations)
    for element in repeated:
        attributes = element.attributes
        units = attributes.get("gradientUnits", "objectBoundingBox").strip()
        is_plain = units == "objectBoundingBox" and not {"href", "gradientTransform", "style"} & {*attributes}
        if is_inherited or is_styled or not is_plain or not _vector(element) >= _SMALLEST_REPEAT:
            raise _too_much(
                "repeats a gradient more often than print can draw"
                if is_plain
                else "repeats a gradient in units of its own, which prints might never finish drawing"
            )


def _vector(element: _Element) -> float:
    """Return the length of a gradient's vector, as a share of the shape that it fills."""

    def part(name: str, default: str) -> float:
        found = _LENGTH.fullmatch(element.attributes.get(name, default))
        if not found or found[2] not in ("", "%"):
            return float("nan")
        return float(found[1]) / (100 if found[2] else 1)

    if element.tag == "linearGradient":
        return hypot(part("x2", "100%") - part("x1", "0"), part("y2", "0") - part("y1", "0"))
    return part("r", "50%") - part("fr", "0")


_DASHES = re.compile(r"stroke-dasharray\s*:\s*([^;}]*)", re.IGNORECASE)


def _check_dashes(root: _Element, styles: _Styles) -> None:
    """Refuse dashes that are tiny for the drawing: each of them is drawn."""
    arrays = _DASHES.findall(styles.text)
    longest = 1.0
    for element in root.all():
        arrays += _DASHES.findall(element.attributes.get("style", ""))
        arrays += [element.attributes.get("stroke-dasharray", "")]
        for name in ("d", "points", "x1", "x2", "y1", "y2", "width", "height", "r", "rx", "ry"):
            numbers = _NUMBER.findall(element.attributes.get(name, ""))
            longest = max(longest, *(abs(float(number)) for number in numbers), 0)
    lengths = [sum(abs(float(number)) for number in _NUMBER.findall(array)) for array in arrays]
    shortest = min((length for length in lengths if length > 0), default=longest)
    if not isfinite(longest) or longest / shortest > _MOST_DASHES:
        raise _too_much("has lines of too many dashes")


_SHAPES = frozenset({"circle", "ellipse", "line", "path", "polygon", "polyline", "rect"})
_TEXTS = frozenset({"a", "text", "textPath", "tref", "tspan"})
_INHERITED = ("fill", "stroke", "marker", "marker-start", "marker-mid", "marker-end")
_OWN = ("mask", "clip-path", "filter")
_UNDRAWN = frozenset({"clipPath", "defs", "filter", "marker", "mask", "pattern", "symbol"})
"""Elements that are drawn only if another one refers to them."""
_UNSEEN = frozenset({"desc", "metadata", "script", "style", "title"})

_Paint = frozenset[tuple[str, str]]
"""Properties and the ids that they refer to."""


@dataclass
class _Expansion:
    """Counts the steps that it takes to draw a drawing, with all that it refers to."""

    root: _Element
    styles: _Styles
    ids: dict[str, _Element] = field(default_factory=dict)
    counted: dict[tuple[_Element, _Paint, bool], tuple[float, float, int]] = field(default_factory=dict)
    places: dict[_Element, _Paint] = field(default_factory=dict)
    open: list[_Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        for element in self.root.all():
            if "id" in element.attributes:
                self.ids.setdefault(element.attributes["id"], element)

    def steps(self) -> float:
        """Return the number of steps, including lookups of ids and the matching of rules."""
        self._place(self.root, frozenset())
        elements = len(self.places)
        sought = set[str]()
        missing = 0
        for element in self.root.all():
            for name in (*_INHERITED, *_OWN, "href"):
                for id_ in _fragments(element.attributes.get(name, "")):
                    missing += id_ not in self.ids
                    sought.add(id_)
        looked_up = (len(sought) + missing) * elements / _MATCHES_A_STEP
        if looked_up > MOST_STEPS:
            raise _too_much("has too many parts that refer to others")
        steps, size, _ = self._count(self.root, frozenset(), is_shown=True)
        return steps + looked_up + size * self.styles.matching

    def _place(self, element: _Element, inherited: _Paint) -> None:
        """Record what each element inherits at its place."""
        waiting = [(element, inherited)]
        while waiting:
            here, paint = waiting.pop()
            self.places[here] = paint
            paint, _ = self._paint(here, paint)
            waiting += ((child, paint) for child in here.children)

    def _paint(self, element: _Element, inherited: _Paint) -> tuple[_Paint, _Paint]:
        """Return the references that children inherit from an element, and those that apply to it alone."""
        paint, own = set(inherited), set[tuple[str, str]]()
        for name, value, is_sure in self.styles.declared(element, self.styles.painting):
            if name in _INHERITED:
                if is_sure:
                    paint = {(other, id_) for other, id_ in paint if other != name}
                paint |= {(name, id_) for id_ in _fragments(value) if id_ in self.ids}
            elif name in _OWN:
                own |= {(name, id_) for id_ in _fragments(value) if id_ in self.ids}
        return frozenset(paint), frozenset(own)

    def _count(self, element: _Element, inherited: _Paint, *, is_shown: bool) -> tuple[float, float, int]:
        """Return an element's steps, its number of elements, and its depth."""
        key = (element, inherited, is_shown)
        if key in self.counted:
            counted = self.counted[key]
            if len(self.open) + counted[2] > DEEPEST:
                raise _too_much(f"has elements more than {DEEPEST} deep in each other")
            return counted
        if element in self.open:
            raise _broken("has a part that refers to itself", "open it, and take that part out")
        if len(self.open) == DEEPEST:
            raise _too_much(f"has elements more than {DEEPEST} deep in each other")
        if len(self.counted) > 4 * MOST_STEPS:
            raise _too_complicated()
        self.open.append(element)
        counted = self._counted(element, inherited, is_shown=is_shown)
        self.open.pop()
        if counted[0] > MOST_STEPS:
            raise _too_complicated()
        self.counted[key] = counted
        return counted

    def _counted(self, element: _Element, inherited: _Paint, *, is_shown: bool) -> tuple[float, float, int]:
        paint, own = self._paint(element, inherited)
        steps, size, depth = self._itself(element), 1.0, 0

        def add(found: tuple[float, float, int], times: float = 1) -> None:
            nonlocal steps, size, depth
            steps += found[0] * times
            size += found[1] * times
            depth = max(depth, found[2])

        if is_shown and element.tag not in _UNSEEN:
            for child in element.children:
                add(self._count(child, paint, is_shown=child.tag not in _UNDRAWN))
        if element.tag != "a":
            for id_ in _fragments(element.attributes.get("href", "")):
                if target := self.ids.get(id_):
                    add(self._count(target, paint | self.places[target], is_shown=True))
        if is_shown:
            shown = {*own, *(paint if element.tag in _SHAPES or element.tag in _TEXTS else ())}
            for name, id_ in shown:
                times = _vertices(element) if name.startswith("marker") else 1
                target = self.ids[id_]
                # A colour like #abc is no reference, even if an element has that id.
                if times and target is not element:
                    add(self._count(target, self.places[target], is_shown=True), times)
        # The size of an element with opacity or a gradient is computed first, from all its children.
        steps += size / 8 if element.children else 0
        return steps, size, depth + 1

    def _itself(self, element: _Element) -> float:
        """Return the steps of an element itself, without children and references."""
        if element.tag in _UNSEEN:
            return 0.1
        attributes = element.attributes
        steps = 1 + sum(len(value) ** 2 for name, value in attributes.items() if name != "href") / 1e8
        steps += _vertices(element) / 50 if element.tag in ("path", "polygon", "polyline") else 0
        return steps + (len(element.text) / 2 if element.tag in _TEXTS else 0)


def _vertices(element: _Element) -> int:
    """Return the approximate number of a shape's points, at which markers are drawn."""
    if element.tag == "line":
        return 2
    text = element.attributes.get("d" if element.tag == "path" else "points", "")
    return _points(text) if element.tag in ("path", "polygon", "polyline") else 0


@lru_cache(maxsize=1000)
def _points(text: str) -> int:
    return sum(1 for _ in re.finditer(r"[a-df-zA-DF-Z]|[+-]?[\d.]+", text))


def _fragments(value: str) -> list[str]:
    """Return the ids that a value may refer to."""
    if "#" not in value or value.startswith("data:"):
        return []
    found = re.findall(r"#([^\s'\"()]+)", re.sub(r"[\t\r\n]", "", value))
    return [*dict.fromkeys((*found, *map(unquote, found)))]
