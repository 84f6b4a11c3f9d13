"""Writes stretches of text with marks as Markdown. The only module that knows mdformat.

Each result is parsed again by cardpress's parser. If it would mean something else, it is written with more
escapes, then without emphasis, and finally without any mark. So text is never lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from builder.importing.field_tree import NEEDED
from builder.importing.model import SourceError
from builder.markdown.formulas import formula_at
from builder.markdown.parser import Token, comments_in, parse

BREAK = "hardbreak"
GAP = "\ufdd3"
"""Placeholder for an empty comment, which separates signs that would form a mark together."""
_COMMENT = "<!-- -->"
_EMPHASIS = ("strong", "em", "s", "mark", "u")
_PUNCTUATION = re.compile(r"[^\w\s]")
_WORD = re.compile(r"\w")
_ESCAPED_OR_NOT = re.compile(r"\\.|.", re.DOTALL)
_NO_LINK = re.compile(r"((?<![\w\])\\])\[[^\]]{0,500}\]|(?<!\\)(?=\[\^))\[")
"""Text that only looks like a reference link or a footnote."""
_MISLEADING = re.compile(r"^(?=[#|])", re.MULTILINE)
"""A sign at the beginning of a line that looks like a misspelt heading or table."""
_MARKLESS = re.compile(r"[^\W\d_](?:[^\W_]|[ ,.;?'\"()%])*")
"""Text that begins with a letter and has no sign of a mark, like most paragraphs."""
_HARMLESS = re.compile(r"(?:[^\W_]|[ ,.;?'\"()%:/-])*")
"""Text without signs that mdformat escapes within a line."""


class Mark(NamedTuple):
    """A mark around text: emphasis, a link, a cloze deletion."""

    name: str
    value: str = ""
    """Address of a link, title of an abbreviation, language of words, or number and hint of a deletion."""
    id: int = 0
    """Number that distinguishes deletions, so that neighbours are not joined."""


@dataclass(slots=True)
class Run:
    """A text, or a token without text around it, with the marks around it."""

    text: str
    marks: tuple[Mark, ...] = ()
    token: Token | None = None


def token(type_: str, content: str = "", **more: Any) -> Token:
    """Return a run for a single token."""
    return Token(type_, "", 0, content=content, **more)


def paragraphs(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield paragraphs, which are divided by two or more line breaks; none begins or ends with a break."""
    found: list[list[Run]] = [[]]
    breaks: list[Run] = []
    for run in runs:
        if run.token and run.token.type == BREAK:
            breaks.append(run)
        elif not run.token and not run.text.strip() and (breaks or not found[-1]):
            continue
        else:
            if len(breaks) > 1:
                found.append([])
            elif breaks and found[-1]:
                found[-1] += breaks
            breaks = []
            found[-1].append(run)
    for paragraph in found:
        if kept := trimmed(paragraph):
            yield kept


def trimmed(runs: Sequence[Run]) -> list[Run]:
    """Return runs without white space at the ends or beside breaks, and without double spaces."""
    kept = [replace(run) for run in runs]
    before: str | None = " "
    for run in kept:
        if run.token:
            before = " " if run.token.type == BREAK else "x"
            continue
        run.text = re.sub(" +", " ", run.text)
        if before == " ":
            run.text = run.text.lstrip(" ")
        before = run.text[-1:] or before
    after = " "
    for run in reversed(kept):
        if run.token:
            after = " " if run.token.type == BREAK else "x"
            continue
        if after == " ":
            run.text = run.text.rstrip(" ")
        after = run.text[:1] or after
    return [run for run in kept if run.token or run.text]


def _fitted(runs: Sequence[Run]) -> list[Run]:
    """Return runs with marks that CommonMark reads: no blank just inside, no punctuation beside a word."""
    for name in (*_EMPHASIS, "link"):
        runs = list(_without_edges(runs, name))
    return list(runs)


