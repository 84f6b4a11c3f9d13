"""Code in colour: the one set-up of Pygments. HTML gets classes only; colours come from style sheets.

Spans are lean: one per run of a role that a theme colours, none for names, punctuation and space.
That halves the HTML and the print layout (facts on print, section 1.3) and loses no colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import escape
from itertools import chain

from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import (
    STANDARD_TYPES,
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Text,
    _TokenType,
)
from pygments.util import ClassNotFound

from builder.cache import key_of
from builder.lexing import quicken

_ALIASES = {"": "text", "plain": "text", "plaintext": "text"}
ROLES: tuple[_TokenType, ...] = (
    Keyword,
    Keyword.Constant,
    Name.Builtin,
    Name.Class,
    Name.Decorator,
    Name.Exception,
    Name.Function,
    Name.Tag,
    Name.Attribute,
    String,
    Number,
    Operator.Word,
    Comment,
    Comment.Preproc,
    Generic.Prompt,
    Generic.Output,
    Generic.Inserted,
    Generic.Deleted,
    Generic.Heading,
    Generic.Error,
)
"""The token types that get a span; every other takes that of its nearest ancestor here, or none."""
CLASSES = tuple(STANDARD_TYPES[role] for role in ROLES)
"""Their spans' classes."""


def is_language(name: str) -> bool:
    """Whether `name` is a language that code can be coloured as; the empty name is plain text."""
    name = _ALIASES.get(name, name)
    # To make a lexer, or only to import it, takes longer than all else that is asked of a block.
    return name.lower() in _known_names() or _lexer(name) is not None


@cache
def _known_names() -> frozenset[str]:
    return frozenset(name.lower() for _, names, _, _ in get_all_lexers(plugins=False) for name in names)


@contextmanager
def remembering(known: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Within it, code that is known is not coloured again; yields all that was shown, for another time."""
    shown: dict[str, str] = {}
    token = _memory.set((known, shown))
    try:
        yield shown
    finally:
        _memory.reset(token)


_memory: ContextVar[tuple[Mapping[str, str], dict[str, str]]] = ContextVar("_memory")


def highlight(code: str, language: str, marks: Sequence[tuple[int, str]] = ()) -> str:
    """Return `code` as HTML for inside `<pre><code>`; plain text where the language is unknown.

    `marks` are HTML to put in, with their places in the code, in order. No span crosses one.
    """
    memory = _memory.get(None)
    if memory is None:
        return _highlight(code, language, marks)
    known, shown = memory
    key = key_of(code, language, repr(marks))
    shown[key] = known.get(key) or _highlight(code, language, marks)
    return shown[key]


def _highlight(code: str, language: str, marks: Sequence[tuple[int, str]]) -> str:
    lexer = _lexer(language) or _lexer("text")
    assert lexer is not None
    # Pygments drops a byte order mark at the start of what it reads.
    text = code.lstrip("\ufeff")
    start = code.removesuffix(text)
    # Some lexers (console's) lose a last line that does not end.
    found = lexer.get_tokens(text + "\n")
    if not marks:
        return (start + _format(found)).removesuffix("\n")
    tokens = list(found)
    if "".join(value for _, value in tokens) != text + "\n":
        return _highlight(code, "text", marks)  # a lexer that changes what it reads: no place is sure
    html = [start]
    stretches = _stretches(tokens, [max(0, place - len(start)) for place, _ in marks])
    html_marks = chain((mark for _, mark in marks), [""])
    for stretch, mark in zip(stretches, html_marks, strict=True):
        html += (_format(stretch), mark)
    return "".join(html).removesuffix("\n")


def _stretches(
    tokens: Iterable[tuple[_TokenType, str]], places: Sequence[int]
) -> Iterator[list[tuple[_TokenType, str]]]:
    """Cut a stream of tokens at places in the text: one stretch more than places."""
    stretch: list[tuple[_TokenType, str]] = []
    position = 0
    cuts = iter(places)
    cut = next(cuts, None)
    for token_type, value in tokens:
        while cut is not None and cut <= position + len(value):
            head, value = value[: cut - position], value[cut - position :]
            yield [*stretch, (token_type, head)]
            stretch, position = [], cut
            cut = next(cuts, None)
        stretch.append((token_type, value))
        position += len(value)
    yield stretch


def _format(tokens: Iterable[tuple[_TokenType, str]]) -> str:
    """Write tokens as HTML: a span for each line of a run that has a role."""
    html: list[str] = []
    for role, value in _joined(tokens):
        text = escape(value, quote=False)
        if role is Text:
            html.append(text)
        elif "\n" in text:
            html.append("\n".join(_span(role, line) if line else "" for line in text.split("\n")))
        else:
            html.append(_span(role, text))
    return "".join(html)


def _span(role: _TokenType, text: str) -> str:
    return f'<span class="{STANDARD_TYPES[role]}">{text}</span>'


def code_css(theme: str, scope: str) -> str:
    """Return the style sheet of a Pygments style for the roles, each selector within `scope`.

    Raises `ValueError` for a style that Pygments does not have.
    """
    try:
        style: type[Style] = get_style_by_name(theme)
    except ClassNotFound as error:
        raise ValueError(f"Pygments has no style {theme!r}") from error
    return "".join(
        f"{scope} .{STANDARD_TYPES[role]} {{ {declarations} }}\n"
        for role in ROLES
        if (declarations := _declarations(style, role))
    )


def _declarations(style: type[Style], role: _TokenType) -> str:
    wanted = style.style_for_token(role)
    return " ".join(
        declaration
        for declaration, is_set in (
            (f"color: #{wanted['color']};", wanted["color"]),
            ("font-weight: 600;", wanted["bold"]),
            ("font-style: italic;", wanted["italic"]),
        )
        if is_set
    )


def _joined(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
    """Replace each token's type by its role, and join neighbours of one role: half as many to format."""
    last, values = Text, [""]
    for token_type, value in tokens:
        role = _role(token_type)
        if role is not last and value:
            yield last, "".join(values)
            last, values = role, []
        values.append(value)
    yield last, "".join(values)


@cache
def _role(token_type: _TokenType) -> _TokenType:
    return next((t for t in reversed(token_type.split()) if t in ROLES), Text)


@cache
def _lexer(name: str) -> Lexer | None:
    name = _ALIASES.get(name, name)
    try:
        # Code is shown as it is written: nothing stripped, nothing added.
        lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    quicken(lexer)
    return lexer
