"""HTML that cardpress made, as the Markdown that makes it again.

What our renderer writes is a closed set of elements, so it can be reversed: each stretch of text is written
with as few escapes as it needs, and is taken only if it makes the same HTML, to the byte. Where nothing does,
because somebody edited the field in Anki, it is converted as any other tool's HTML is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.model import Loss
from builder.importing.runs import (
    escaped,
    formula_block,
    inline_code,
    one_line,
    ruby,
    text_in_markdown,
    token,
)
from builder.markdown.cloze import ClozeForm
from builder.markdown.highlight import highlight
from builder.markdown.parser import DEEPEST, Passage, Source, headings, parse, to_html
from builder.markdown.sounds import as_rendered, for_field

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"<>]*\")*) ?/?>")
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_VOID = frozenset(("br", "hr", "img"))
_INLINE = frozenset(
    (
        *("a", "abbr", "audio", "bdi", "br", "code", "em", "img", "kbd", "mark", "ruby", "s", "span"),
        *("strong", "sub", "sup", "u"),
    )
)
_OPEN, _SPLIT, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
"""Stand for `{{c`, `::` and `}}` of cloze deletions, while all else of a text is read."""
_SIGNS = re.compile(r"([\\`*_{}\[\]<>$~^=|&#!+.:;-])")
_NOTE_NUMBER = re.compile(r'<sup class="note">\d+</sup>')
_WORD = re.compile(r"[+−-]?\w+")
_COLOURED = re.compile(r'<span class="\w+">')
_CODE = re.compile(r'<pre class="code"><code>((?:(?!<pre).)*?)</code></pre>', re.DOTALL)
_ALIGNMENTS = {"left": ":---", "right": "---:", "center": ":---:"}
_WARNING, _OTHER = "warning", "note"
"""Kinds of callouts whose titles are their authors' own."""
_LANGUAGES = (
    *("python", "bash", "javascript", "html", "html+jinja", "sql", "json", "yaml", "ini", "toml", "css"),
    *("console", "pycon", "typescript", "java", "c", "c++", "c#", "go", "rust", "kotlin", "swift", "ruby"),
    *("php", "http", "diff", "docker", "nginx", "xml", "make", "powershell", "bat", "lua", "r", "scala"),
    *("perl", "haskell", "jsx", "tsx", "scss", "graphql", "protobuf", "pytb", "dart", "tex", "markdown"),
)
"""Languages whose colours are looked for, the most frequent first. A package does not name them."""
_MOST_SAMPLES, _MOST_UNKNOWN = 12, 100
"""Maximum blocks of code that tell which languages a package has; and of those whose language is looked for
in vain, before only the first few are tried."""
_FEW = 3
_OURS = re.compile(
    r'<pre class="code"><code>|<div class="table"><table>|<div class="callout[ "]|<ol class="notes">'
    r'|<bdi class="to |<span lang="[^"<>]*" dir="auto">'
)
"""Elements with a meaning that other tools' HTML does not have."""
_LONGEST = 100_000
"""Maximum characters of a field that is read as ours: no card is as long."""


class _NotOursError(Exception):
    """HTML that our renderer does not write."""