def _without_edges(runs: Sequence[Run], name: str) -> Iterator[Run]:
    """Move white space, and punctuation beside words, from the ends of marked text out of the mark."""
    spans = [
        list(group)
        for _, group in groupby(runs, lambda run: next((m for m in run.marks if m.name == name), None))
    ]
    for place, span in enumerate(spans):
        mark = next((m for m in span[0].marks if m.name == name), None)
        if mark is None:
            yield from span
            continue
        before = spans[place - 1][-1] if place else None
        while span and span[0].token and span[0].token.type == BREAK:
            before = None
            yield _without_mark(span.pop(0), mark)
        breaks = []
        while span and span[-1].token and span[-1].token.type == BREAK:
            breaks.append(_without_mark(span.pop(), mark))
        if not span:
            yield from breaks
            continue
        after = spans[place + 1][0] if place + 1 < len(spans) and not breaks else None
        first, last = _edge(span, 0, before, name), _edge(list(reversed(span)), -1, after, name)
        yield from _cut(span, mark, first, last)
        yield from breaks


def _without_mark(run: Run, mark: Mark) -> Run:
    return replace(run, marks=tuple(each for each in run.marks if each != mark))


def _edge(span: Sequence[Run], side: int, beside: Run | None, name: str) -> int:
    """Return how many characters at an end of marked text should move out of it."""
    run = span[0]
    if run.token:
        return 0
    text = run.text if side == 0 else run.text[::-1]
    count = len(text) - len(text.lstrip(" "))
    edge = "" if beside is None or beside.token else beside.text[-1:] if side == 0 else beside.text[:1]
    if name in ("strong", "em") and _WORD.match(edge) and not count:
        while count < len(text) and _PUNCTUATION.match(text[count]):
            count += 1
    return count


def _cut(span: Sequence[Run], mark: Mark, first: int, last: int) -> Iterator[Run]:
    for place, run in enumerate(span):
        text, rest = run.text, tuple(each for each in run.marks if each != mark)
        start = first if place == 0 else 0
        end = len(text) - (last if place == len(span) - 1 else 0)
        if run.token or (not start and end == len(text)):
            yield run
            continue
        end = max(end, start)
        for piece, marks in ((text[:start], rest), (text[start:end], run.marks), (text[end:], rest)):
            if piece:
                yield replace(run, text=piece, marks=marks)


def _nested(runs: Sequence[Run]) -> list[Token]:
    """Return the inline tokens of runs; longer marks are opened first, so that none overlap."""
    tokens: list[Token] = []
    opened: list[Mark] = []
    for place, run in enumerate(runs):
        keep = 0
        while keep < len(opened) and opened[keep] in run.marks:
            keep += 1
        tokens += [_closing(mark) for mark in reversed(opened[keep:])]
        del opened[keep:]
        new = [mark for mark in run.marks if mark not in opened]
        lasts = {mark: _length(runs, place, mark) for mark in new}
        for mark in sorted(new, key=lambda mark: -lasts[mark]):
            tokens.append(_opening(mark))
            opened.append(mark)
        if run.token:
            tokens.append(run.token)
        elif tokens and tokens[-1].type == "text":
            tokens[-1] = token("text", tokens[-1].content + run.text)
        else:
            tokens.append(token("text", run.text))
    return tokens + [_closing(mark) for mark in reversed(opened)]


def _length(runs: Sequence[Run], place: int, mark: Mark) -> int:
    end = place
    while end < len(runs) and mark in runs[end].marks:
        end += 1
    return end - place


def _opening(mark: Mark) -> Token:
    attrs: dict[str, str | int | float] = {}
    if mark.name == "link":
        attrs = {"href": mark.value}
    return Token(f"{mark.name}_open", "", 1, attrs=attrs, meta={"mark": mark})


def _closing(mark: Mark) -> Token:
    return Token(f"{mark.name}_close", "", -1, meta={"mark": mark})


class _Form(NamedTuple):
    """A way to write a stretch of text: which marks, and how many escapes."""

    em: str = "*"
    has_tags: bool = False
    """True if subscript, superscript and formulas are written in the longer way."""
    signs: str = ""
    """Signs to escape besides those that mdformat escapes."""
    has_gaps: bool = False
    """True if an empty comment is put between a mark and a word, in place of a blank."""


_SIGNS = ":-!+#&|}{=^~$><][_*`"
"""Signs that may begin a mark."""
_FORMS = (
    _Form(),
    _Form("_"),
    _Form(has_tags=True),
    _Form("*", has_tags=True, signs=_SIGNS),
    _Form("_", has_tags=True, signs=_SIGNS),
    _Form("*", has_tags=True, signs=_SIGNS, has_gaps=True),
)
"""Forms in the order of trying them; the first that is parsed as intended is used."""


