"""The plain way to a sheet: one document, stock Pygments spans, CSS columns. `plain_sheet.py CORPUS FILE`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound
from weasyprint import HTML

_FORMATTER: HtmlFormatter[str] = HtmlFormatter()
_CSS = """
@page { size: A4 landscape; margin: 12mm 7mm 10mm }
body { columns: 3; column-gap: 4mm; font: 7.5pt/1.37 sans-serif }
pre { font-size: 6.2pt; white-space: pre-wrap; break-inside: avoid }
h1, h2 { break-after: avoid } h1 { font-size: 9.5pt } h2 { font-size: 8.6pt }
"""


def _coloured(code: str, language: str, attributes: str) -> str:
    try:
        return highlight(code, get_lexer_by_name(language), _FORMATTER)
    except ClassNotFound:
        return ""


def main(corpus: Path, output: Path) -> None:
    """Print every main question of a corpus up to its `<!-- more -->`."""
    markdown = MarkdownIt("commonmark", {"highlight": _coloured}).enable("table")
    parts: list[str] = []
    for chapter in sorted(corpus.glob("[0-9]*.md")):
        text = re.sub(r"<!-- invisible.*?-->", "", chapter.read_text(encoding="utf-8"), flags=re.DOTALL)
        title, *questions = re.split(r"^(?=## )", text, flags=re.MULTILINE)
        parts.append(title)
        parts += (re.split(r"<!-- more -->|^### ", question, flags=re.MULTILINE)[0] for question in questions)
    parts = [re.sub(r" \{#[^}]*\}$", "", part, flags=re.MULTILINE) for part in parts]
    html = "".join(markdown.render(part) for part in parts)
    css = _CSS + str(_FORMATTER.get_style_defs())  # type: ignore[no-untyped-call]
    HTML(string=f"<style>{css}</style>{html}").write_pdf(output, pdf_variant="pdf/ua-1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
