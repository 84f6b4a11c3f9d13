r"""Chemistry in TeX: mhchem's `\ce{…}` and `\pu{…}`, rewritten in commands that the print renderer draws.

On cards, Anki's MathJax has mhchem itself. Here, only what most formulas have is supported: substances,
charges, isotopes, states, amounts, bonds, arrows, and numbers with units. Prints show the source of any other
formula.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"\\(ce|pu)\s*(?=\{)")
_ARROWS = {
    "→": r"\longrightarrow",
    "⇌": r"\rightleftharpoons",
    "↔": r"\leftrightarrow",
    "<=>": r"\rightleftharpoons",
    "<->": r"\leftrightarrow",
    "->": r"\longrightarrow",
    "<-": r"\longleftarrow",
}
_LABELLED = {
    "->": r"\xrightarrow",
    "<-": r"\xleftarrow",
    "<->": r"\xleftrightarrow",
    "<=>": r"\xrightleftharpoons",
}
_BONDS = {"-": "{-}", "=": "{=}", "#": r"{\equiv}", "...": r"{\cdots}"}
_SCRIPT = r"(?:\{[^{}]*\}|[+-]?\d+[+-]?|[a-z][+-]?|\.[+-]?|[+-])"
_TOKEN = re.compile(
    rf"""
    (?P<arrow><=>(?!>)|<->|->|<-(?!-)|[→⇌↔])
    |(?P<isotope>(?:\^(?:\{{\d+m?\}}|\d+m?))(?:_(?:\{{-?\d+\}}|-?\d+))?(?=[A-Z]|[enp](?![a-z])))
    |(?P<mathematics>\$[^$]*\$)
    |\\bond\{{(?P<named_bond>-|=|\#|\.\.\.)\}}
    |(?P<prefix>(?:[a-z]|cis|trans|iso|tert|sec|fac|mer|ortho|meta|para)-(?=[A-Z(\[]))
    |(?P<raised>\^{_SCRIPT})
    |(?P<lowered>_{_SCRIPT})
    |(?P<state>\((?:aq|s|l|g|cr)\))
    |(?P<element>[A-Z][a-z]?)
    |(?P<count>\d+(?:[./]\d+)?)
    |(?P<opening>[\[(]|\\\{{)
    |(?P<closing>[\])]|\\\}})
    |(?P<addition>[*.]|\\cdot(?![A-Za-z]))
    |(?P<bond>[-=\#])
    |(?P<plus>\+)
    |(?P<variable>[a-z](?=\s*[A-Z(\[]))
    |(?P<particle>(?:e|n|p)(?=\s|[-+^]|$))
    |(?P<greek>\\(?:alpha|beta|gamma|nu|mu|eta|Delta)(?![A-Za-z]))
    """,
    re.VERBOSE,
)
_LABELS = re.compile(r"\[((?:\\ce\{[^{}]*\}|[^\[\]])*)\](?:\[((?:\\ce\{[^{}]*\}|[^\[\]])*)\])?")
_ONE_UNIT = r"(?:\\(?:mu|Omega|celsius|%)(?![A-Za-z]) ?)?[A-Za-zµμΩÅ°]*"
_UNIT = re.compile(rf"(\s*|[/*.])(?=[^\s\d/*.^])({_ONE_UNIT})(?:\^?\{{?([+-]?\d+)\}}?)?")
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)(?:[eE]([+-]?\d+)|\*10\^\{?([+-]?\d+)\}?)?")
_BETWEEN = {"/": "/", "*": r"{\cdot}", ".": r"{\cdot}"}
"""Signs between units."""
_ENDS = ("element", "closing", "lowered", "subscript", "particle", "raised")
"""Tokens that an index, a charge or a bond may follow."""


def with_chemistry(tex: str) -> str | None:
    r"""Return TeX without `\ce` and `\pu`; None if one has something that is not supported."""
    parts: list[str] = []
    place = 0
    while found := _MARK.search(tex, place):
        end = _closing(tex, found.end())
        write = _written if found[1] == "ce" else _quantity
        written = write(tex[found.end() + 1 : end]) if end else None
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


def _quantity(written: str) -> str | None:
    """Return a number with its unit, as mhchem writes it, as TeX."""
    parts: list[str] = []
    place, between = 0, ""
    if number := _NUMBER.match(written := written.strip()):
        exponent = number[2] or number[3]
        parts += (number[1].replace(",", "{,}"), rf"\cdot 10^{{{exponent}}}" if exponent else "")
        place, between = number.end(), r"\,"
    while place < len(written):
        found = _UNIT.match(written, place)
        if found is None or found.end() == place or (found[1] in _BETWEEN and not parts):
            return None
        parts += (_BETWEEN.get(found[1], between), _unit(found[2]), f"^{{{found[3]}}}" if found[3] else "")
        place, between = found.end(), r"\,"
    return "".join(parts) or None


def _unit(unit: str) -> str:
    name, _, rest = unit.partition(" ") if unit.startswith("\\") else ("", "", unit)
    signs = {r"\mu": r"\mu ", r"\Omega": r"\Omega ", r"\celsius": r"{}^{\circ}\mathrm{C}", r"\%": r"\%"}
    rest = re.sub("[µμ]", r"}\\mu\\mathrm{", rest).replace("°", r"}{}^{\circ}\mathrm{")
    return signs.get(name, "") + rf"\mathrm{{{rest}}}".replace(r"\mathrm{}", "")


def _written(formula: str) -> str | None:
    """Return a formula of mhchem as TeX: words between spaces, each a substance, a sign or an arrow."""
    parts: list[str] = []
    before = ""  # the kind of the last token of this word
    place = 0
    while place < len(formula):
        if formula[place].isspace():
            is_added = before == "addition" or re.match(r"\s+(?:\*|\\cdot)\s", formula[place:])
            before, place = before if is_added else "", place + 1
            continue
        rest = formula[place:]
        if not before and (gas := re.match(r"[v^](?=\s|$)", rest)):
            parts.append(r"\downarrow" if gas[0] == "v" else r"\uparrow")
            before, place = "arrow", place + 1
            continue
        token = _TOKEN.match(rest)
        if token is None:
            return None
        kind = str(token.lastgroup)
        text, end = token[kind], token.end()
        if kind == "count" and before in _ENDS and "." in text:  # the dot of a hydrate
            text, _, rest = text.partition(".")
            end -= len(rest) + 1
        place += end
        if kind == "arrow":
            labels = _LABELS.match(formula, place)
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
    if inner := re.fullmatch(r"\\ce\{([^{}]*)\}", text):
        return _written(inner[1])
    if constant := re.fullmatch("([a-z])(\\d?)", text):
        return rf"\mathrm{{{constant[1]}}}" + (f"_{{{constant[2]}}}" if constant[2] else "")
    if words := re.fullmatch(r"\{([^{}$\\]*)\}|([a-z][a-z ]+|[\d.,–-]+ ?[a-zA-Z°%]+)", text):
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
            again = "{}" if kind == "lowered" and before in ("lowered", "subscript") else ""
            return f"{again}{text[0]}{{{_script(inner)}}}", kind
        case "mathematics":
            return f"{{{text[1:-1]}}}" + (
                r"\," if before == "" else ""
            ), "amount" if before == "" else "element"
        case "named_bond" if before in _ENDS:
            return _BONDS[text], "bond"
        case "prefix" if before in ("", "amount", "opening"):
            name = text[:-1]
            return (name if len(name) == 1 else rf"\mathrm{{{name}}}") + "{-}", "amount"
        case "element" | "particle":
            return rf"\mathrm{{{text}}}", kind
        case "count" if before in ("element", "closing", "particle", "raised"):
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
        case "addition" if before in _ENDS and rest.strip():
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
    text = text.replace(".", r"\bullet ")
    return rf"\mathrm{{{text}}}" if re.search(r"[A-Z]|(?<![\\a-z])[a-z]{2}|\(", text) else text