def text_as_markdown(runs: Sequence[Run]) -> tuple[str, bool]:
    """Return a paragraph as Markdown, and whether it has all its marks."""
    if len(runs) == 1 and not runs[0].marks and not runs[0].token and _MARKLESS.fullmatch(runs[0].text):
        return runs[0].text, True
    fitted = _fitted(_with_joined_code(runs))
    for marks in ("all", "no emphasis", "none"):
        kept = [
            replace(run, marks=tuple(mark for mark in run.marks if _is_kept(mark, marks))) for run in fitted
        ]
        text = _in_a_form(_nested(kept))
        if text is not None:
            return text, marks == "all"
    return plain_markdown(runs), False


def plain_markdown(runs: Sequence[Run]) -> str:
    """Return a paragraph as Markdown without marks, except cloze deletions; every other sign is escaped."""
    only = [replace(run, marks=tuple(mark for mark in run.marks if mark.name == "cloze")) for run in runs]
    return _paragraph(_nested(only), None)


def formula_block(formula: Token) -> str:
    """Return a displayed formula on lines of its own; empty if it cannot be one."""
    tex = formula.content.strip()
    for text in (f"$$\n{tex}\n$$", f"\\[\n{tex}\n\\]"):
        found = parse(text)
        if [each.type for each in found] == ["math_block"] and found[0].content.strip() == tex:
            return text
    return ""


def _in_a_form(tokens: Sequence[Token]) -> str | None:
    """Return tokens as Markdown that is parsed into them again, with as few escapes as possible."""
    wanted = shape(tokens)
    for form in _FORMS:
        text = _paragraph(tokens, form)
        if reads_as(text, wanted):
            break
    else:
        return None
    for simpler in _simpler(form, tokens):
        shorter = _paragraph(tokens, simpler(form))
        if reads_as(shorter, wanted):
            form, text = simpler(form), shorter
    return text


def _simpler(form: _Form, tokens: Sequence[Token]) -> Iterator[Callable[[_Form], _Form]]:
    """Yield simpler forms, each with one simplification."""
    if not form.signs:
        return
    text = "".join(each.content for each in tokens if each.type == "text")
    yield lambda form: form._replace(signs="".join(sign for sign in form.signs if sign in text))
    for sign in form.signs:
        if sign in text:
            yield lambda form, sign=sign: form._replace(signs=form.signs.replace(sign, ""))  # type: ignore[misc]
    yield lambda form: form._replace(has_tags=False)
    yield lambda form: form._replace(has_gaps=False)