@dataclass(slots=True)
class _Node:
    """An element, and where it is in its text."""

    name: str
    attributes: Mapping[str, str]
    start: int
    inner: int = 0
    inner_end: int = 0
    end: int = 0
    children: list[_Node | str] = field(default_factory=list)

    def elements(self, name: str) -> list[_Node]:
        """Return the children of a name."""
        return [child for child in self.children if isinstance(child, _Node) and child.name == name]

    def text(self) -> str:
        """Return all of its text."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


def _tree(html: str) -> _Node:
    """Read HTML whose every tag is closed. Raises `_NotOursError` for other HTML."""
    if len(html) > _LONGEST:
        raise _NotOursError
    root = _Node("", {}, 0, 0, len(html), len(html))
    opened, place = [root], 0
    for tag in _TAG.finditer(html):
        _add_text(opened[-1], html[place : tag.start()])
        place = tag.end()
        closing, name, attributes = tag.groups()
        if not closing:
            given = {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
            node = _Node(name, given, tag.start(), place, place, place)
            opened[-1].children.append(node)
            if name not in _VOID:
                opened.append(node)
        elif len(opened) > 1 and opened[-1].name == name:
            node = opened.pop()
            node.inner_end, node.end = tag.start(), place
        else:
            raise _NotOursError
        if len(opened) > DEEPEST:
            raise _NotOursError
    _add_text(root, html[place:])
    if len(opened) > 1:
        raise _NotOursError
    return root


def _add_text(node: _Node, text: str) -> None:
    if "<" in text or ">" in text:
        raise _NotOursError
    if text:
        node.children.append(unescape(text))


def rendered(html: str, *, is_cloze: bool = False) -> str:
    """Return a field of ours as it was rendered, before it was made one that Anki reads."""
    html = as_rendered(html).replace("&#91;", "[")
    return html if is_cloze else html.replace("&#123;", "{")


def blocks_of(html: str) -> list[str]:
    """Return the outermost elements of HTML, if it has nothing else; else all of it as one."""
    try:
        root = _tree(html)
    except _NotOursError:
        return [html]
    found = [child for child in root.children if isinstance(child, _Node)]
    if any(isinstance(child, str) and child.strip() for child in root.children):
        return [html]
    return [html[node.start : node.end] for node in found]


# --- languages of code ----------------------------------------------------------------------------


def languages_in(fields: Iterable[str]) -> tuple[str, ...]:
    """Return the languages in which the colours of code are looked for, the most likely ones first."""
    found = {
        code
        for html in fields
        if '<pre class="code">' in html and len(html) <= _LONGEST
        for code in _CODE.findall(html)
        if _COLOURED.search(code) and "{{c" not in code
    }
    weights: Counter[str] = Counter()
    for html in sorted(found, key=lambda each: (-len(_COLOURED.findall(each)), each))[:_MOST_SAMPLES]:
        text = unescape(re.sub("<[^<>]*>", "", html))
        fitting = [name for name in _LANGUAGES if highlight(text, name) == html]
        for name in fitting:
            weights[name] += 1000 // len(fitting)
    return tuple(sorted(_LANGUAGES, key=lambda name: (-weights[name], _LANGUAGES.index(name))))


# --- text -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to write text: with more escapes than another, or with other marks."""

    escape: Callable[[str], str] = lambda text: text
    em: str = "*"
    has_tags: bool = False
    """True if lower and raised text, links and formulas are written in the longer way."""


