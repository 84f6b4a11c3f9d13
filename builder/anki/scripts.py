"""Finds and removes scripts in the HTML of card templates and fields, because Anki would run them."""

from __future__ import annotations

import re
from html import unescape

_SUSPECT = re.compile(r"<script|\bon\w+\s*=|script\s*:|srcdoc|text/html|&", re.IGNORECASE)
"""A quick test: nearly every text without a script lacks all of these."""
_SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_MOST_NESTED = 5
"""Maximum nesting of scripts that is removed; what is deeper becomes text."""
_SECTION = re.compile(r"\{\{[#^/][^{}]*\}\}")
"""Beginning or end of a conditional section in a card template."""
_TAG = re.compile(r"""<[a-z](?:"[^"]*"|'[^']*'|[^<>"'])*+>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>"'=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""")
_EVENT = re.compile(r"on[a-z]+", re.IGNORECASE)
_SCHEME = re.compile(r"(?:javascript|vbscript):|data:text/html", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20]+")
"""Characters that a browser skips in an address's scheme."""


def without_scripts(html: str) -> str:
    """Return HTML without scripts: elements, event handlers, and addresses that are scripts.

    HTML without scripts is returned unchanged. Conditional sections of a card template stay, so that it
    remains valid.
    """
    if not _SUSPECT.search(html):
        return html
    for _ in range(_MOST_NESTED):
        # Attributes first, because they may contain the beginning of an element.
        rest = _TAG.sub(lambda tag: _ATTRIBUTE.sub(_without_script, tag[0]), html)
        rest = _SCRIPT.sub(lambda script: "".join(_SECTION.findall(script[0])), rest)
        if rest == html:
            return html
        html = rest
    return re.sub("<(?=script)", "&lt;", html, flags=re.IGNORECASE)


def _without_script(attribute: re.Match[str]) -> str:
    name, value = attribute[1], _UNSEEN.sub("", unescape(attribute[2].strip("\"'")))
    is_script = _EVENT.fullmatch(name) or name.lower() == "srcdoc" or _SCHEME.match(value)
    return "" if is_script else attribute[0]
