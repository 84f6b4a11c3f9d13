"""Language tags, as BCP 47 has them: `ja`, `en-GB`, `zh-Hant-HK`."""

from __future__ import annotations

import re

TAG = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}"  # a language, and an extended one, zh-yue
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?"  # a script, a region
    r"(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*"  # variants
    r"(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?",
)
"""Form of a language tag."""
LONGEST_TAG = 35
"""Maximum characters of a language tag: what RFC 5646 asks programs to have room for."""
COUNTRIES = {"cn": "zh", "cz": "cs", "dk": "da", "gr": "el", "jp": "ja", "ua": "uk", "vn": "vi"}
"""Country codes that are not language codes, each with the likely language."""


def wrong_tag(tag: str) -> str:
    """Return a hint for a text that is not a language tag; empty if it is one."""
    language = COUNTRIES.get(tag.partition("-")[0].lower())
    if language:
        return f"that is a country: did you mean {language!r}?"
    if len(tag) > LONGEST_TAG or not TAG.fullmatch(tag):
        return "use a language code, as in 'en', 'en-GB' or 'zh-Hant'"
    return ""
