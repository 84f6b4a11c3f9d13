"""Codes that belong to no rule: those of allowances, and those that only deck.toml can switch off."""

from __future__ import annotations

from builder.diagnostics import PRINT, Code

UNKNOWN_RULE = Code(
    "unknown-rule",
    reason="An allowance for an unknown rule has no effect, and an error that breaks a card cannot be "
    "allowed.",
    bad='## Is `g` global? {#g-global allow="yes-no-questoin"}\n\nIt belongs to a context.\n',
    good='## Is `g` global? {#g-global allow="yes-no-question"}\n\nIt belongs to a context.\n',
)
NEEDLESS_ALLOW = Code(
    "needless-allow",
    reason="An allowance that a question no longer needs would hide a later mistake.",
    severity="warning",
    bad='## What is `g`? {#what-is-g allow="yes-no-question"}\n\nThe data of one context.\n',
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
MISSING_GLYPH = Code(
    "missing-glyph",
    reason="A character that no print font has is printed as a box. A deck for Anki may have any character.",
    of="words",
    severity="warning",
    bad="a box to tick: ☐",
    good="a word, or a sign that they have: → ✓ ≤; or a font of your own, under [print]",
    outputs=(PRINT,),
)
LOW_CONTRAST = Code(
    "low-contrast",
    reason="Text with too little contrast cannot be read: WCAG 2.2 asks for a contrast"
    " of 4.5 to 1, in light and dark mode and in print.",
    of="words",
    severity="warning",
    bad='`light = "autumn"` under `[code]` in theme.toml',
    good='`light = "xcode"`',
)
ADVICE = (
    "no-answer",
    "trailing-divider",
    "duplicate-section",
    "unknown-section",
    "section-after-drill",
    "bad-front-matter",
    "other-file",
    "unknown-language",
    "code-without-colours",
    "bad-maths",
    "unknown-tex",
    "unclear-dollars",
    "foreign-mark",
    "wide-mark",
    "missing-alt",
    "heavy-image",
    "heavy-sound",
    "ogg-sound",
    "nested-heading",
    "list-not-nested",
    "shown-footnote",
    "bad-link",
    "unknown-question",
    "duplicate-prompt",
)
"""Codes of findings in chapters that do not stop a build; deck.toml may make them errors."""
CORPUS_WIDE = (NEEDLESS_ALLOW, MISSING_GLYPH, LOW_CONTRAST)
"""Codes whose severity deck.toml sets as for a rule, but that no question can allow."""
