r"""Converts LaTeX, which Anki typesets as an image, to HTML: words, and formulas in their own element.

Only text between dollars, in `\[…\]` or in an environment is a formula; the rest is running text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

_INLINE = r"\\\((?P<round>.+?)\\\)|\$(?P<dollar>(?:\\.|[^$\\])+)\$"
_DISPLAY = r"\$\$(?P<dollars>.+?)\$\$|\\\[(?P<square>.+?)\\\]"
_ENVIRONMENTS = (
    r"\\begin\{(?P<name>math|displaymath|equation|align|alignat|gather|multline|eqnarray|flalign)(?P<star>\*?)\}"
    r"(?P<body>.*?)\\end\{(?P=name)(?P=star)\}"
)
_PART = re.compile(
    rf"{_ENVIRONMENTS}|{_DISPLAY}|{_INLINE}"
    r"|\\(?P<marked>text(?:bf|it|tt|sl|sc|rm|sf)|emph|underline|mbox|text)\{(?P<inner>(?:[^{}]|\{[^{}]*\})*)\}"
    r"|\\(?P<list>begin|end)\{(?P<kind>itemize|enumerate)\}(?:\[[^\]]*\])?"
    r"|\\(?P<item>item)(?![A-Za-z])(?:\[(?P<label>[^\]]*)\])?"
    r"|\\includegraphics(?:\[[^\]]*\])?\{(?P<image>[^{}]*)\}"
    r"|(?P<break>\\\\(?:\[[^\]]*\])?|\\(?:newline|linebreak|par|hline)(?![A-Za-z])|\n\s*\n)"
    r"|(?P<space>\\[,;:! ]|~|\\(?:hfill|quad|qquad|hspace\*?\{[^{}]*\}|vspace\*?\{[^{}]*\})(?![A-Za-z]))"
    r"|(?P<nothing>\\(?:noindent|centering|small|large|Large|footnotesize|normalsize|raggedright|displaystyle)"
    r"(?![A-Za-z])|\\(?:begin|end)\{(?:center|flushleft|flushright|document)\})"
    r"|\\(?P<sign>[%&$#_{}])",
    re.DOTALL,
)
_TAGS: Mapping[str, str] = {
    "textbf": "b",
    "textit": "i",
    "textsl": "i",
    "emph": "i",
    "underline": "u",
    "texttt": "code",
}
_DEEPEST = 5


def latex_to_html(text: str, formula: Callable[[str, bool], str], depth: int = 0) -> str:
    """Return LaTeX as HTML; `formula` writes a formula, displayed or inline."""
    html: list[str] = []
    place = 0
    open_items: list[bool] = []
    for found in _PART.finditer(text):
        html.append(escape(text[place : found.start()]))
        place = found.end()
        html.append(_html(found, formula, open_items, depth))
    return "".join((*html, escape(text[place:])))


def _html(
    found: re.Match[str], formula: Callable[[str, bool], str], open_items: list[bool], depth: int
) -> str:
    part = found.groupdict()
    if part["body"] is not None:
        return _environment(found, formula)
    if tex := part["dollars"] or part["square"]:
        return formula(tex, True)
    if tex := part["round"] or part["dollar"]:
        return formula(tex, False)
    if part["marked"]:
        inner = (
            latex_to_html(part["inner"], formula, depth + 1) if depth < _DEEPEST else escape(part["inner"])
        )
        tag = _TAGS.get(part["marked"])
        return f"<{tag}>{inner}</{tag}>" if tag else inner
    if part["list"]:
        tag = "ul" if part["kind"] == "itemize" else "ol"
        if part["list"] == "begin":
            open_items.append(False)
            return f"<{tag}>"
        ends = "</li>" if open_items and open_items.pop() else ""
        return f"{ends}</{tag}>"
    if part["item"]:
        label = f"<b>{escape(part['label'])}</b> " if part["label"] else ""
        before = "</li>" if open_items and open_items[-1] else ""
        if open_items:
            open_items[-1] = True
        return f"{before}<li>{label}"
    if part["image"] is not None:
        return f'<img src="{escape(part["image"])}">'
    if part["break"]:
        return "<br>" if part["break"].startswith("\\") else "<br><br>"
    return " " if part["space"] else escape(part["sign"] or "")


def _environment(found: re.Match[str], formula: Callable[[str, bool], str]) -> str:
    """Return an environment as a formula; one that aligns lines keeps its name."""
    name = found["name"]
    if name in ("math", "displaymath", "equation"):
        return formula(found["body"], name != "math")
    return formula(found[0], True)
