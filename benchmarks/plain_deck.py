"""The plain way to a deck, as anyone would write it in an afternoon. `plain_deck.py CORPUS FILE`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import genanki
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_HEADING = re.compile(r"^## (.*?) \{#([a-z0-9-]+)[^}]*?(?: tags=\"([^\"]*)\")?\}$", re.MULTILINE)
_NOTE_TYPE = genanki.Model(
    1607392319,
    "Question",
    fields=[{"name": "Question"}, {"name": "Answer"}],
    templates=[{"name": "Card", "qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr>{{Answer}}"}],
    css=str(HtmlFormatter().get_style_defs(".highlight")),  # type: ignore[no-untyped-call]
)


def _coloured(code: str, language: str, attributes: str) -> str:
    try:
        return highlight(code, get_lexer_by_name(language), HtmlFormatter())
    except ClassNotFound:
        return ""


def main(corpus: Path, output: Path) -> None:
    """Make a note of every question, its tags with it."""
    markdown = MarkdownIt("commonmark", {"highlight": _coloured}).enable("table")
    deck = genanki.Deck(2059400110, corpus.name)
    for chapter in sorted(corpus.glob("[0-9]*.md")):
        _, *parts = _HEADING.split(chapter.read_text(encoding="utf-8"))
        for heading, name, tags, answer in zip(*(parts[place::4] for place in range(4)), strict=True):
            deck.add_note(
                genanki.Note(
                    model=_NOTE_TYPE,
                    fields=[markdown.renderInline(heading), markdown.render(answer)],
                    tags=(tags or "").split(),
                    guid=genanki.guid_for(corpus.name, name),
                )
            )
    genanki.Package(deck).write_to_file(output)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
