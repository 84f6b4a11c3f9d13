"""The root deck's description, which Anki shows on the deck's overview, as HTML for every client."""

from __future__ import annotations

import re
from html import escape

from builder.corpus.model import Outline
from builder.corpus.study import count_cards, with_numbers
from builder.design.language import attributes_of, direction

_MARKED = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def describe(corpus: Outline) -> str:
    """Return the description: what a corpus is, and how to study it; the same for every part of it."""
    settings = corpus.settings
    html = _description(corpus) if settings.study else escape(settings.description)
    # Anki shows it in the direction of its own language.
    is_rtl = direction(settings.language) == "rtl"
    return f"<div{attributes_of(settings.language)}>{html}</div>" if html and is_rtl else html


def _description(corpus: Outline) -> str:
    settings = corpus.settings
    numbers = count_cards(corpus.questions())
    texts = (with_numbers(text, numbers) for text in settings.study)
    return "".join(f"<p>{_html(text)}</p>" for text in (settings.description, *texts) if text)


def _html(text: str) -> str:
    """Return a text as HTML: `code` in backticks, and **bold** text in double asterisks."""

    def marked(found: re.Match[str]) -> str:
        return f"<code>{found[1]}</code>" if found[1] else f"<b>{found[2]}</b>"

    return _MARKED.sub(marked, escape(text))
