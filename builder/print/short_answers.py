"""Short answers for the cheat-sheet: "In one breath", or the first sentences of a lead, in several lengths.

Sentences are printed whole, because only an author knows which parts are needed, and can write
`### In one breath`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from builder.anki.note import Note
from builder.corpus.model import Role
from builder.design.language import punctuation
from builder.text import count_words

MOST_WORDS = 60
"""Maximum words of an answer; longer ones are for the study sheet."""
_LEAST_WORDS = 14
"""Words below which the first sentence of a lead is not read as an answer; most need two."""
_BETTER = 1.25
"""Factor by which a lead's sentences must be longer than "In one breath" to be printed instead."""
_CLOSING = r"(?:</(?:strong|em|code|a|mark|s|u|sup|kbd|span)>)*"
_END = re.compile(
    rf"(?<=[.?!।॥؟۔])[\"”’)]?{_CLOSING}\s+"
    r"(?=[^\W\d_a-z]|<(?:strong|code|em|mark|s|u|sup|kbd|abbr|ruby|span)\b|[`(\"“])"
    # Sentences of Chinese and Japanese have no space between them. A quotation is part of its sentence.
    rf"|(?<=[。！？]){_CLOSING}\s*(?!</|[。！？」』）”’》、，])"
)
_SHORT_FORM = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|no|fig)\.$", re.IGNORECASE)
_INLINE = (
    "strong",
    "em",
    "code",
    "a",
    "span",
    "mark",
    "s",
    "u",
    "sub",
    "sup",
    "kbd",
    "abbr",
    "ruby",
    "audio",
)
_NOTES = re.compile(r'<sup class="note">\d+</sup>|<ol class="notes">.*</ol>', re.DOTALL)
"""Footnotes, which have no room beside a short answer, and references to them."""
_PARAGRAPH = re.compile(r"<p>(.*)</p>\s*", re.DOTALL)
_RIGHT = re.compile(r'<li class="right">(.*?) <span class="mark">.*?</span>(.*?)</li>', re.DOTALL)
_TAGS = re.compile(r"<[^>]+>")


def answers(note: Note, language: str = "en") -> list[str]:
    """Return the answers to a question in a language, as HTML, the shortest first; at least one."""
    breath = " ".join(_NOTES.sub("", note.sections.get(Role.IN_ONE_BREATH, "")).split())
    solution, lead = (
        _NOTES.sub("", note.solution),
        [*filter(None, (_NOTES.sub("", html) for html in note.lead))],
    )
    lead = [note.brief] if note.brief else lead
    longer = [*(_choices(solution, language) if solution else _leads(lead))]
    if breath:
        longer = [html for html in longer if words(html) >= _BETTER * words(breath)]
    return [*([breath] if breath else []), *longer] or [solution or (lead or [""])[0]]


def words(html: str) -> int:
    """Return the number of words of HTML."""
    return count_words(_TAGS.sub("", html))


def _choices(solution: str, language: str) -> Iterator[str]:
    """Yield the right option, then with its reason."""
    options = _RIGHT.findall(solution)
    if options:
        yield f"<p>{punctuation(language).semicolon.join(text.strip() for text, _ in options)}</p>"
    if len(options) == 1 and (reason := re.search(r"<p>(.*?)</p>", options[0][1], re.DOTALL)):
        yield f"<p>{options[0][0].strip()} {reason[1]}</p>"


def _leads(lead: Sequence[str]) -> Iterator[str]:
    """Yield the first sentence of a lead, then the first two, and so on; a list stays with its colon."""
    paragraph = _PARAGRAPH.fullmatch(lead[0]) if lead else None
    if paragraph is None:
        yield from lead[:1]
        return
    text = " ".join(paragraph[1].split())
    block = lead[1] if len(lead) > 1 else ""
    is_announced = text.endswith((":", "：")) and bool(block)
    parts: list[str] = []
    total: list[int] = []
    for end in chain(sentence_ends(text), () if is_announced else [len(text)]):
        parts.append(text[:end].rstrip())
        total.append(words(parts[-1]))
        if total[-1] > MOST_WORDS:
            break
    first = 1 + next((n for n, many in enumerate(total) if many >= _LEAST_WORDS), len(parts) - 1)
    if first == 1 and len(parts) > 1 and total[1] <= MOST_WORDS * 2 // 3:
        first = 2
    for n in range(max(first, 1), len(parts) + 1):
        if n == first or total[n - 1] <= MOST_WORDS:
            yield f"<p>{parts[n - 1]}</p>"
    if is_announced and (not parts or (_is_list(block) and words(lead[0] + block) <= MOST_WORDS)):
        yield f"<p>{text}</p>{block}"


def _is_list(block: str) -> bool:
    return block.startswith(("<ul", "<ol"))


def sentence_ends(html: str) -> Iterator[int]:
    """Yield the place after each sentence of a paragraph but the last; never within an element."""
    for end in _END.finditer(html):
        before = html[: end.end()]
        is_whole = all(len(re.findall(rf"<{tag}\b", before)) == before.count(f"</{tag}>") for tag in _INLINE)
        if is_whole and end.end() < len(html) and not _SHORT_FORM.search(html[: end.start()]):
            yield end.end()