def _with_joined_code(runs: Sequence[Run]) -> list[Run]:
    """Return runs in which adjacent code is joined, as their backticks would touch."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if _is_code(run) and last and _is_code(last) and run.token and last.token:
            joined[-1] = replace(last, token=token("code_inline", last.token.content + run.token.content))
        else:
            joined.append(run)
    return joined


def _is_code(run: Run) -> bool:
    return run.token is not None and run.token.type == "code_inline"


def _is_kept(mark: Mark, marks: str) -> bool:
    return mark.name == "cloze" or marks == "all" or (marks == "no emphasis" and mark.name not in _EMPHASIS)


def reads_as(text: str, wanted: Sequence[tuple[str, str]]) -> bool:
    """Tell whether Markdown is one paragraph with a shape (see `shape`)."""
    found = parse(text)
    types = [token.type for token in found]
    return (
        types == ["paragraph_open", "inline", "paragraph_close"] and shape(found[1].children or ()) == wanted
    )


def shape(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """Return the meaning of tokens, as a list of types and values that does not depend on notation."""
    shape: list[tuple[str, str]] = []
    for place, token in enumerate(tokens):
        if token.info == "auto" or comments_in(token) is not None or _shows_address(tokens, place):
            continue  # a bare address, which is also a link; an empty comment
        name = {"math_inline_double": "math_display", "softbreak": "text"}.get(token.type, token.type)
        value = " " if token.type == "softbreak" else _value(token)
        if name == "text" and shape and shape[-1][0] == "text":
            shape[-1] = ("text", shape[-1][1] + value)
        elif name != "text" or value:
            shape.append((name, value))
    return shape


def _value(token: Token) -> str:
    match token.type:
        case "link_open":
            return str(token.attrs["href"])
        case "image":
            alt = "".join(child.content for child in token.children or ()) or token.content
            return f"{token.attrs['src']} {alt} {token.meta.get('width', '')}"
        case "math_inline" | "math_inline_double" | "math_display":
            return " ".join(token.content.split())
        case "code_inline":
            return token.content.strip()
        case "ruby":
            return str(token.meta["pairs"])
        case "cloze_open":
            mark = token.meta.get("mark")
            return mark.value.partition("::")[0] if mark else str(token.meta["number"])
        case "cloze_close":
            mark = token.meta.get("mark")
            return mark.value.partition("::")[2] if mark else str(token.meta["hint"])
        case "span_open":
            mark = token.meta.get("mark")
            return mark.value if mark else str(token.attrs["lang"])
        case "abbr_open":
            mark = token.meta.get("mark")
            return mark.value if mark else str(token.attrs.get("title", ""))
        case "text":
            return token.content.replace(GAP, "")
    return ""


_PLAIN = re.compile(r"[+−-]?\w+")


def _paragraph(tokens: Sequence[Token], form: _Form | None) -> str:
    """Return inline tokens as a paragraph of Markdown; without a form, every sign is escaped."""
    children = [token("raw", text) for text in _written(tokens, form)]
    text = rendered(
        [
            Token("paragraph_open", "p", 1),
            Token("inline", "", 0, children=children),
            Token("paragraph_close", "p", -1),
        ]
    )
    return _MISLEADING.sub(r"\\", text)


def _written(tokens: Sequence[Token], form: _Form | None) -> Iterator[str]:
    depth = 0
    for place, token in enumerate(tokens):
        if form and form.has_gaps and _touches_word(tokens, place):
            yield _COMMENT
        depth += (token.type == "cloze_open") - (token.type == "cloze_close")
        match token.type:
            case "text":
                is_bare = form and not form.has_tags and place and _shows_address(tokens, place - 1)
                text = token.content if is_bare else _text(token.content, form)
                yield text.replace("}}", "\\}}").replace("::", "\\::") if depth else text
            case "hardbreak":
                yield "\\\n"
            case "code_inline":
                yield inline_code(token.content)
            case "math_inline" | "math_display":
                yield _maths(token, form)
            case "image":
                yield _image(token)
            case "ruby":
                yield ruby(token.meta["pairs"])
            case _:
                yield _tag(tokens, place, form or _FORMS[-1])


def _touches_word(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether, at a token's start, a word is directly beside a mark or a formula."""
    if not place:
        return False
    before, behind = tokens[place - 1], tokens[place]
    if behind.type == "text":
        return _is_closing(before) and bool(_WORD.match(behind.content))
    return before.type == "text" and _is_opening(behind) and bool(_WORD.match(before.content[-1]))


def _is_closing(token: Token) -> bool:
    return token.type.startswith("math") or (token.nesting < 0 and token.type != "cloze_close")


def _is_opening(token: Token) -> bool:
    return token.type.startswith("math") or (token.nesting > 0 and token.type != "cloze_open")


def escaped(text: str) -> str:
    """Return text as Markdown in which no sign can begin a mark."""
    written = re.sub(r"[!-+./:<->@\[-`{-~-]", lambda sign: f"&#{ord(sign[0])};", text)
    return written.replace(GAP, _COMMENT)


def one_line(markdown: str) -> str:
    """Return a paragraph of Markdown on one line."""
    return " ".join(markdown.replace("\\\n", " ").split())


def text_in_markdown(text: str) -> str:
    """Return text as Markdown, with the escapes that CommonMark needs within a line."""
    return _text(text, _FORMS[0])


def _text(text: str, form: _Form | None) -> str:
    if form is None:
        return escaped(text)
    if not form.signs and _HARMLESS.fullmatch(text):
        return text
    # mdformat escapes only what CommonMark would read as a mark.
    written = rendered([Token("inline", "", 0, children=[token("text", text)])])
    if form.signs:
        written = _ESCAPED_OR_NOT.sub(
            lambda found: f"\\{found[0]}" if found[0] in form.signs else found[0], written
        )
    return _NO_LINK.sub(r"\1\\[", written).replace(GAP, _COMMENT)


