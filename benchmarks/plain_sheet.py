"""The plain way to the sheet: one document, stock Pygments spans, CSS columns, WeasyPrint's own page numbers.

`python -m benchmarks.plain_sheet CORPUS FILE` prints what cardpress prints: questions with level, tags and
why they are asked, contents before and an index after them, rendered by cardpress but for their colours.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from weasyprint import HTML

import builder.markdown.parser
from builder.anki.note import Deck, Note
from builder.anki.render import numbered, render_chapter
from builder.checks.rules import RULE_TABLE
from builder.corpus.files import chapter_files, read_source
from builder.corpus.model import Outline, Role
from builder.corpus.reader import read_chapter
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.identity.numbering import number_questions
from builder.print.engine.html import for_paper
from builder.print.layout.contents_and_index import index

_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
_CSS = """
@page { size: A4 landscape; margin: 12mm 7mm 10mm }
@page { @bottom-right { content: counter(page) " / " counter(pages) } }
body { columns: 3; column-gap: 4mm; font: 7.5pt/1.37 sans-serif }
pre { font-size: 6.2pt; white-space: pre-wrap; break-inside: avoid }
p { margin: 0 0 0.38em } .contents a::after { content: leader(" .") " " target-counter(attr(href), page) }
h1, h2 { break-after: avoid } h1 { font-size: 9.5pt } h2 { font-size: 8.6pt }
"""


def _stock(code: str, language: str, marks: object = ()) -> str:
    try:
        return highlight(code, get_lexer_by_name(language), _FORMATTER)
    except ClassNotFound:
        return escape(code)


def _contents(deck: Deck) -> str:
    entries = (
        f'<p class="contents"><a href="#{note.id}">{note.number} {note.prompt}</a></p>'
        for _, note in deck.notes()
        if not note.is_drill
    )
    return "<h1>Contents</h1>" + "".join(entries)


def _question(note: Note) -> str:
    about = escape(" · ".join(filter(None, (note.level, *note.topics))))
    why = f"<p><i>Why asked {note.sections[Role.WHY]}</i></p>" if note.sections[Role.WHY] else ""
    answer = "".join((*note.context, note.solution, *note.lead))
    return f'<h2 id="{note.id}">{note.number} {note.prompt}</h2><p>{about}</p>{for_paper(answer)}{why}'


def main(folder: Path, output: Path) -> None:
    """Print a corpus."""
    vars(builder.markdown.parser)["highlight"] = _stock
    settings, _ = read_settings(read_source(folder / SETTINGS_FILE)[0], RULE_TABLE)
    chapters = [read_chapter(read_source(path)[0])[0] for path in chapter_files(folder)[0]]
    outlines = tuple(chapter.outline() for chapter in chapters)
    numbers = number_questions(Outline(folder=folder, settings=settings, chapters=outlines), {})
    subdecks = (render_chapter(chapter, settings, folder).subdeck for chapter in chapters)
    deck = Deck(settings=settings, subdecks=tuple(numbered(subdeck, numbers) for subdeck in subdecks))
    printed = (
        f"<h1>{subdeck.number} {subdeck.title}</h1>{''.join(subdeck.introduction)}"
        + "".join(_question(note) for note in subdeck.notes if not note.is_drill)
        for subdeck in deck.subdecks
    )
    html = _contents(deck) + "".join(printed) + "".join(piece.html for piece in index(deck))
    css = _CSS + str(_FORMATTER.get_style_defs())  # type: ignore[no-untyped-call]
    page = f'<html lang="en"><title>Sheet</title><style>{css}</style>{html}</html>'
    HTML(string=page).write_pdf(output, pdf_variant="pdf/ua-1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
