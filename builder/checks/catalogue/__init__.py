"""All codes of `cardpress check`: what docs/rules.md says of them, and SARIF tells code hosts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from builder.checks.catalogue.content import CONTENT
from builder.checks.catalogue.entry import Entry
from builder.checks.catalogue.structure import STRUCTURE
from builder.checks.catalogue.whole import WHOLE
from builder.checks.rules import LOW_CONTRAST, MISSING_GLYPH, NEEDLESS, RULES

__all__ = ["CATALOGUE", "CONTENT", "GOOD_CARDS", "STRUCTURE", "WHOLE", "Entry"]

GOOD_CARDS: tuple[Entry, ...] = (
    *(
        Entry(
            code=rule.code,
            reason=" ".join(rule.reason.split()),
            bad=rule.bad,
            good=rule.good,
            level=rule.level,
            is_rule=True,
            is_mended=rule.is_mended,
            numbers=rule.numbers,
            language=rule.language,
        )
        for rule in RULES
    ),
    Entry(
        code=NEEDLESS,
        reason="An allowance that a question no longer needs would hide a later mistake.",
        bad='## What is `g`? {#what-is-g allow="yes-no-question"}\n\nThe data of one context.\n',
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
        level="warning",
        is_rule=True,
        is_corpus_wide=True,
    ),
    Entry(
        code=MISSING_GLYPH,
        reason="What the print fonts lack would be a box on paper, or a letter from another font. Where it is"
        " printed it is an error, whatever deck.toml says; a deck for Anki may have any character.",
        of="words",
        bad="an emoji",
        good="a word, or a sign that they have: → ✓ ≤",
        level="warning",
        is_rule=True,
        is_corpus_wide=True,
    ),
    Entry(
        code=LOW_CONTRAST,
        reason="Colours that do not stand out cannot be read: WCAG 2.2 asks for a contrast"
        " of 4.5 to 1, by day, by night and in print.",
        of="words",
        bad='`day = "autumn"` in styles/theme.toml',
        good='`day = "xcode"`',
        level="warning",
        is_rule=True,
        is_corpus_wide=True,
    ),
)
CATALOGUE: Mapping[str, Entry] = {entry.code: entry for entry in chain(STRUCTURE, CONTENT, WHOLE, GOOD_CARDS)}
"""Every code, and what there is to say of it."""
