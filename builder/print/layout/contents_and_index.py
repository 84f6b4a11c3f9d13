"""Makes the contents and the index, which are before and after a sheet's questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape, unescape

from builder.anki.note import Deck, Note
from builder.design.language import attributes_of
from builder.print.engine.html import CODE, for_paper
from builder.print.layout.split import Above, Piece
from builder.text import sort_key

_RUN = 60
"""Maximum numbers of an index entry that stay together."""
_DEFINED = re.compile(r"^[ \t]*(?:async )?(?:class|def) (\w+)", re.MULTILINE)
_IMPORTED = re.compile(r"^[ \t]*from [\w.]+ import ([^\n(]+|\([^)]*\))", re.MULTILINE)
_BLUEPRINT = re.compile(r"Blueprint\(\s*[\"'](\w+)")
_PREFIX = re.compile(r"from_prefixed_env\(\s*(?:prefix=)?[\"'](\w+)")
_FILES = (".cfg", ".css", ".html", ".ini", ".js", ".md", ".py", ".toml", ".txt", ".yaml", ".yml")
_NAME = re.compile(r"@?(\w+(?:\.\w+)*)(\(.*\))?", re.DOTALL)
_LINK = re.compile(r"</?a\b[^<>]*>")
_INLINE_CODE = re.compile(r"<code[^>]*>(.*?)</code>", re.DOTALL)


def contents(deck: Deck, pages: Mapping[str, int]) -> Iterator[Piece]:
    """Yield the contents, a piece for each entry; `pages` are page numbers by question id."""
    yield _piece(f"<h1>{escape(deck.settings.labels.contents)}</h1>")
    for subdeck in deck.subdecks:
        printed = [note for note in subdeck.notes if not note.is_drill]
        if printed:
            title = f"{subdeck.number} {subdeck.title}"
            entries = [_entry(title, printed[0].id, pages[printed[0].id], "chapter")]
            entries += [_entry(_numbered(note), note.id, pages[note.id]) for note in printed]
            # No column ends after a chapter's title.
            yield _piece("".join(entries[:2]), "space")
            yield from map(_piece, entries[2:])


def _numbered(note: Note) -> str:
    """Return a question's number and its prompt, which may be in another language."""
    attributes = attributes_of(note.language)
    return f"{note.number} " + (f"<span{attributes}>{note.prompt}</span>" if attributes else note.prompt)


def _entry(html: str, target: str, page: int, *names: str) -> str:
    classes = " ".join(("entry", "contents", *names))
    words = _LINK.sub("", html)  # no link within a link
    return f'<p class="{classes}"><a href="#{target}" data-page="{page}">{words}</a></p>'


def index(deck: Deck) -> Iterator[Piece]:
    """Yield the index, a piece for each entry: names of interfaces in inline code, with questions' numbers.

    Names of the corpus's own examples are not in it.
    """
    is_own = _own_names(deck)
    names: dict[str, list[Note]] = {}
    for _, note in deck.notes():
        for name in sorted(_names(note)) if not note.is_drill else ():
            if not is_own(unescape(name)):
                names.setdefault(name, []).append(note)
    for position, name in enumerate(sorted(names, key=_sort_key)):
        first, *others = _numbers(names[name])
        entry = f'<p class="entry"><code>{name}</code> {first}</p>'
        yield (
            _piece(entry)
            if position
            else _piece(f"<h1>{escape(deck.settings.labels.names)}</h1>{entry}", "space")
        )
        yield from (_piece(f'<p class="entry">{numbers}</p>') for numbers in others)


def _own_names(deck: Deck) -> Callable[[str], bool]:
    """Return the names of a corpus's own examples: names that its code defines and does not import.

    Endpoints of its blueprints, and settings of its programs in the environment, are also examples.
    """
    html = "\n".join(
        text
        for _, note in deck.notes()
        for text in (*note.context, note.solution, *note.lead, note.details, *note.sections.values())
    )
    code = "\n".join(unescape(re.sub(r"<[^>]+>", "", block)) for block in CODE.findall(html))
    imported = {name for found in _IMPORTED.findall(code) for name in re.findall(r"\w+", found)}
    own = {*_DEFINED.findall(code)} - imported
    blueprints = {*_BLUEPRINT.findall(code)}
    prefixes = tuple(f"{prefix}_" for prefix in _PREFIX.findall(code))

    def is_own(name: str) -> bool:
        first, *rest = name.split(".")
        return first in own or (bool(rest) and first in blueprints) or name.startswith(prefixes)

    return is_own


def _numbers(notes: Sequence[Note]) -> Iterator[str]:
    """Yield the numbers of questions, with links, in runs that fit any column."""
    links = [f'<a href="#{note.id}">{note.number}</a>' for note in notes]
    for start in range(0, len(links), _RUN):
        is_last = start + _RUN >= len(links)
        yield ", ".join(links[start : start + _RUN]) + ("" if is_last else ",")


def _sort_key(name: str) -> tuple[tuple[str, str], str]:
    return sort_key(re.sub(r"<[^>]+>|[^\w]|_", "", name)), name


def _names(note: Note) -> set[str]:
    """Return the names of an interface that a question prints in inline code."""
    html = CODE.sub("", "".join((note.prompt, *note.context, note.solution, *note.lead)))
    found: set[str] = set()
    for code in _INLINE_CODE.findall(html):
        match = _NAME.fullmatch(unescape(re.sub(r"<[^>]+>", "", code)))
        if match and _is_name(match[1], is_called=bool(match[2]) or code.startswith("@")):
            found.add(escape(match[1]))
    return found


def _is_name(name: str, *, is_called: bool) -> bool:
    """Tell whether a text is a name, not a word: `url_for`, `app.config`, `MethodView`, `redirect()`."""
    is_word = name.isupper() and "_" not in name  # GET, HTML
    if name[0].isdigit() or len(name) < 3 or name.endswith(("_", *_FILES)) or is_word:
        return False
    return is_called or "_" in name or "." in name or (name[:1].isupper() and name != name.capitalize())


def _piece(html: str, above: Above = "") -> Piece:
    return Piece(for_paper(html), "", "", is_start=True, above=above)
