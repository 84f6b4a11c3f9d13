r"""Chemistry in TeX: mhchem's `\ce{…}`, rewritten in commands that the print renderer draws.

On cards, Anki's MathJax has mhchem itself. Here, only what most formulas have is supported: substances,
charges, isotopes, states, amounts, bonds and arrows. Prints show the source of any other formula.
"""

from __future__ import annotations

import re

_CE = re.compile(r"\\ce\s*(?=\{)")
_ARROWS = {
    "<=>": r"\rightleftharpoons",
    "<->": r"\leftrightarrow",
    "->": r"\longrightarrow",
    "<-": r"\longleftarrow",
}
_LABELLED = {"->": r"\xrightarrow", "<-": r"\xleftarrow", "<->": r"\xleftrightarrow"}
_BONDS = {"-": "{-}", "=": "{=}", "#": r"{\equiv}"}
_SCRIPT = r"(?:\{[^{}]*\}|[+-]?\d+[+-]?|[a-z][+-]?|[+-])"
_TOKEN = re.compile(
    rf"""
    (?P<arrow><=>|<->|->|<-)
    |(?P<isotope>(?:\^(?:\{{\d+\}}|\d+))(?:_(?:\{{-?\d+\}}|-?\d+))?(?=[A-Z]))
    |(?P<raised>\^{_SCRIPT})
    |(?P<lowered>_{_SCRIPT})
    |(?P<state>\((?:aq|s|l|g|cr)\))
    |(?P<element>[A-Z][a-z]?)
    |(?P<count>\d+(?:[./]\d+)?)
    |(?P<opening>[\[(]|\\\{{)
    |(?P<closing>[\])]|\\\}})
    |(?P<addition>[*.])
    |(?P<bond>[-=\#])
    |(?P<plus>\+)
    |(?P<variable>[a-z](?=\s*[A-Z(\[]))
    |(?P<particle>(?:e|n|p)(?=\s|[-+^]|$))
    |(?P<greek>\\(?:alpha|beta|gamma|nu|mu|eta|Delta)(?![A-Za-z]))
    """,
    re.VERBOSE,
)
_ENDS = ("element", "closing", "lowered", "subscript", "particle", "raised")
"""Tokens that an index, a charge or a bond may follow."""


def with_chemistry(tex: str) -> str | None:
    r"""Return TeX without `\ce`; None if one has something that is not supported."""
    parts: list[str] = []
    place = 0
    while found := _CE.search(tex, place):
        end = _closing(tex, found.end())
        written = _written(tex[found.end() + 1 : end]) if end else None
        if written is None:
            return None
        parts += (tex[place : found.start()], "{", written, "}")
        place = end + 1
    return "".join((*parts, tex[place:]))


def _closing(tex: str, start: int) -> int:
    """Return the offset of the brace that closes the one at an offset; 0 if there is none."""
    depth = 0
    for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(tex, start):
        depth += (brace[0] == "{") - (brace[0] == "}")
        if depth == 0 and brace[0] == "}":
            return brace.start()
    return 0


def _written(formula: str) -> str | None:
    """Return a formula of mhchem as TeX: words between spaces, each a substance, a sign or an arrow."""
    parts: list[str] = []
    before = ""  # the kind of the last token of this word
    place = 0
    while place < len(formula):
        if formula[place].isspace():
            before, place = "", place + 1
            continue
        rest = formula[place:]
        if not before and (gas := re.match(r"[v^](?=\s|$)", rest)):
            parts.append(r"\downarrow" if gas[0] == "v" else r"\uparrow")
            before, place = "arrow", place + 1
            continue
        token = _TOKEN.match(rest)
        if token is None:
            return None
        kind, text = str(token.lastgroup), token[0]
        place += len(text)
        if kind == "arrow":
            labels = re.match(r"\[([^\[\]]*)\](?:\[([^\[\]]*)\])?", formula[place:])
            written = _arrow(text, labels[1] if labels else "", (labels[2] or "") if labels else "")
            place += len(labels[0]) if labels else 0
        else:
            written, kind = _token(kind, text, before, formula[place:])
        if written is None:
            return None
        parts.append(written)
        before = kind
    return "".join(parts) or None


def _arrow(arrow: str, above: str, below: str) -> str | None:
    if not above and not below:
        return rf"\;{_ARROWS[arrow]}\;"
    labels = [_label(text) for text in (above, below)]
    if arrow not in _LABELLED or None in labels:
        return None
    return rf"\;{_LABELLED[arrow]}[{labels[1]}]{{{labels[0]}}}\;"


def _label(text: str) -> str | None:
    if not text:
        return ""
    if words := re.fullmatch(r"\{([^{}$\\]*)\}|([a-z][a-z ]+)", text):
        return rf"\text{{{words[1] or words[2]}}}"
    if mathematics := re.fullmatch(r"\$([^$]*)\$", text):
        return mathematics[1]
    return _written(text)


def _token(kind: str, text: str, before: str, rest: str) -> tuple[str | None, str]:
    """Return a token as TeX, and its role: a number after an element is an index."""
    ends_word = not rest or rest[0].isspace()
    match kind:
        case "isotope":
            mass, _, number = (part.strip("{}") for part in text[1:].partition("_"))
            # Both end at their element.
            above = r"\phantom{0}" * max(0, len(number) - len(mass)) + mass
            below = r"\phantom{0}" * max(0, len(mass) - len(number)) + number
            return rf"{{}}^{{{above}}}" + (f"_{{{below}}}" if number else ""), kind
        case "raised" | "lowered" if before in _ENDS:
            inner = text[1:].removeprefix("{").removesuffix("}")
            return f"{text[0]}{{{_script(inner)}}}", kind
        case "element" | "particle":
            return rf"\mathrm{{{text}}}", kind
        case "count" if before in ("element", "closing", "particle"):
            return (None if "/" in text or "." in text else f"_{{{text}}}"), "subscript"
        case "count" if before in ("", "addition", "opening"):
            top, _, bottom = text.partition("/")
            return (rf"\tfrac{{{top}}}{{{bottom}}}" if bottom else text) + r"\,", "amount"
        case "variable" if before in ("", "amount", "opening"):
            return text + r"\,", "amount"
        case "state":
            return rf"\mathrm{{{text}}}", "closing"
        case "opening" | "closing":
            return text, kind
        case "addition" if before in _ENDS and not ends_word:
            return r"\cdot ", kind
        case "plus" if before == "" and ends_word:
            return "+", kind
        case "plus" if before in _ENDS and before != "raised":
            return "^{+}", "raised"
        case "bond" if before in _ENDS and before != "raised":
            if ends_word or (text == "-" and rest[0] in ")]"):
                return ("^{-}" if text == "-" else None), "raised"
            return _BONDS[text], kind
        case "greek":
            return text + " ", "element"
        case _:
            return None, kind


def _script(text: str) -> str:
    """Return the text of a script as TeX: numbers, signs and small letters in italics, words upright."""
    return rf"\mathrm{{{text}}}" if re.search("[A-Z]|[a-z]{2}|\\(", text) else text
