"""Makes headings for cloze notes, which have no prompt: their first words, without hidden ones."""

from __future__ import annotations

import re

from builder.markdown.parser import Token, parse

_MOST_WORDS = 8


def prompt_of_cloze(text: str) -> str:
    """Return the first words of a cloze, with an ellipsis for each deletion."""
    words: list[str] = []
    for token in parse(text):
        depth = 0
        for child in token.children or ():
            depth += (child.type == "cloze_open") - (child.type == "cloze_close")
            if child.type == "cloze_open" and depth == 1:
                words.append("…")
            elif not depth:
                words += _words(child)
        if len([word for word in words if word != "…"]) >= 3:
            break
    if all(word == "…" for word in words):
        return "…"
    shown = words[:_MOST_WORDS]
    return " ".join(shown) + (" …" if len(words) > _MOST_WORDS and shown[-1] != "…" else "")


def _words(token: Token) -> list[str]:
    if token.type == "math_inline":
        return [f"${' '.join(token.content.split())}$"]
    if token.type == "code_inline":
        return [f"`{token.content}`"] if "`" not in token.content else []
    if token.type != "text":
        return []
    return re.sub(r"([\\`*_{}\[\]<>$~^=|&#])", r"\\\1", token.content).split()
