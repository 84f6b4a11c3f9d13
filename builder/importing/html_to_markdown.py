"""Converts a field's HTML to Markdown that is valid in a chapter, and lists formatting that is lost.

A tree of elements becomes blocks; `runs` writes their texts. The result is rendered again and compared with
the visible text of the field. If the texts differ, the field is written without mark-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from builder.importing.field_tree import (
    BLOCKS,
    CLOSE,
    DELETION,
    DROPPED,
    OPEN,
    SOUND,
    STRUCTURES,
    Tree,
    is_hidden,
    name_of,
    pieces,
    text_of_html,
    tree_of,
    visible_text,
    words_of,
)
from builder.importing.runs import (
    BREAK,
    GAP,
    Mark,
    Run,
    escaped,
    formula_block,
    inline_code,
    one_line,
    paragraphs,
    plain_markdown,
    reads_as,
    rendered,
    ruby,
    shape,
    text_as_markdown,
    token,
    trimmed,
)
from builder.markdown.cloze import ClozeForm
from builder.markdown.highlight import is_language, language_of
from builder.markdown.language_tags import wrong_tag
from builder.markdown.parser import Passage, Source, Token, is_web_address, parse, to_html

_INVISIBLE = frozenset(("head", "link", "meta", "template", "title"))
"""Elements that show nothing, so that dropping them is no loss."""
_MEANINGLESS = frozenset(
    (
        *("a", "bdi", "bdo", "big", "caption", "col", "colgroup", "data", "font", "html", "label", "nobr"),
        *(
            "picture",
            "rb",
            "rtc",
            "small",
            "source",
            "span",
            "tbody",
            "tfoot",
            "thead",
            "time",
            "track",
            "wbr",
        ),
    )
)
"""Elements without a meaning of their own."""
_MARKS: Mapping[str, str] = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "em"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "strike", "del"), "s"),
    **{name: name for name in ("mark", "sub", "sup", "kbd")},
}
_CALLOUTS = {"callout": "note", "callout warn": "warning"}
"""Kinds of our own callouts, by their classes. Their titles are written."""
_CODE = ("code", "tt", "samp")
_LANGUAGE = re.compile(
    r"(?:^|\s)(?:language|lang|highlight-source|highlight-text|hl|brush:)[-: ]\s*([\w+#.-]+)"
)
_NO_LANGUAGES = ("text", "highlight", "code", "source")
_STYLE = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_PLAIN_COLOURS = re.compile(
    r"black|inherit|initial|unset|currentcolor|windowtext|transparent|none|#000(?:000)?|white|#fff(?:fff)?"
    r"|rgba?\(0, ?0, ?0(?:, ?[01])?\)|rgb\(255, ?255, ?255\)|rgba\([^)]*, ?0\)|var\(.*",
    re.IGNORECASE,
)
_SIZES = ("medium", "inherit", "initial", "1em", "1rem", "100%")
_WIDTH = re.compile(r"([1-9]\d{0,3})(?:\.\d+)?(?:px)?|(100|[1-9]\d?)%")
_INDENTED = re.compile(r"\n?(?=\xa0)[\xa0 ]{2,}(?![-*•–\xa0 ])")
"""Blanks before a line that is not an item of a handwritten list."""
_BRACES = re.compile(r"\{(?=\{)|\{(?=c\d+::)")
"""Braces that are not a cloze deletion, but look like one among others."""
_BLOCK_WITHIN = re.compile(r"^(?:```|[-*+] |\d+[.)] |> |\|)", re.MULTILINE)


class LookLoss(NamedTuple):
    """Formatting of a field that its Markdown lacks: a short name of its kind, and a description."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A field as Markdown."""

    text: str
    losses: tuple[LookLoss, ...] = ()
    is_exact: bool = True
    """True if the Markdown shows the same text, apart from white space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Options for reading a field."""

    is_cloze: bool = False
    """True if `{{c1::…}}` in it is a cloze deletion."""
    has_readings: bool = False
    """True if a template uses the filter `furigana` for it: brackets contain readings."""
    file: Callable[[str], str | None] = lambda name: name
    """Returns the path to write for an image or a sound, by its name; None if there is no such file."""


PLAIN = Reading()


