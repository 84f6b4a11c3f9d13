"""Languages: their scripts and directions, and the HTML attributes for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

Direction = Literal["ltr", "rtl"]
_RIGHT_TO_LEFT = frozenset(
    {
        *("ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ks", "lrc", "mzn", "nqo", "pnb", "ps", "sd"),
        *("syr", "ug", "ur", "yi"),
    }
)
"""Languages written from right to left, according to CLDR."""
_SCRIPTS_RIGHT_TO_LEFT = frozenset(("adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"))


def _subtags(language: str) -> tuple[str, str]:
    """Return a language's primary code and its script, empty without one, in lower case."""
    primary, *others = language.lower().split("-")
    return primary, next((subtag for subtag in others if len(subtag) == 4 and subtag.isalpha()), "")


def direction(language: str) -> Direction:
    """Return the direction of a language: that of its script, if its code has one, as in `az-Arab`."""
    primary, script = _subtags(language)
    is_rtl = script in _SCRIPTS_RIGHT_TO_LEFT if script else primary in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"


_SCRIPTS: Mapping[str, tuple[str, str]] = {
    "adlm": ("𞤀", ""),
    "arab": ("ع", "ar ckb fa glk ks lrc mzn pnb ps sd ug ur"),
    "armn": ("ա", "hy"),
    "beng": ("ক", "as bn"),
    "cher": ("Ꮳ", "chr"),
    "deva": ("क", "awa bho brx doi hi kok mai mr ne sa"),
    "ethi": ("አ", "am ti"),
    "geor": ("ა", "ka"),
    "gujr": ("ક", "gu"),
    "guru": ("ਕ", "pa"),
    "hans": ("中", "wuu yue zh"),
    "hant": ("中", ""),
    "hebr": ("א", "he iw yi"),
    "jpan": ("あ", "ja"),
    "khmr": ("ក", "km"),
    "knda": ("ಕ", "kn"),
    "kore": ("한", "ko"),
    "laoo": ("ກ", "lo"),
    "mlym": ("ക", "ml"),
    "mymr": ("က", "my shn"),
    "nkoo": ("ߊ", "nqo"),
    "orya": ("କ", "or"),
    "sinh": ("ක", "si"),
    "syrc": ("ܐ", "arc syr"),
    "taml": ("க", "ta"),
    "telu": ("క", "te"),
    "thaa": ("ހ", "dv"),
    "thai": ("ก", "th"),
    "tibt": ("ཀ", "bo dz"),
}
"""Scripts other than Latin, Greek and Cyrillic, by ISO 15924 code: a letter, and the languages that have it
by default, according to CLDR."""


def letter(language: str) -> str:
    """Return a letter of a language's script: `a` for scripts that every font has."""
    return _SCRIPTS.get(_script(language), ("a", ""))[0]


def _script(language: str) -> str:
    """Return the code of a language's script; empty for Latin, Greek and Cyrillic without a code."""
    primary, script = _subtags(language)
    usual = (code for code, (_, languages) in _SCRIPTS.items() if primary in languages.split())
    return script or next(usual, "")


@dataclass(frozen=True, slots=True)
class Punctuation:
    """Signs between the parts of a line, with the space after them."""

    semicolon: str = "; "
    colon: str = ": "


_PUNCTUATION = {
    **dict.fromkeys(("hans", "hant", "jpan"), Punctuation("；", "：")),
    **dict.fromkeys(("arab", "syrc", "thaa"), Punctuation("؛ ")),
}
_GREEK = Punctuation("· ")
"""In Greek, `;` is the question mark."""


def punctuation(language: str) -> Punctuation:
    """Return the signs that a language has between the parts of a line."""
    if _subtags(language) in (("el", ""), ("el", "grek")):
        return _GREEK
    return _PUNCTUATION.get(_script(language), Punctuation())


def attributes_of(language: str) -> str:
    """Return the attributes of an element in a language, with a leading space; empty without a language."""
    return f' lang="{escape(language)}" dir="{direction(language)}"' if language else ""


_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>")
_VOID = ("br", "hr", "img")


def blocks_in(html: str, language: str) -> str:
    """Return HTML with a language on its outermost elements, without adding an element around them."""
    if not language or not html:
        return html
    depth, attributes = 0, attributes_of(language)

    def said(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2] in _VOID:
            return tag[0]
        depth += -1 if tag[1] else 1
        return f"<{tag[2]}{attributes}{tag[3]}>" if depth == 1 and not tag[1] else tag[0]

    return _TAG.sub(said, html)
