"""Codes of findings in a corpus's card.css; those in its theme.toml are the codes of deck.toml."""

from __future__ import annotations

from builder.diagnostics import Code

BAD_CSS = Code(
    "bad-css",
    reason="A browser silently ignores the parts of a style sheet that it cannot read.",
    of="words",
    bad="`.cp p { color red; }` in card.css",
    good="`.cp p { color: red; }`",
)
CSS_ASKS = Code(
    "css-asks",
    reason="A card has only what is in its note: Anki's apps fetch no other file for it, and run nothing.",
    of="words",
    bad="`@import`, or `url(https://…)`, in card.css",
    good="a font by its name, as in `font-family: Georgia, serif`, or a small image within the file,"
    " `url(data:image/png;base64,…)`",
)