def to_markdown(html: str, reading: Reading = PLAIN) -> Converted:
    """Return a field as Markdown that shows the same text. Raises `SourceError` if packages are missing."""
    if not html.strip():
        return Converted("")
    tree = tree_of(html, is_cloze=reading.is_cloze, has_readings=reading.has_readings)
    if tree is None:
        loss = LookLoss("mark-up", "a field that is too long, or too deeply nested, is written as plain text")
        return Converted(_plain(words_of(html), ()), (loss,))
    wanted = visible_text(tree.body)
    writer = _Writer(reading, tree.deletions, headings=_highest_heading(tree))
    writer.children(tree.body)
    text = rendered(writer.finished())
    losses = dict.fromkeys(writer.losses)
    is_exact = _shown(text, reading) == wanted
    if not is_exact:
        losses[LookLoss("mark-up", "written as plain text: its mark-up would change the text")] = None
        text = _without_marks(tree, reading, wanted)
        is_exact = _shown(text, reading) == wanted
    for number in sorted({each.partition("::")[0] for each in tree.deletions}, key=int):
        if f"{{{{c{number}::" not in text:
            losses[LookLoss("cloze deletion", f"the deletion {number} has no text")] = None
    if not is_exact:
        losses[LookLoss("text", "the text may differ: compare it with the source")] = None
    return Converted(text, tuple(losses), is_exact)


def _without_marks(tree: Tree, reading: Reading, wanted: str) -> str:
    """Return a field as paragraphs without marks, with its images and formulas if the text allows it."""
    writer = _Writer(reading, tree.deletions, is_plain=True)
    writer.children(tree.body)
    text = rendered(writer.finished())
    return text if _shown(text, reading) == wanted else _plain(_lines(tree), tree.deletions)


def _shown(markdown: str, reading: Reading) -> str:
    """Return the visible text of Markdown, as `visible_text` does."""
    if not markdown.strip():
        return ""
    passage = Passage(Source(Path("field.md"), markdown), tuple(parse(markdown)))
    return text_of_html(to_html(passage, {}, ClozeForm.FILLED if reading.is_cloze else ClozeForm.WRITTEN))


def _highest_heading(tree: Tree) -> int | None:
    return min(
        (int(name_of(each)[1]) for each in tree.body.iter("h1", "h2", "h3", "h4", "h5", "h6")), default=None
    )


def _lines(tree: Tree) -> Iterator[str]:
    """Yield the words of a tree, one line for each block."""
    line = ""
    for piece in pieces(tree.body):
        if piece == "\n":
            yield line
            line = ""
        else:
            line += piece
    yield line


def _plain(lines: Iterable[str], deletions: Sequence[str]) -> str:
    """Return lines of text as paragraphs without marks, except those of cloze deletions."""
    texts = (" ".join(line.split()) for line in lines)
    return "\n\n".join("".join(_plain_parts(text, deletions)) for text in texts if text)


def _plain_parts(text: str, deletions: Sequence[str]) -> Iterator[str]:
    hints: list[str] = []
    for part in DELETION.split(text):
        if part.startswith(OPEN):
            number, _, hint = deletions[int(part[1:-1])].partition("::")
            hints.append(hint)
            yield f"{{{{c{number}::"
        elif part == CLOSE:
            hint = hints.pop() if hints else ""
            yield f"::{hint}}}}}" if hint else "}}"
        else:
            yield escaped(part)


