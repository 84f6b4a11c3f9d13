"""Languages: in which direction the script of each is written."""

from __future__ import annotations

from typing import Literal

Direction = Literal["ltr", "rtl"]
_RIGHT_TO_LEFT = frozenset(
    {
        *("ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ks", "lrc", "mzn", "nqo", "pnb", "ps", "sd"),
        *("syr", "ug", "ur", "yi"),
    }
)
"""Languages that are written from right to left, as CLDR has it."""
_SCRIPTS_RIGHT_TO_LEFT = frozenset(("adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"))


def direction(language: str) -> Direction:
    """Return the direction of a language's script: of the script that its code names, `az-Arab`, if any."""
    primary, *others = language.lower().split("-")
    script = next((subtag for subtag in others if len(subtag) == 4 and subtag.isalpha()), "")
    is_rtl = script in _SCRIPTS_RIGHT_TO_LEFT if script else primary in _RIGHT_TO_LEFT
    return "rtl" if is_rtl else "ltr"
