"""What a reader sees of Markdown: as others render it, and as cardpress does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

from builder.markdown.parser import Passage, Source, parse, to_html

_OTHERS = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class _Texts(HTMLParser):
    """Collects texts; elements are apart."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of_html(html: str) -> str:
    """Return the text of HTML; elements are apart."""
    parser = _Texts()
    parser.feed(html)
    parser.close()
    return " ".join(parser.texts)


def shown_by_others(markdown: str) -> str:
    """Return the text that a plain CommonMark renderer shows; a comment that does not end hides the rest."""
    return text_of_html(re.sub(r"<!--(?!.*-->).*", "", _OTHERS.render(markdown), flags=re.DOTALL))


def shown_here(markdown: str) -> str:
    """Return the text that a card shows."""
    return text_of_html(to_html(Passage(Source(Path("x.md"), markdown), tuple(parse(markdown))), {}))