@dataclass
class _Writer:
    """Walks a tree, and makes tokens of blocks whose texts are already Markdown."""

    reading: Reading
    deletions: Sequence[str]
    level: int = 0
    """Number of lists, quotations and tables around the text."""
    headings: int | None = None
    """The highest level of a heading in the field."""
    tokens: list[Token] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    losses: list[LookLoss] = field(default_factory=list)
    is_plain: bool = False
    """True if all text is written as paragraphs, without marks."""
    opened: int = 0
    """Number of cloze deletions that have begun so far."""

    def finished(self) -> list[Token]:
        self.flush()
        return self.tokens

    def lose(self, kind: str, message: str) -> None:
        self.losses.append(LookLoss(kind, message))

    # inline

    def text(self, text: str) -> None:
        if _INDENTED.match(text) and (not self.runs or self.is_after_break()):
            self.lose("indentation", "blanks at the beginning of a line")
        text = re.sub("[ \t\n\r\f\xa0]+", " ", text)
        for part in DELETION.split(text) if self.deletions else [text]:
            if part.startswith(OPEN):
                self.opened += 1
                self.marks.append(Mark("cloze", self.deletions[int(part[1:-1])], self.opened))
            elif part == CLOSE:
                self.close_deletion()
            elif part:
                self.words(part)

    def is_after_break(self) -> bool:
        last = self.runs[-1].token
        return last is not None and last.type == BREAK

    def close_deletion(self) -> None:
        for place in range(len(self.marks) - 1, -1, -1):
            if self.marks[place].name == "cloze":
                self.marks.pop(place)
                return

    def words(self, text: str) -> None:
        place = 0
        for sound in SOUND.finditer(text):
            self.add_text(text[place : sound.start()])
            self.sound(unescape(sound[1]).strip())
            place = sound.end()
        self.add_text(text[place:])

    def add_text(self, text: str) -> None:
        if text:
            if self.reading.is_cloze:
                text = _BRACES.sub(f"{{{GAP}", text)
            self.run(text, None)

    def add(self, token: Token) -> None:
        self.run("", token)

    def run(self, text: str, token: Token | None) -> None:
        self.runs.append(Run(text, tuple(dict.fromkeys(self.marks)), token))

    def sound(self, name: str, words: str = "") -> None:
        file = self.reading.file(name)
        if file is None:
            self.lose("missing sound", f"{name!r} is not in the source, or cannot be shown")
            return
        self.add(token("image", words or Path(name).stem, attrs={"src": _address(file)}))

    def image(self, element: Any) -> None:
        src = (element.get("src") or "").strip()
        alt = " ".join((element.get("alt") or element.get("title") or "").split())
        file = self.reading.file(src) if src else None
        if file is None:
            shown = f", which shows {alt!r}" if alt else ""
            self.lose("missing image", f"{src[:80]!r}{shown} is not in the source, or cannot be shown")
            return
        image = token("image", alt, attrs={"src": _address(file)}, children=[token("text", alt)])
        if width := self.width(element):
            image.meta["width"] = width
        self.add(image)

    def width(self, element: Any) -> str:
        style = _style(element)
        written = style.get("width") or (element.get("width") or "").strip()
        found = _WIDTH.fullmatch(written)
        if found:
            return found[1] or f"{found[2]}%"
        if (written and written != "auto") or style.get("height", "auto") != "auto" or element.get("height"):
            self.lose("size", "an image's height, or a width in other units than pixels and percent")
        return ""

    # blocks

    def flush(self) -> None:
        runs, self.runs = self.runs, []
        for paragraph in paragraphs(runs):
            alone = paragraph[0].token if len(paragraph) == 1 and not self.is_plain else None
            if alone and alone.type == "math_display" and (block := formula_block(alone)):
                self.tokens.append(token("raw_block", block))
                continue
            text = self.markdown(paragraph)
            self.block("paragraph", text)

    def markdown(self, runs: Sequence[Run]) -> str:
        if self.is_plain:
            return plain_markdown(runs)
        text, is_whole = text_as_markdown(runs)
        if not is_whole:
            self.lose("emphasis", "bold, italic or similar text where Markdown cannot have it")
        return text

    def block(self, kind: str, text: str) -> None:
        self.tokens += [
            Token(f"{kind}_open", "p", 1),
            Token("inline", "", 0, children=[token("raw", text)], content=text),
            Token(f"{kind}_close", "p", -1),
        ]

    def children(self, element: Any) -> None:
        if element.text:
            self.text(element.text)
        for child in element:
            self.element(child)
            if child.tail:
                self.text(child.tail)

    def element(self, element: Any) -> None:
        name = name_of(element)
        if name == "comment" or name in _INVISIBLE:
            return
        if name in DROPPED:
            self.dropped(element, name)
            return
        if is_hidden(element):
            self.lose("hidden text", f"{''.join(element.itertext())[:60].strip()!r}")
            return
        if self.is_plain and name in STRUCTURES:
            self.flush()
            self.children(element)
            self.flush()
            return
        match name:
            case "br":
                self.add(token(BREAK))
            case "hr":
                self.flush()
                self.tokens.append(token("hr"))
            case "img":
                self.image(element)
            case "audio" | "video":
                self.player(element, name)
            case "x-tex":
                self.formula(element)
            case "pre":
                self.code_block(element, element)
            case "ul" | "ol":
                self.list(element, name)
            case "dl":
                self.definitions(element)
            case "table":
                self.table(element)
            case "blockquote":
                self.quotation(element)
            case "div" if element.get("class") in _CALLOUTS:
                self.quotation(element, _CALLOUTS[element.get("class")])
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.heading(element, int(name[1]))
            case "ruby":
                self.ruby(element)
            case _ if name in BLOCKS:
                self.note_look(element)
                if name == "details":
                    self.lose("fold", "a part that opens when it is clicked")
                self.flush()
                self.marked(element, self.styles(element))
                self.flush()
            case _ if name in _CODE:
                self.code(element)
            case _:
                self.inline_element(element, name)

    def dropped(self, element: Any, name: str) -> None:
        shown = {"script": "script", "style": "style sheet"}.get(name, f"<{name}>")
        self.lose(shown, f"an element {name!r} is left out")

    def player(self, element: Any, name: str) -> None:
        sources = [element.get("src"), *(each.get("src") for each in element.iter("source"))]
        for src in [src for src in sources if src][:1]:
            self.sound(src)
        if name == "video" and not any(sources):
            self.lose("<video>", "a video is left out")

    def formula(self, element: Any) -> None:
        tex = "".join(element.itertext()).strip()
        is_display = element.get("display") == "1"
        self.add(token("math_display" if is_display else "math_inline", tex))

    def inline_element(self, element: Any, name: str) -> None:
        if element.get("class") == "sound" and (sound := SOUND.fullmatch(element.text or "")):
            self.sound(sound[1].strip(), element.get("aria-label") or "")
            return
        self.note_look(element)
        marks = self.styles(element)
        if name in _MARKS:
            marks.append(Mark(_MARKS[name]))
        elif name in ("abbr", "acronym"):
            marks.append(Mark("abbr", " ".join((element.get("title") or "").split())))
        elif name == "a":
            marks += self.link(element)
        elif own := _own_mark(element, name):
            marks.append(own)
        elif name not in _MEANINGLESS:
            self.lose("unknown element", f"<{name}>")
        if name in ("small", "big"):
            self.lose("size", "larger or smaller text")
        self.marked(element, marks)

    def marked(self, element: Any, marks: Sequence[Mark]) -> None:
        new = [mark for mark in marks if mark not in self.marks]
        self.marks += new
        self.children(element)
        for mark in new:
            if mark in self.marks:
                self.marks.remove(mark)

    def link(self, element: Any) -> list[Mark]:
        href = "".join((element.get("href") or "").split())
        if not href:
            return []
        if not is_web_address(href):
            self.lose("link", f"{href[:80]!r} leads nowhere from a card")
            return []
        return [Mark("link", quote(href, safe="%/:?#[]@!$&'()*+,;=~"))]

    def styles(self, element: Any) -> list[Mark]:
        style = _style(element)
        marks: list[str] = []
        if re.match(r"bold|[6-9]00", style.get("font-weight", "")):
            marks.append("strong")
        if style.get("font-style", "") in ("italic", "oblique"):
            marks.append("em")
        line = style.get("text-decoration", "") + style.get("text-decoration-line", "")
        marks += [mark for word, mark in (("underline", "u"), ("line-through", "s")) if word in line]
        if style.get("vertical-align") in ("sub", "super"):
            marks.append(style["vertical-align"][:3])
        background = style.get("background-color") or style.get("background") or ""
        if (
            background
            and name_of(element) in ("span", "font", "b", "i", "u", "em", "strong")
            and not _is_plain(background)
        ):
            marks.append("mark")
        return [Mark(mark) for mark in marks]

    def note_look(self, element: Any) -> None:
        """Record formatting that has no mark in Markdown."""
        style = _style(element)
        if not _is_plain(style.get("color") or element.get("color") or "black"):
            self.lose("colour", "coloured text")
        if style.get("font-size", "medium") not in (
            "medium",
            "inherit",
            "initial",
            "1em",
            "100%",
        ) or element.get("size"):
            self.lose("size", "larger or smaller text")
        if (
            style.get("text-align", "start") in ("center", "right", "justify")
            or element.get("align")
            or name_of(element) == "center"
        ):
            self.lose("alignment", "text that is centred, or aligned to the other side")

    def heading(self, element: Any, level: int) -> None:
        self.flush()
        kept, self.marks = self.marks, [] if self.level == 0 else [*self.marks, Mark("strong")]
        self.children(element)
        self.marks = kept
        runs = [run for run in self.runs if not (run.token and run.token.type == BREAK)]
        if self.level:
            self.flush()
            return
        self.runs = []
        if runs := trimmed(runs):
            text = one_line(self.markdown(runs))
            level = min(6, 4 + level - (self.headings or level))
            self.tokens += [
                Token("heading_open", f"h{level}", 1, markup="#" * level),
                Token("inline", "", 0, children=[token("raw", text)], content=text),
                Token("heading_close", f"h{level}", -1, markup="#" * level),
            ]

    def quotation(self, element: Any, callout: str = "") -> None:
        """Add a quotation, or a callout of a kind, whose first paragraph is its title."""
        self.flush()
        start = len(self.tokens)
        self.tokens.append(Token("blockquote_open", "blockquote", 1))
        self.level += 1
        self.children(element)
        self.flush()
        self.level -= 1
        if len(self.tokens) == start + 1:
            self.tokens.pop()
            return
        first = self.tokens[start + 2] if self.tokens[start + 1].type == "paragraph_open" else None
        if first and first.children and (callout or first.content.startswith("[!")):
            first.children[0].content = (f"[!{callout}] " if callout else "\\") + first.content
        self.tokens.append(Token("blockquote_close", "blockquote", -1))

    def list(self, element: Any, name: str) -> None:
        self.flush()
        kind = "ordered_list" if name == "ol" else "bullet_list"
        start = element.get("start") or ""
        if name == "ol" and (element.get("type") or "1") != "1":
            self.lose("numbering", "letters or Roman numbers before the items of a list")
        attrs: dict[str, str | int | float] = {"start": int(start)} if re.fullmatch(r"\d{1,6}", start) else {}
        opening = len(self.tokens)
        self.level += 1
        self.tokens.append(Token(f"{kind}_open", name, 1, attrs=attrs, markup="." if name == "ol" else "-"))
        if (element.text or "").strip():
            self.item([element.text])
        items: list[list[Any]] = []
        for child in element:
            if name_of(child) == "li" or not items:
                items.append([child])
            else:  # a list directly in a list belongs to the item before it
                items[-1].append(child)
            if (child.tail or "").strip():
                items[-1].append(child.tail)
        for item in items:
            self.item(item)
        self.level -= 1
        if len(self.tokens) == opening + 1:
            self.tokens.pop()
            return
        self.tokens.append(Token(f"{kind}_close", name, -1))
        _make_tight(self.tokens[opening:])

    def item(self, parts: Sequence[Any]) -> None:
        start = len(self.tokens)
        self.tokens.append(Token("list_item_open", "li", 1))
        for part in parts:
            if isinstance(part, str):
                self.text(part)
            elif name_of(part) == "li":
                self.note_look(part)
                self.marked(part, self.styles(part))
            else:
                self.element(part)
        self.flush()
        if len(self.tokens) == start + 1:
            self.tokens.pop()
            return
        self.tokens.append(Token("list_item_close", "li", -1))

    def part(self, element: Any) -> str:
        """Return a part of a table or a definition list as separate Markdown."""
        own = _Writer(self.reading, self.deletions, self.level + 1, opened=self.opened)
        own.marks = [mark for mark in self.marks if mark.name == "cloze"]
        own.marked(element, own.styles(element))
        text = rendered(own.finished())
        self.losses += own.losses
        self.opened = own.opened
        self.marks = [mark for mark in self.marks if mark.name != "cloze"] + [
            mark for mark in own.marks if mark.name == "cloze"
        ]
        return text

    def definitions(self, element: Any) -> None:
        self.flush()
        blocks: list[str] = []
        has_term = False
        for child in element:
            if name_of(child) == "dt":
                words = one_line(self.part(child))
                blocks.append(words)
                has_term = bool(words)
            elif name_of(child) == "dd" and has_term:
                text = self.part(child).replace("\n", "\n  ")
                blocks.append(f": {text}")
            else:
                blocks.append(self.part(child))
        text = "\n\n".join(block for block in blocks if block)
        text = re.sub(r"\n\n: ", "\n: ", text)
        if text:
            self.tokens.append(token("raw_block", text))

    def table(self, element: Any) -> None:
        self.flush()
        rows = [row for row in element.iter("tr") if _table_of(row) is element]
        for caption in element.findall("caption"):
            self.children(caption)
            self.flush()
        filled = [(row, cells) for row in rows if (cells := list(self.cells(row)))]
        grid = [cells for _, cells in filled]
        heads = [any(name_of(cell) == "th" for cell in row) for row, _ in filled]
        if not grid:
            return
        width = max(map(len, grid))
        if width == 1 and not any(heads):  # a box, and no table
            for (cell,) in grid:
                if cell:
                    self.tokens.append(token("raw_block", cell.replace("<br>", "\\\n").replace("\\|", "|")))
            self.lose("table", "a table of one column is a paragraph for each row")
            return
        grid = [[*row, *[""] * (width - len(row))] for row in grid]
        is_bold = all(re.fullmatch(r"\*\*[^*]+\*\*", cell) for cell in grid[0] if cell) and any(grid[0])
        if not heads[0] and is_bold:
            grid[0] = [cell.removeprefix("**").removesuffix("**") for cell in grid[0]]
        elif not heads[0]:
            self.lose("table without a head", "its first line is empty in Markdown")
            grid.insert(0, [""] * width)
        lines = [f"| {' | '.join(row)} |" for row in grid]
        lines.insert(1, "| " + " | ".join(["---"] * width) + " |")
        table = "\n".join(re.sub(" {2,}", " ", line) for line in lines)
        if self.level:
            self.lose("table", "a table in a list or a quotation")
        self.tokens.append(token("raw_block", table))

    def cells(self, row: Any) -> Iterator[str]:
        for cell in row:
            if name_of(cell) not in ("td", "th"):
                continue
            text = self.part(cell)
            if re.search(r"^(?:```|[-*+] |\d+[.)] |> |\|)", text, re.MULTILINE):
                self.lose("list or code in a table", "written as lines of text")
                text = _flattened(text)
            text = re.sub(r"\\\n|\n+", "<br>", text)
            yield re.sub(r"(?<!\\)\|", r"\\|", text)
            spans = cell.get("colspan") or "1"
            if (spans.isdigit() and spans != "1") or (cell.get("rowspan") or "1") != "1":
                self.lose("merged cells", "a cell of several rows or columns")
            for _ in range(min(int(spans), 50) - 1 if spans.isdigit() else 0):
                yield ""

    def code(self, element: Any) -> None:
        if any(name_of(each) in ("br", "div", "p", "pre") for each in element.iter() if each is not element):
            self.code_block(element, element)
            return
        if any(name_of(each) in ("img", "x-tex") for each in element.iter()):
            self.children(element)
            return
        text = " ".join("".join(element.itertext()).replace("\xa0", " ").split())
        if self.deletions and not _is_balanced(text):
            self.lose("emphasis", "code in which a cloze deletion only begins, or only ends")
            self.children(element)
            return
        if self.deletions and DELETION.search(text):
            text = self.code_with_deletions(text)
        if text:
            self.add(token("code_inline", text))

    def code_block(self, element: Any, outer: Any) -> None:
        self.flush()
        for image in element.iter("img"):
            self.image(image)
        text = _code_text(element).replace("\xa0", " ").replace("\r", "")
        text = re.sub(r"^(?:[ \t]*\n)+|\s+$", "", text)
        if self.deletions and not _is_balanced(text):
            self.lose("emphasis", "code in which a cloze deletion only begins, or only ends")
            for line in text.split("\n"):
                self.text(line)
                self.flush()
            return
        if self.deletions and DELETION.search(text):
            text = self.code_with_deletions(text)
        if text:
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            self.tokens.append(token("raw_block", f"{fence}{_language(element)}\n{text}\n{fence}"))
        self.flush()

    def code_with_deletions(self, text: str) -> str:
        parts: list[str] = []
        opened: list[str] = [mark.value for mark in self.marks if mark.name == "cloze"]
        for part in DELETION.split(text):
            if part.startswith(OPEN):
                opened.append(self.deletions[int(part[1:-1])])
                parts.append(f"{{{{c{opened[-1].partition('::')[0]}::")
            elif part == CLOSE:
                hint = opened.pop().partition("::")[2] if opened else ""
                parts.append(f"::{hint}}}}}" if hint else "}}")
            else:
                parts.append(part.replace("::", "\\::").replace("}}", "\\}}") if opened else part)
        return "".join(parts)

    def ruby(self, element: Any) -> None:
        pairs: list[tuple[str, str]] = []
        base = element.text or ""
        for child in element:
            if name_of(child) == "rt":
                pairs.append((base.strip(), "".join(child.itertext()).strip()))
                base = ""
            elif name_of(child) not in ("rp",):
                base += "".join(child.itertext())
            base += child.tail or "" if name_of(child) != "rp" else ""
        found = token("ruby", meta={"pairs": pairs})
        if pairs and not base.strip() and reads_as(ruby(pairs), shape([found])):
            self.add(found)
            return
        for written, reading in pairs:
            self.add_text(written)
            self.marks.append(Mark("sup"))
            self.add_text(reading)
            self.marks.pop()
        self.add_text(base)
        if pairs:
            self.lose("ruby", "readings are raised text")


