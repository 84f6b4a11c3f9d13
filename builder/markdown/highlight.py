"""Coloured code: the only set-up of Pygments. HTML gets classes only; colours come from style sheets.

Spans are lean: one per run of a role that a theme colours, none for names, punctuation and space.
That halves the HTML and the print layout (docs/facts/weasyprint.md, section 1) and loses no colour.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import escape
from itertools import chain

from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.style import Style
from pygments.styles import get_all_styles, get_style_by_name
from pygments.token import (
    STANDARD_TYPES,
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    _TokenType,
)
from pygments.util import ClassNotFound

from builder.markdown.fast_lexer import runs_of
from builder.runtime.cache import key_of

_OTHER_NAMES = {
    "text": "plain plaintext txt none output log csv tree ascii pseudo pseudocode algorithm env dotenv"
    " gitignore math crontab",
    "json": "jsonc jsonl ndjson geojson json5",
    "bat": "cmd",
    "python": "ipython ipython3 jupyter",
    "console": "terminal bash-session shellsession",
    "javascript": "mjs cjs node nodejs",
    "html": "htm svelte ejs",
    "ini": "conf",
    "nasm": "assembly",
    "vb.net": "vb",
    "diff": "patch",
    "sql": "sqlite plsql",
    "kotlin": "kt kts",
    "xml": "svg xaml",
    "groovy": "gradle",
    "html+jinja": "jinja2",
    "html+handlebars": "hbs mustache",
    "vim": "vimscript viml",
    "wast": "wasm",
    "graphql": "gql",
}
_ALIASES = {"": "text"} | {other: name for name, others in _OTHER_NAMES.items() for other in others.split()}
"""Names that other tools know and Pygments does not."""
_FIRST_NAME = re.compile(r"\{?\.?([^\s,:;={}]*)")
"""Language in an info string: `{.python .numberLines}`, `python:title.py`, `rust,no_run`, `js{1,3}`."""
_VERSION = re.compile(r"([a-z+#]+)-?\d+(?:\.\d+)*")
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
"""Token types that get a span; any other gets that of its nearest ancestor here, or none."""
CLASSES = tuple(STANDARD_TYPES[role] for role in ROLES)
"""Classes of these spans."""
_Run = tuple[str, str]
"""Opening tag of a run's span, empty if it has none, and the run's text."""


MOST_COLOURED = 5000
"""Maximum characters of a block of coloured code: two screens of a phone. Some of Pygments' lexers take four
times as long for a text of twice the length; what is longer is shown without colours."""


def is_language(name: str) -> bool:
    """Return whether code can be coloured as the language `name`; the empty name is plain text."""
    name = _ALIASES.get(name.lower(), name)
    # Making a lexer, or only importing it, takes longer than all other checks of a block.
    return name.lower() in _known_names() or _lexer(name) is not None


def language_of(info: str) -> str:
    """Return the language from the info string of a block of code, in any tool's notation."""
    first = (info.split() or [""])[0]
    if is_language(first):
        return first
    found = _FIRST_NAME.match(first)
    name = found[1] if found else first
    version = _VERSION.fullmatch(name.lower())
    if not is_language(name) and version and is_language(version[1]):
        return version[1]
    return name if name or not first else first


@cache
def _known_names() -> frozenset[str]:
    return frozenset(name.lower() for _, names, _, _ in get_all_lexers(plugins=False) for name in names)


@contextmanager
def remembering(known: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Do not colour known code again in this block; yield all code that was shown, for the next time."""
    shown: dict[str, str] = {}
    token = _memory.set((known, shown))
    try:
        yield shown
    finally:
        _memory.reset(token)


_memory: ContextVar[tuple[Mapping[str, str], dict[str, str]]] = ContextVar("_memory")


def highlight(code: str, language: str, marks: Sequence[tuple[int, str]] = ()) -> str:
    """Return `code` as HTML for inside `<pre><code>`; as plain text if the language is unknown.

    `marks` are HTML to insert, with their offsets in the code, in order. No span crosses one.
    """
    memory = _memory.get(None)
    if memory is None:
        return _highlight(code, language, marks)
    known, shown = memory
    key = key_of(code, language, repr(marks))
    shown[key] = known.get(key) or _highlight(code, language, marks)
    return shown[key]


def _highlight(code: str, language: str, marks: Sequence[tuple[int, str]]) -> str:
    runs_of = _runs(language if len(code) <= MOST_COLOURED else "text") or _runs("text")
    assert runs_of is not None
    # Pygments drops a byte order mark at the start of what it reads.
    text = code.lstrip("\ufeff")
    start = code.removesuffix(text)
    # Some lexers, such as console's, lose a last line without a line end.
    runs = runs_of(text + "\n")
    if not marks:
        return (start + _format(runs)).removesuffix("\n")
    if "".join(value for _, value in runs) != text + "\n":
        return _highlight(code, "text", marks)  # the lexer changes what it reads, so offsets are wrong
    html = [start]
    stretches = _stretches(runs, [max(0, place - len(start)) for place, _ in marks])
    html_marks = chain((mark for _, mark in marks), [""])
    for stretch, mark in zip(stretches, html_marks, strict=True):
        html += (_format(stretch), mark)
    return "".join(html).removesuffix("\n")


def _stretches(runs: Iterable[_Run], places: Sequence[int]) -> Iterator[list[_Run]]:
    """Cut runs at offsets in the text; yield one stretch more than there are offsets."""
    stretch: list[_Run] = []
    position = 0
    cuts = iter(places)
    cut = next(cuts, None)
    for role, value in runs:
        while cut is not None and cut <= position + len(value):
            head, value = value[: cut - position], value[cut - position :]
            yield [*stretch, (role, head)]
            stretch, position = [], cut
            cut = next(cuts, None)
        stretch.append((role, value))
        position += len(value)
    yield stretch


def _format(runs: Iterable[_Run]) -> str:
    """Write runs as HTML: a span for each line of one that has a role."""
    html: list[str] = []
    for opening, value in runs:
        text = escape(value, quote=False)
        if not opening:
            html.append(text)
        elif "\n" in text:
            html.append("\n".join(f"{opening}{line}</span>" if line else "" for line in text.split("\n")))
        elif text:
            html.append(f"{opening}{text}</span>")
    return "".join(html)


def code_styles() -> Collection[str]:
    """Return the names of all styles that Pygments has."""
    return frozenset(get_all_styles())


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


_OPENINGS = {role: f'<span class="{STANDARD_TYPES[role]}">' for role in ROLES}


@cache
def _opening(token_type: _TokenType) -> str:
    """Return the opening tag of a token type's span; empty if it has no role."""
    return next((_OPENINGS[role] for role in reversed(token_type.split()) if role in _OPENINGS), "")


@cache
def _lexer(name: str) -> Lexer | None:
    name = _ALIASES.get(name.lower(), name)
    try:
        # Code is shown as it is written: nothing is stripped or added.
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@cache
def _runs(name: str) -> Callable[[str], Sequence[_Run]] | None:
    lexer = _lexer(name)
    return runs_of(lexer, _opening) if lexer else None
