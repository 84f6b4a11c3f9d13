"""Markdown as cardpress reads it: the only set-up of markdown-it, its positions and its HTML.

It reads CommonMark, tables, formulas and marks of other tools (`marks`). Raw HTML is parsed only to be found
and refused. It is never rendered, except for a few harmless elements (`elements`). Headings may end in Pandoc
attributes, `{#id .class key="value"}`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import cache
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_core import StateCore, block, normalize
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token
from mdit_py_plugins.attrs.parse import ParseError
from mdit_py_plugins.attrs.parse import parse as parse_braces
from mdit_py_plugins.dollarmath import dollarmath_plugin

from builder.markdown.anchors import anchor_in
from builder.markdown.callouts import TITLES
from builder.markdown.cloze import (
    RESERVED,
    ClozeForm,
    closing,
    deletions_in_code,
    deletions_in_prose,
    opening,
    seal,
    unseal,
)
from builder.markdown.dispatch import quicken
from builder.markdown.east_asian import add_east_asian, is_joined
from builder.markdown.footnotes import EMPTY, UNUSED
from builder.markdown.formulas import formula_at
from builder.markdown.highlight import highlight, language_of
from builder.markdown.marks import add_marks
from builder.markdown.sounds import element as sound_element
from builder.markdown.sounds import is_sound
from builder.markdown.source import (
    NO_ATTRIBUTES,
    Attributes,
    Passage,
    Source,
    blocks,
    comments_in,
    inline_tokens,
    plain_text,
)

__all__ = [
    "DEEPEST",
    "LONGEST_ATTRIBUTES",
    "NO_ATTRIBUTES",
    "Attributes",
    "ClozeForm",
    "Passage",
    "Source",
    "Token",
    "blocks",
    "comments_in",
    "fence_within",
    "headings",
    "inline_text",
    "inline_tokens",
    "is_unclosed_fence",
    "is_web_address",
    "parse",
    "plain_text",
    "surplus_cells",
    "to_html",
]


_LONGEST_UNBROKEN_CODE = 24
"""Maximum characters of inline code that fit on one line of a prompt on a phone."""
DEEPEST = 60
"""Maximum nesting of blocks; markdown-it silently drops what is deeper than its own limit."""
_ID = re.compile(r'"(?:\\.|[^"])*"|%[^%}]*%?|#([^\s}%"]+)')
"""Ids among attributes; quotes and comments are skipped."""
_USUAL = re.compile(r'\{#([\w-]+)((?: \.[\w-]+)*)((?: (?:tags|was|allow|lang)="[^"\\%{}]*")*)\}', re.ASCII)
"""The usual form of attributes; the parser would find the same, more slowly."""
_VALUE = re.compile(r'(\w+)="([^"]*)"')
_UNCLOSED = re.compile(r"\{#[\w-][^`{}]*$")
"""Attributes whose last brace is missing."""
_LINK_SCHEMES = ("http", "https", "mailto")
_MOST_ADDRESSES = re.compile(r"https?://[a-z]")
LONGEST_ATTRIBUTES = 4000
"""Maximum characters of a heading's attributes: enough for fifty tags and every rule."""


def parse(text: str, titles: Mapping[str, str] | None = None) -> list[Token]:
    """Parse a whole file. Heading tokens carry `meta["attributes"]`: an `Attributes` or None.

    A callout without a title gets the one of its kind in `titles`.
    """
    return _markdown().parse(text, {TITLES: titles or {}})


def headings(text: str) -> Iterator[tuple[int, str, Attributes | None]]:
    """Yield level, words as written and attributes of each heading outside of lists and quotations.

    This takes half as long as parsing, because inline text is not parsed.
    """
    state = StateCore(text, _markdown(), {})
    for rule in (normalize, block, _heading_attributes):
        rule(state)
    for heading, inline in pairwise(state.tokens):
        if heading.type == "heading_open" and heading.level == 0:
            yield int(heading.tag[1]), inline.content, heading.meta["attributes"]