def _is_balanced(text: str) -> bool:
    """Tell whether every cloze deletion that begins in a text ends in it, and the other way round."""
    depth = 0
    for sign in DELETION.findall(text):
        depth += -1 if sign == CLOSE else 1
        if depth < 0:
            return False
    return depth == 0


def _address(file: str) -> str:
    """Return a file's name, or a web address, as the target of a link."""
    return quote(file, safe="%/:?#@!$&'+,;=~" if is_web_address(file) else "/:@!$&'+,;=~")


def _make_tight(tokens: Sequence[Token]) -> None:
    """Leave out the empty lines of a list whose items are single paragraphs, maybe with a nested list."""
    depth = 0
    paragraphs: list[int] = []
    direct: list[Token] = []
    for each in tokens:
        if each.nesting < 0:
            depth -= 1
        if each.type == "list_item_open" and depth == 1:
            paragraphs.append(0)
        if depth == 2 and each.type == "paragraph_open":
            paragraphs[-1] += 1
            direct.append(each)
        if depth == 2 and each.type in ("raw_block", "blockquote_open", "hr"):
            paragraphs[-1] += 2
        if each.nesting > 0:
            depth += 1
    if max(paragraphs, default=0) <= 1:
        for each in direct:
            each.hidden = True


def _table_of(row: Any) -> Any:
    parent = row.getparent()
    while parent is not None and name_of(parent) != "table":
        parent = parent.getparent()
    return parent


