"""The root deck's description, as Anki shows it on the deck's overview: inert HTML that any client reads."""

from __future__ import annotations

import re
from html import escape

from builder.corpus.model import Outline
from builder.corpus.study import count_cards, with_numbers

_MARKED = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def describe(corpus: Outline) -> str:
    """Return what a corpus is, and how to study it; the same for the whole and for each part of it."""
    settings = corpus.settings
    if not settings.study:
        return escape(settings.description)
    numbers = count_cards(corpus.questions())
    texts = (with_numbers(text, numbers) for text in settings.study)
    return "".join(f"<p>{_html(text)}</p>" for text in (settings.description, *texts) if text)


def _html(text: str) -> str:
    """Return a text as HTML: what is in backticks is code, and what is in double asterisks is bold."""

    def marked(found: re.Match[str]) -> str:
        return f"<code>{found[1]}</code>" if found[1] else f"<b>{found[2]}</b>"

    return _MARKED.sub(marked, escape(text))
