"""Markdown: text to tokens to HTML, with coloured code, drawn formulas and cloze deletions."""