def _flattened(markdown: str) -> str:
    """Return blocks as lines of text for the cell of a table."""
    lines: list[str] = []
    is_code = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            lines += [inline_code(line.strip())] if line.strip() else []
        else:
            lines.append(re.sub(r"^\s*(?:[-*+] |\d+[.)] |> )+", "", line).rstrip("\\"))
    return "\n".join(line.strip() for line in lines if line.strip())


def _code_text(element: Any) -> str:
    """Return the text of code: one line for each block that an editor made of a line."""
    parts: list[str] = []

    def line_end() -> None:
        if parts and not parts[-1].endswith("\n"):
            parts.append("\n")

    def walk(each: Any) -> None:
        is_line = each is not element and name_of(each) in ("div", "p", "li", "pre")
        if name_of(each) == "br":
            parts.append("\n")
        if name_of(each) in DROPPED:
            return
        if is_line:
            line_end()
        parts.extend(filter(None, (each.text,)))
        for child in each:
            walk(child)
            parts.extend(filter(None, (child.tail,)))
        if is_line:
            line_end()

    walk(element)
    return "".join(parts)


def _language(element: Any) -> str:
    """Return the language from the classes of code, or of the elements around it."""
    near = [element, *(each for each in element.iter("code", "pre"))]
    parent = element.getparent()
    near += [parent] if parent is not None and name_of(parent) in ("div", "figure", "pre", "code") else []
    for each in near:
        given = each.get("data-lang") or each.get("data-language") or ""
        classes = each.get("class") or ""
        found = _LANGUAGE.search(classes)
        for name in (given, found[1] if found else "", *classes.split()):
            known = language_of(name.lower()) if name else ""
            if known and is_language(known) and known not in ("text", "highlight", "code"):
                return known
    return "text"


def _style(element: Any) -> dict[str, str]:
    written = element.get("style") or ""
    return {name.strip(): value.strip().lower() for name, value in _STYLE.findall(written.lower())}


def _is_plain(colour: str) -> bool:
    return _PLAIN_COLOURS.fullmatch(colour.strip()) is not None


def _own_mark(element: Any, name: str) -> Mark | None:
    """Return the mark of an element that only cardpress writes: a link to a question, words in a language."""
    classes, language = (element.get("class") or "").split(), element.get("lang") or ""
    if name == "bdi" and len(classes) == 2 and classes[0] == "to":
        return Mark("link", f"#{quote(classes[1], safe='-_')}")
    if name == "span" and element.get("dir") == "auto" and language and not wrong_tag(language):
        return Mark("span", language)
    return None