def inline_text(words: str, line: int = 0) -> Token:
    """Return an inline token for plain words, as if they were in a line (from 0)."""
    text = Token("text", "", 0, content=words)
    return Token("inline", "", 0, content=words, children=[text], map=[line, line + 1], block=True)


def is_unclosed_fence(passage: Passage, token: Token) -> bool:
    """Return whether a block of code is not closed and so continues to the end of its file."""
    if token.type != "fence" or not token.map:
        return False
    start, end = token.map
    return end - start < 2 or not passage.source.lines[end - 1].rstrip().endswith(token.markup)


def fence_within(token: Token) -> str:
    """Return the line in a block of code that seems to open another block, whose end closed the first."""
    if token.type != "fence" or token.markup not in token.content:
        return ""
    opening = rf"^ {{0,3}}{re.escape(token.markup)}+ *\w.*"
    found = re.search(opening, token.content, re.MULTILINE)
    return found[0].strip() if found else ""


def is_web_address(href: str) -> bool:
    """Tell whether a link leads somewhere from a card, or from paper."""
    if _MOST_ADDRESSES.match(href):
        return True
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme.lower() in _LINK_SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def surplus_cells(passage: Passage) -> Iterator[tuple[int, str]]:
    """Yield the line (from 0) of each table row with more cells than the head, and the first cell lost."""
    width = 0
    for token in passage.tokens:
        if token.type == "thead_open":
            width = 0
        elif token.type == "th_open":
            width += 1
        elif token.type == "tr_open" and width and token.map:
            line = token.map[0]
            cells = escapedSplit(passage.source.lines[line].strip(" \t>"))
            cells = cells[not cells[0] :] if cells else []
            cells = cells[:-1] if cells and not cells[-1].strip() else cells
            if len(cells) > width:
                yield line, cells[width].strip()


def to_html(passage: Passage, images: Mapping[str, str], form: ClozeForm = ClozeForm.WRITTEN) -> str:
    """Render a passage. `images` maps each image's or sound's `src`, as written, to the name to show."""
    env = {"images": images, "cloze": form}
    html = str(_markdown().renderer.render(list(passage.tokens), _markdown().options, env)).strip()
    match form:
        case ClozeForm.MARKED:
            return seal(html)
        case ClozeForm.OPEN:
            return unseal(html)
    return html


@cache
def _markdown() -> MarkdownIt:
    markdown = _set_up()
    quicken(markdown)
    return markdown


def _set_up() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 2 * DEEPEST}).enable("table")
    markdown.use(dollarmath_plugin, allow_labels=False)
    markdown.inline.ruler.at("math_inline", _formula)
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    markdown.block.ruler.before("fence", "bracketed_formula", _bracketed_formula, {"alt": interrupted})
    markdown.core.ruler.before("inline", "heading_attributes", _heading_attributes)
    for name, rule in (
        ("image", image),
        ("link", link),
        ("autolink", autolink),
        ("html_inline", html_inline),
    ):
        markdown.inline.ruler.at(name, _with_offset(rule))
    markdown.inline.ruler.before("escape", "cloze", _cloze)
    add_marks(markdown)
    add_east_asian(markdown)
    for name, render in _RENDER_RULES.items():
        markdown.add_render_rule(name, _render_rule(render))
    markdown.add_render_rule("softbreak", _softbreak)
    return markdown


def _formula(state: StateInline, silent: bool) -> bool:
    """Read a formula, between dollars or TeX's own brackets."""
    found = formula_at(state.src, state.pos)
    if found is None or found.end > state.posMax:
        return False
    if not silent:
        token = state.push("math_inline_double" if found.is_display else "math_inline", "math", 0)
        token.content, token.markup = found.tex, found.mark
    state.pos = found.end
    return True