def inline_code(text: str) -> str:
    """Return code in backticks."""
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" or (text[:1] == text[-1:] == " ") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _maths(token: Token, form: _Form | None) -> str:
    tex = " ".join(token.content.split())
    if token.type == "math_display":
        return f"$${tex}$$" if form and not form.has_tags else rf"\[{tex}\]"
    written = f"${tex}$"
    found = formula_at(written, 0)
    if form and not form.has_tags and found and found.end == len(written):
        return written
    return rf"\({tex}\)"


def _image(token: Token) -> str:
    alt = re.sub(r"[\\\[\]*_`<>$&!^~={}]", r"\\\g<0>", token.content)
    width = f"{{width={token.meta['width']}}}" if "width" in token.meta else ""
    return f"![{alt}]({token.attrs['src']}){width}"


def ruby(pairs: Sequence[tuple[str, str]]) -> str:
    """Return Han characters with their readings."""
    return "{" + "".join(base for base, _ in pairs) + "".join(f"|{reading}" for _, reading in pairs) + "}"


def _tag(tokens: Sequence[Token], place: int, form: _Form) -> str:
    token = tokens[place]
    mark: Mark = token.meta["mark"]
    is_open = token.nesting > 0
    match mark.name:
        case "strong":
            return "**"
        case "em":
            return form.em
        case "s":
            return "~~"
        case "mark":
            return "=="
        case "link" if not form.has_tags and _shows_address(tokens, place):
            return ""
        case "link":
            return "[" if is_open else f"]({_address(mark.value)})"
        case "span":
            return "[" if is_open else f"]{{lang={mark.value}}}"
        case "cloze":
            number, _, hint = mark.value.partition("::")
            return f"{{{{c{number}::" if is_open else f"::{hint}}}}}" if hint else "}}"
        case "abbr":
            return (
                f'<abbr title="{escape(mark.value)}">'
                if is_open and mark.value
                else f"<{'' if is_open else '/'}abbr>"
            )
        case "sub" | "sup" if not form.has_tags and _is_simple(tokens, place):
            return {"sub": "~", "sup": "^"}[mark.name]
    return f"<{'' if is_open else '/'}{mark.name}>"


def _is_simple(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether subscript or superscript is one word, so that it needs no tags."""
    middle = place + (1 if tokens[place].nesting > 0 else -1)
    other = place + (2 if tokens[place].nesting > 0 else -2)
    if not (0 <= other < len(tokens)) or tokens[middle].type != "text":
        return False
    return tokens[other].type[:3] == tokens[place].type[:3] and bool(_PLAIN.fullmatch(tokens[middle].content))


def _shows_address(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a token opens or closes a link that a bare address would be: its text is its address."""
    first = place if tokens[place].nesting > 0 else place - 2
    if [token.type for token in tokens[max(first, 0) : first + 3]] != ["link_open", "text", "link_close"]:
        return False
    href, text = tokens[first].attrs["href"], tokens[first + 1].content
    return href == text and _is_bare_address(
        _text_at(tokens, first - 1)[-1:], text, _text_at(tokens, first + 3)
    )


def _text_at(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].content if 0 <= place < len(tokens) and tokens[place].type == "text" else ""


def _is_bare_address(before: str, address: str, after: str) -> bool:
    """Tell whether an address between other text is a link by itself, with nothing of the text in it."""
    found = parse(f"{before}{address}{after.partition(' ')[0]}")
    inline = (token for block in found for token in block.children or ())
    return [token.attrs["href"] for token in inline if token.type == "link_open"] == [address]


def _address(href: str) -> str:
    return f"<{href}>" if re.search(r"[()\s]", href) else href


def _raw(node: Any, context: object) -> str:
    return str(node.content)


class _Extension:
    """Renderers that mdformat uses besides its own: for finished Markdown, and for thematic breaks."""

    RENDERERS = {"raw": _raw, "raw_block": _raw, "hr": lambda node, context: "***"}  # noqa: RUF012


def rendered(tokens: Sequence[Token]) -> str:
    """Return tokens as Markdown. Raises `SourceError` without mdformat."""
    try:
        from mdformat.renderer import MDRenderer
    except ImportError as error:
        raise SourceError(NEEDED) from error

    options = {"parser_extension": [_Extension], "mdformat": {"number": True}}
    return MDRenderer().render(tokens, options, {}, finalize=False).strip("\n")