def _with_backslashes(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def _within_deletion(text: str) -> str:
    return text.replace("}}", "\\}}").replace("::", "\\::")


_FORMS = (
    _Form(),
    _Form(_within_deletion),
    _Form(em="_"),
    _Form(has_tags=True),
    _Form(text_in_markdown),
    _Form(text_in_markdown, em="_", has_tags=True),
    _Form(_with_backslashes, has_tags=True),
    _Form(_with_backslashes, em="_", has_tags=True),
    _Form(escaped, has_tags=True),
    _Form(escaped, em="_", has_tags=True),
)
"""The first form that makes the same HTML is used."""


@dataclass
class OwnHtml:
    """Turns the fields of cardpress's own notes, as they were rendered, into Markdown."""

    file: Callable[[str], str | None]
    """Returns the path in the corpus of an image or a sound; None where there is no such file."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Titles of callouts that have none of their own, by kind."""
    languages: Sequence[str] = _LANGUAGES
    losses: list[Loss] = field(default_factory=list)
    place: str = ""
    """Place of the note that is read, for losses."""
    form: ClozeForm = ClozeForm.WRITTEN
    notes: int = 0
    """Footnotes of the question so far: each has a name of its own there."""
    unknown: int = 0
    """Blocks of code so far whose language was not found."""
    names: dict[str, str] = field(default_factory=dict)
    """Names that fields have for files, by what a chapter writes for them."""

    def begin(self, place: str) -> None:
        """Begin a note."""
        self.place, self.notes = place, 0

    def markdown(self, html: str, *, is_cloze: bool = False) -> str:
        """Return the Markdown of a field that has blocks."""
        self.form = ClozeForm.MARKED if is_cloze else ClozeForm.WRITTEN
        return self._read(html, self._blocks)

    def heading(self, html: str) -> str:
        """Return the Markdown of words that are a heading: one line."""
        self.form = ClozeForm.WRITTEN
        return one_line(self._read(html, self._heading))

    def line(self, html: str) -> str:
        """Return the Markdown of a field that has text alone, without blocks."""
        self.form = ClozeForm.WRITTEN
        return self._read(html, lambda source: self._text(source.tree.children, source.html))

    def exact(self, html: str, *, is_cloze: bool = False) -> str | None:
        """Return the Markdown of a field of any note, if it has what only we write, and nothing else.

        Such are the notes of an existing deck once they have our HTML.
        """
        if not _OURS.search(html):
            return None
        self.form = ClozeForm.MARKED if is_cloze else ClozeForm.WRITTEN
        self.notes = 0
        html = rendered(html, is_cloze=is_cloze)
        try:
            source = _Read(_with_signs(html) if is_cloze else html)
            return _without_signs("\n\n".join(filter(None, self._parts(source))))
        except (_NotOursError, ValueError):
            return None

    def _parts(self, source: _Read) -> Iterator[str]:
        """Yield text and blocks: a field may have joined several parts."""
        for part, html in _text_and_blocks(source.tree, source):
            yield self._checked(part, html, "-") if isinstance(part, _Node) else self._text(part, html)

    def _read(self, html: str, read: Callable[[_Read], str]) -> str:
        if not html.strip():
            return ""
        notes = self.notes
        try:
            source = _Read(_with_signs(html) if self.form is ClozeForm.MARKED else html)
            return _without_signs(read(source))
        except (_NotOursError, ValueError):
            self.notes = notes
            return self.converted(html)

    def converted(self, html: str) -> str:
        """Return HTML as Markdown that is none of ours: somebody edited it in Anki."""
        html = for_field(html)  # what Anki plays, as others write it
        found = to_markdown(html, Reading(is_cloze=self.form is ClozeForm.MARKED, file=self.file))
        self.losses += [Loss(self.place, loss.kind, loss.message) for loss in found.losses]
        return found.text

    def shown(self, markdown: str, after: str = "") -> str:
        """Return the HTML that Markdown makes, with signs for the marks of cloze deletions."""
        text = _without_signs(markdown)
        tokens = parse(text + after, self.titles)
        html = to_html(Passage(Source(Path("field.md"), text), tuple(tokens)), self.names, self.form)
        return _with_signs(html) if self.form is ClozeForm.MARKED else html

    # headings and text

    def _heading(self, source: _Read) -> str:
        for form in _FORMS:
            text = one_line(self._inline(source.tree.children, form))
            written = f"## {text} {{#an-id}}"
            found = list(headings(written))
            if len(found) == 1 and found[0][1] == text and f"<h2>{source.html}</h2>" == self.shown(written):
                return text
        raise _NotOursError

    def _text(self, children: Sequence[_Node | str], html: str, *, is_cell: bool = False) -> str:
        """Return text as one paragraph that makes `html`."""
        html = html.strip()
        wanted = f"<p>{_NOTE_NUMBER.sub('', html)}</p>"
        notes = [child for child in _all(children) if child.name == "sup" and "class" in child.attributes]
        after = "".join(f"\n\n[^{self.notes + int(note.text())}]: x" for note in notes)
        for form in _FORMS:
            text = self._inline(children, form, is_cell=is_cell).strip(" \n")
            shown = self.shown(text, after)
            if after:
                shown = _NOTE_NUMBER.sub("", shown.partition('\n<ol class="notes">')[0])
            if shown == wanted:
                return text
        raise _NotOursError

    def _inline(self, children: Sequence[_Node | str], form: _Form, *, is_cell: bool = False) -> str:
        parts: list[str] = []
        for before, child in pairwise((None, *children)):
            assert child is not None
            if isinstance(child, str):
                is_after_break = isinstance(before, _Node) and before.name == "br"
                text = child.removeprefix("\n") if is_after_break else child
                parts.append("\n".join(form.escape(line) if line else "" for line in text.split("\n")))
            else:
                parts.append(self._element(child, form, is_cell=is_cell))
        return "".join(parts)

    def _element(self, node: _Node, form: _Form, *, is_cell: bool) -> str:
        attributes = node.attributes
        match node.name:
            case "br":
                return "<br>" if is_cell else "\\\n"
            case "code":
                return inline_code(node.text())
            case "img" | "audio":
                return self._file(node)
            case "ruby":
                return ruby(list(_readings(node)))
            case "span" if attributes.get("class") == "math":
                return _formula(node.text(), form)
            case "sup" if attributes.get("class") == "note":
                return f"[^{self.notes + int(node.text())}]"
        inner = self._inline(node.children, form, is_cell=is_cell)
        match node.name:
            case "strong":
                return f"**{inner}**"
            case "em":
                return f"{form.em}{inner}{form.em}"
            case "s":
                return f"~~{inner}~~"
            case "mark":
                return f"<mark>{inner}</mark>" if form.has_tags else f"=={inner}=="
            case "sub" | "sup" if not form.has_tags and _WORD.fullmatch(inner):
                sign = "~" if node.name == "sub" else "^"
                return f"{sign}{inner}{sign}"
            case "kbd" | "u" | "sub" | "sup":
                return f"<{node.name}>{inner}</{node.name}>"
            case "abbr":
                title = attributes.get("title", "").replace("&", "&amp;").replace('"', "&quot;")
                return f'<abbr title="{title}">{inner}</abbr>' if title else f"<abbr>{inner}</abbr>"
            case "a":
                return _link(attributes.get("href", ""), attributes.get("title", ""), inner, node, form)
            case "bdi" if attributes.get("class", "").startswith("to "):
                anchor = unescape(attributes["class"].removeprefix("to "))
                return f"[{inner}](#{quote(anchor, safe='-_')})"
            case "span" if "lang" in attributes:
                return f"[{inner}]{{lang={attributes['lang']}}}"
            case "span":
                return inner  # parts a backslash from a bracket, or the words of long code
        raise _NotOursError

    def _file(self, node: _Node) -> str:
        src = node.attributes.get("src", "")
        words = node.attributes.get("aria-label" if node.name == "audio" else "alt", "")
        path = self.file(src)
        if path is None:
            raise _NotOursError
        written = quote(path, safe="/:@!$&'+,;=~")
        self.names[written] = src
        alt = re.sub(r"[\\\[\]*_`<>$&!^~={}]", r"\\\g<0>", words)
        width = node.attributes.get("width", "")
        return f"![{alt}]({written})" + (f"{{width={width}}}" if width else "")

    # blocks

    def _blocks(self, source: _Read) -> str:
        """Return the blocks of a field. They are read one by one, so that an edit changes only its own."""
        nodes = [child for child in source.tree.children if isinstance(child, _Node)]
        if any(isinstance(child, str) and child.strip() for child in source.tree.children):
            raise _NotOursError
        parts: list[str] = []
        before: _Node | None = None
        for node in nodes:
            html = source.html[node.start : node.end]
            bullet = "*" if before and before.name == node.name and parts[-1].startswith("-") else "-"
            try:
                text = self._checked(node, html, bullet)
            except (_NotOursError, ValueError):  # a number that is none
                text = self.converted(_for_others(html, self.form))
            parts.append(text)
            before = node
        text = "\n\n".join(part for part in parts if part)
        self.notes += sum(len(node.elements("li")) for node in nodes if _is_notes(node))
        return text

    def _checked(self, node: _Node, html: str, bullet: str) -> str:
        """Return a block as Markdown that makes the same HTML. Raises `_NotOursError` if none does."""
        if _is_notes(node):
            return self._notes(node, html)
        source = _Read(html)
        (own,) = source.tree.children
        assert isinstance(own, _Node)
        has_notes = _NOTE_NUMBER.search(html) is not None
        for is_loose in (False, True):
            text = self._block(own, source, _Style(bullet, is_loose))
            if has_notes or self.shown(text) == html:
                return text
            if own.name not in ("ul", "ol", "blockquote", "div", "dl"):
                break
        raise _NotOursError

    def _block(self, node: _Node, source: _Read, style: _Style) -> str:
        match node.name, node.attributes.get("class", ""):
            case "p", _:
                return self._text(node.children, source.inner(node))
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6", _:
                return f"{'#' * int(node.name[1])} {self._text(node.children, source.inner(node))}"
            case "hr", _:
                return "***"
            case "ul" | "ol", _:
                return self._list(node, source, style)
            case "pre", "code":
                return self._code(node, source)
            case "blockquote", _:
                return _quoted(self._within(node, source, style))
            case "div", "math":
                tex = node.text().removeprefix("\\[").removesuffix("\\]")
                if text := formula_block(token("math_display", tex)):
                    return text
            case "div", "table":
                return self._table(node, source)
            case "div", "callout" | "callout warn":
                return self._callout(node, source, style)
            case "dl", _:
                return "\n".join(self._definitions(node, source, style))
        raise _NotOursError

    def _within(self, node: _Node, source: _Read, style: _Style) -> str:
        """Return all that is in a quotation or an item: text, then blocks, or blocks alone."""
        parts: list[tuple[str, bool]] = []
        before = ""
        for part, html in _text_and_blocks(node, source):
            if isinstance(part, _Node):
                bullet = "*" if before == part.name and style.bullet == "-" else "-"
                parts.append((self._block(part, source, _Style(bullet, style.is_loose)), True))
                before = part.name
            else:
                parts.append((self._text(part, html), False))
        written = ""
        for text, is_block in parts:
            is_tight = is_block and not style.is_loose and written and "\n\n" not in written
            is_tight = is_tight and not node.elements("p")
            written += ("\n" if is_tight else "\n\n" if written else "") + text
        return written

    def _list(self, node: _Node, source: _Read, style: _Style) -> str:
        items: list[str] = []
        number = int(node.attributes.get("start", "1") or "1")
        has_paragraphs = any(item.elements("p") for item in node.elements("li"))
        for place, item in enumerate(node.elements("li")):
            mark = f"{number + place}. " if node.name == "ol" else f"{style.bullet} "
            text = self._within(item, source, style)
            items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
        joined = ("\n\n" if has_paragraphs or style.is_loose else "\n").join(items)
        return re.sub(r"[ \t]+$", "", joined, flags=re.MULTILINE)

    def _code(self, node: _Node, source: _Read) -> str:
        code = node.text()
        if not code.strip():
            raise _NotOursError
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", _without_signs(code))), default=0))
        wanted = source.html[node.start : node.end]
        has_colours = _COLOURED.search(wanted) is not None
        languages = self.languages if self.unknown < _MOST_UNKNOWN else self.languages[:_FEW]
        for language in (*(languages if has_colours else ()), "text"):
            text = f"{fence}{language}\n{code}\n{fence}"
            if self.shown(text) == wanted:
                return text
        if has_colours:
            self.unknown += 1
            loss = Loss(self.place, "language of code", "its colours are of no language that is known")
            if loss not in self.losses:
                self.losses.append(loss)
            return f"{fence}text\n{code}\n{fence}"
        raise _NotOursError

    def _table(self, node: _Node, source: _Read) -> str:
        rows = [
            [cell for cell in row.children if isinstance(cell, _Node)]
            for row in _all(node.children)
            if row.name == "tr"
        ]
        if not rows:
            raise _NotOursError
        lines = [
            f"| {' | '.join(self._cell(cell, source) for cell in row)} |".replace("  ", " ") for row in rows
        ]
        styles = (cell.attributes.get("style", "").removeprefix("text-align:") for cell in rows[0])
        rule = " | ".join(_ALIGNMENTS.get(style, "---") for style in styles)
        return "\n".join((lines[0], f"| {rule} |", *lines[1:]))

    def _cell(self, cell: _Node, source: _Read) -> str:
        if not cell.children:
            return ""
        text = self._text(cell.children, source.inner(cell), is_cell=True)
        return re.sub(r"(?<!\\)\|", r"\\|", text).replace("\n", " ")

    def _callout(self, node: _Node, source: _Read, style: _Style) -> str:
        title = next(iter(node.elements("p")), None)
        if title is None or title.attributes.get("class") != "callout-title":
            raise _NotOursError
        words = self._text(title.children, source.inner(title))
        is_warning = node.attributes["class"] == "callout warn"
        kind = next((kind for kind, known in self.titles.items() if known == words), "")
        is_fitting = kind and (kind in ("warning", "caution")) == is_warning
        named = _WARNING if is_warning else _OTHER
        first = f"[!{kind}]" if is_fitting else f"[!{named}] {words}"
        if not is_fitting and re.fullmatch(r"[A-Z][a-z]+", words):  # a kind that has no label is its title
            text = f"> [!{words.lower()}]\n> x"
            if f'<div class="{node.attributes["class"]}">' in self.shown(text):
                first = f"[!{words.lower()}]"
        rest = [child for child in node.children if child is not title]
        inner = _Node("div", {}, title.end, title.end, node.inner_end, node.end, rest)
        body = self._within(inner, source, style)
        return _quoted(f"{first}\n{body}" if body else first)

    def _definitions(self, node: _Node, source: _Read, style: _Style) -> Iterator[str]:
        is_first = True
        for child in node.children:
            if not isinstance(child, _Node):
                continue
            if child.name == "dt":
                if not is_first:
                    yield ""
                yield self._text(child.children, source.inner(child))
            else:
                is_loose = bool(child.elements("p"))
                if is_loose:
                    yield ""
                yield ": " + self._within(child, source, style).replace("\n", "\n  ")
            is_first = False

    def _notes(self, node: _Node, html: str) -> str:
        source = _Read(html)
        (own,) = source.tree.children
        assert isinstance(own, _Node)
        written = []
        for place, item in enumerate(own.elements("li"), self.notes + 1):
            text = self._within(item, source, _Style("-", is_loose=True)).replace("\n", "\n    ")
            written.append(f"[^{place}]: {text}")
        return re.sub(r"[ \t]+$", "", "\n\n".join(written), flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Style:
    """How a list is written."""

    bullet: str
    is_loose: bool


@dataclass(slots=True)
class _Read:
    """HTML and its tree."""

    html: str
    tree: _Node = field(init=False)

    def __post_init__(self) -> None:
        self.tree = _tree(self.html)

    def inner(self, node: _Node) -> str:
        """Return the HTML in an element."""
        return self.html[node.inner : node.inner_end]


def _all(children: Iterable[_Node | str]) -> Iterator[_Node]:
    for child in children:
        if isinstance(child, _Node):
            yield child
            yield from _all(child.children)


def _text_and_blocks(node: _Node, source: _Read) -> Iterator[tuple[_Node | list[_Node | str], str]]:
    """Yield each block in an element, and text between blocks that is not blank, with their HTML."""
    run: list[_Node | str] = []
    start = node.inner
    for child in (*node.children, None):
        if isinstance(child, str) or (child and child.name in _INLINE):
            run.append(child)
            continue
        html = source.html[start : child.start if child else node.inner_end]
        if html.strip():
            yield run, html
        run = []
        if child:
            yield child, source.html[child.start : child.end]
            start = child.end


def _is_notes(node: _Node) -> bool:
    return node.name == "ol" and node.attributes.get("class") == "notes"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _readings(node: _Node) -> Iterator[tuple[str, str]]:
    base = ""
    for child in node.children:
        if isinstance(child, str):
            base = child
        else:
            yield base, child.text()


def _formula(written: str, form: _Form) -> str:
    tex = written[2:-2]
    if written.startswith("\\["):
        return f"\\[{tex}\\]" if form.has_tags else f"$${tex}$$"
    return f"\\({tex}\\)" if form.has_tags else f"${tex}$"


def _link(href: str, title: str, inner: str, node: _Node, form: _Form) -> str:
    if not title and not form.has_tags and node.text() == unescape(href):
        return node.text()
    address = f"<{href}>" if re.search(r"[()\s]", href) else href
    words = title.replace("\\", "\\\\").replace('"', '\\"')
    return f'[{inner}]({address} "{words}")' if title else f"[{inner}]({address})"


# --- cloze deletions ------------------------------------------------------------------------------


def _with_signs(html: str) -> str:
    """Return sealed HTML with signs in place of the marks of its deletions: nothing else looks like one."""
    html = re.sub(r"\{\{c(\d{1,9})::", f"{_OPEN}\\1{_SPLIT}", html)
    return html.replace("::", _SPLIT).replace("}}", _CLOSE)


def _without_signs(text: str) -> str:
    text = re.sub(f"{_OPEN}(\\d+){_SPLIT}", r"{{c\1::", text)
    return text.replace(_SPLIT, "::").replace(_CLOSE, "}}")


def _for_others(html: str, form: ClozeForm) -> str:
    return _without_signs(html) if form is ClozeForm.MARKED else html