def _bracketed_formula(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    r"""Read a formula on lines of its own, between `\[` and `\]`, without an empty line."""
    first = _line(state, line)
    if state.sCount[line] - state.blkIndent >= 4 or not first.startswith("\\["):
        return False
    written = [first[2:]]
    while not written[-1].rstrip().endswith("\\]"):
        line += 1
        text = _line(state, line) if line < end and state.sCount[line] >= state.blkIndent else ""
        if not text.strip() or text.startswith("\\["):
            return False
        written.append(text)
    tex = "\n".join(written).rstrip()[:-2]
    if "\\]" in tex or formula_at(f"\\[{tex}\\]", 0) is None:
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.content, token.markup = tex, "\\["
        token.map = [state.line, line + 1]
    state.line = line + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    """Return a line without its indentation."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _with_offset(
    rule: Callable[[StateInline, bool], bool],
) -> Callable[[StateInline, bool], bool]:
    """Make an inline rule record where in its block's content a token began: markdown-it does not."""

    def rule_with_offset(state: StateInline, silent: bool) -> bool:
        start, known = state.pos, len(state.tokens)
        matched = rule(state, silent)
        for token in state.tokens[known:]:
            token.meta.setdefault("offset", start)
        return matched

    return rule_with_offset


def _cloze(state: StateInline, silent: bool) -> bool:
    """Read a cloze deletion, `{{c1::text::hint}}`, whose text is Markdown again."""
    if not state.src.startswith("{{c", state.pos):
        return False
    known = state.env.setdefault("deletions of", {})
    if state.src not in known:
        known[state.src] = deletions_in_prose(state.src)
    deletion = known[state.src].get(state.pos)
    if deletion is None or deletion.end > state.posMax:
        return False
    if not silent:
        end_of_block = state.posMax
        token = state.push("cloze_open", "", 1)
        token.content = state.src[deletion.start : deletion.content]
        token.meta = {"number": deletion.number, "offset": deletion.start}
        state.pos, state.posMax = deletion.content, deletion.content_end
        state.md.inline.tokenize(state)
        token = state.push("cloze_close", "", -1)
        token.content = state.src[deletion.content_end : deletion.end]
        token.meta = {"hint": deletion.hint}
        state.posMax = end_of_block
    state.pos = deletion.end
    return True


def _heading_attributes(state: StateCore) -> None:
    """Take the attributes off a heading before its text is parsed."""
    for heading, inline in pairwise(state.tokens):
        if heading.type == "heading_open":
            words, attributes = _split_attributes(inline.content)
            heading.meta["attributes"] = attributes
            if heading.level == 0 and heading.tag in ("h1", "h2", "h3"):
                inline.content = words


def _split_attributes(heading: str) -> tuple[str, Attributes | None]:
    """Divide a heading into its prompt and its attributes."""
    if not heading.endswith("}"):
        unclosed = _UNCLOSED.search(heading)
        if unclosed is None:
            return heading, None
        return heading[: unclosed.start()].rstrip(), Attributes(unclosed[0], is_malformed=True)
    words, found = heading, list[Attributes]()
    while (last := _last_attributes(words)) and (not found or last[1].ids or last[1].classes):
        words, attributes = last
        found.append(attributes)
        if len(heading) - len(words) > LONGEST_ATTRIBUTES:
            return words, Attributes(heading[len(words) :].lstrip(), is_malformed=True)
    if len(found) == 1:
        return words, found[0]
    if found:
        return words, Attributes(" ".join(each.written for each in reversed(found)), is_malformed=True)
    start = heading.rfind("{")
    if start < 0 or "`" in heading[start:]:
        return heading, None
    return heading[:start].rstrip(), Attributes(heading[start:], is_malformed=True)


def _last_attributes(heading: str) -> tuple[str, Attributes] | None:
    """Return the attributes at the end of a heading, and the text before them."""
    if not heading.endswith("}"):
        return None
    start = len(heading)
    while (start := heading.rfind("{", max(len(heading) - LONGEST_ATTRIBUTES, 0), start)) >= 0:
        if attributes := _attributes(heading[start:]):
            return heading[:start].rstrip(), attributes
    return None


def _attributes(written: str) -> Attributes | None:
    """Read attributes; None if the text from the first brace to the end is not exactly attributes."""
    if usual := _USUAL.fullmatch(written):
        id_, classes, values = usual.groups()
        found = dict(_VALUE.findall(values))
        return Attributes(written, (id_,), tuple(classes.replace(".", "").split()), tuple(found.items()))
    try:
        end, parsed = parse_braces(written)
    except ParseError:
        return None
    if end < len(written) - 1:
        return None
    # The parser keeps only the last of several ids, but two identities are an error to report.
    ids = tuple(filter(None, _ID.findall(written)))
    return Attributes(
        written,
        ids=ids,
        classes=tuple(parsed.get("class", "").split()),
        values=tuple((k, v) for k, v in parsed.items() if k not in ("id", "class")),
    )


_Env = MutableMapping[str, Any]


def _render_rule(render: Callable[[Token, _Env], str]) -> Callable[..., str]:
    """Turn a function that renders one token into a rule of markdown-it's renderer."""

    def rule(renderer: object, tokens: Sequence[Token], index: int, options: object, env: _Env) -> str:
        return render(tokens[index], env)

    return rule


_TEX_OPENING = re.compile(r"\\(?=[(\[])")


def _text(token: Token, env: _Env) -> str:
    # Anki typesets \(…\) and \[…\] as mathematics, entities or not; an element in between stops it
    # (docs/facts/anki.md, section 6).
    text = _escape(token.content)
    return _TEX_OPENING.sub(r"<span>\\</span>", text) if "\\" in text else text


def _code_inline(token: Token, env: _Env) -> str:
    code, marks = _deletions(token.content, env)
    if marks:
        return f"<code{_direction_of(code)}>{_keep_characters(highlight(code, 'text', marks))}</code>"
    start, code = f"<code{_direction_of(code)}", _escape(code)
    if len(code) <= _LONGEST_UNBROKEN_CODE:
        return f"{start}>{code}</code>"
    # Long code must be able to wrap in a narrow column, but not at the hyphens of an option.
    words = (
        f"<span>{word}</span>" if len(word) <= _LONGEST_UNBROKEN_CODE else word for word in code.split(" ")
    )
    return f'{start} class="long">{" ".join(words)}</code>'


def _direction_of(code: str) -> str:
    """Return the attribute for words that all run from right to left, as in a typed answer; else empty."""
    if code.isascii():
        return ""
    classes = set(map(unicodedata.bidirectional, code))
    return ' dir="rtl"' if not classes.isdisjoint(("R", "AL")) and "L" not in classes else ""


def _fence(token: Token, env: _Env) -> str:
    code, marks = _deletions(token.content.removesuffix("\n"), env)
    html = highlight(code, language_of(token.info), marks)
    return f'<pre class="code"><code>{_keep_characters(html)}</code></pre>\n'


def _maths(token: Token, env: _Env) -> str:
    """Write TeX as Anki's MathJax finds it; for print it is drawn from that (`builder.markdown.maths`)."""
    tex, marks = _deletions(token.content.strip(), env)
    if marks and env["cloze"] is ClozeForm.OPEN:  # a drawn formula is hidden only as a whole
        return opening(0) + _maths(token, {**env, "cloze": ClozeForm.FILLED}) + closing("")
    tex = _keep_characters(highlight(tex, "text", marks))
    if token.type == "math_inline":
        return f'<span class="math">\\({tex}\\)</span>'
    tag = "div" if token.type == "math_block" else "span"
    return f'<{tag} class="math">\\[{tex}\\]</{tag}>' + ("\n" if tag == "div" else "")


def _deletions(code: str, env: _Env) -> tuple[str, Sequence[tuple[int, str]]]:
    """Return code as it is shown, and the marks to insert into it."""
    if env["cloze"] is ClozeForm.WRITTEN:
        return code, ()
    shown, marks = deletions_in_code(code)
    return shown, () if env["cloze"] is ClozeForm.FILLED else marks


def _cloze_mark(token: Token, env: _Env) -> str:
    match env["cloze"]:
        case ClozeForm.WRITTEN:
            return _escape(token.content)
        case ClozeForm.MARKED | ClozeForm.OPEN:
            return closing(token.meta["hint"]) if token.nesting < 0 else opening(token.meta["number"])
    return ""


def _ruby(token: Token, env: _Env) -> str:
    pairs = "".join(f"{_escape(base)}<rt>{_escape(reading)}</rt>" for base, reading in token.meta["pairs"])
    return f"<ruby>{pairs}</ruby>"


def _image(token: Token, env: _Env) -> str:
    src = str(token.attrs["src"])
    alt = _as_text(token.children or ())
    if is_sound(src):
        return sound_element(env["images"].get(src, src), alt)
    width = f' width="{token.meta["width"]}"' if "width" in token.meta else ""
    return f'<img src="{escape(env["images"].get(src, src))}" alt="{escape(alt)}"{width}>'


_WITH_TEXT = (
    "text",
    "text_special",
    "code_inline",
    "ruby",
    "math_inline",
    "math_inline_double",
    "html_inline",
)
"""Inline tokens with text of their own. An escaped sign is one by itself: in an image they are not joined."""


def _as_text(tokens: Iterable[Token]) -> str:
    """Return the words of an image, without mark-up."""
    parts: list[str] = []
    for token in tokens:
        if token.type == "image":
            parts.append(_as_text(token.children or ()))
        elif token.type in _WITH_TEXT:
            parts.append(token.content)
        elif token.type.endswith("break"):
            parts.append("\n")
    return "".join(parts)


def _link(token: Token, env: _Env) -> str:
    """Open or close a link; a link that leads nowhere from a card is shown as its words.

    The words of a link to another question get an element, for paper; it does not change how cards look.
    """
    brackets = ("&lt;", "&gt;") if token.markup == "autolink" else ("", "")
    if token.nesting < 0:
        return str(env.pop("end of link", "</a>"))
    href = str(token.attrs["href"])
    if is_web_address(href):
        return f"<a{RendererHTML.renderAttrs(token)}>"
    if anchor := anchor_in(href):
        env["end of link"] = "</bdi>"
        return f'<bdi class="to {_escape(escape(anchor))}">'
    env["end of link"] = brackets[1]
    return brackets[0]


def _footnote_ref(token: Token, env: _Env) -> str:
    return f'<sup class="note">{token.meta["number"]}</sup>'


def _nothing(token: Token, env: _Env) -> str:
    return ""


def _escape(text: str) -> str:
    return _keep_characters(escape(text, quote=False))


def _keep_characters(html: str) -> str:
    """Write characters that Anki would change (it applies NFC to every field) as numbers: they stay."""
    # The '>' of the tag before counts too: a combining character would join it.
    if html.isascii() or unicodedata.is_normalized("NFC", ">" + html):
        return html
    return "".join(char if char.isascii() or char in RESERVED else f"&#{ord(char)};" for char in html)


def _softbreak(renderer: object, tokens: Sequence[Token], index: int, options: object, env: _Env) -> str:
    return "" if is_joined(tokens, index) else "\n"


_RENDER_RULES: dict[str, Callable[[Token, _Env], str]] = {
    "text": _text,
    "code_inline": _code_inline,
    "fence": _fence,
    "code_block": _fence,
    "ruby": _ruby,
    "image": _image,
    "math_inline": _maths,
    "math_inline_double": _maths,
    "math_block": _maths,
    "cloze_open": _cloze_mark,
    "cloze_close": _cloze_mark,
    "link_open": _link,
    "link_close": _link,
    "footnote_ref": _footnote_ref,
    "footnote_open": lambda *_: "<li>",
    "footnote_close": lambda *_: "</li>\n",
    UNUSED: _nothing,
    EMPTY: _nothing,
    "html_block": _nothing,
    "html_inline": _nothing,
    # A wide table scrolls in a box of its own, so that it does not widen the page on a phone.
    "table_open": lambda *_: '<div class="table"><table>\n',
    "table_close": lambda *_: "</table></div>\n",
}
