"""Sounds, written as images, `![word](media/word.mp3)`: their forms in rendered text, fields and prints.

Rendered text has an element that no author can write: `<audio src="…" aria-label="word"></audio>`. A field
has Anki's mark, `[sound:…]`. Paper has a drawing, and the words unless they are in the text beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape, unescape
from urllib.parse import unquote

SUFFIXES = (".mp3", ".m4a", ".wav", ".flac", ".ogg", ".oga", ".opus")
"""Suffixes of sound files, in lower case."""
_ELEMENT = re.compile(r'<audio src="([^"]*)"(?: aria-label="([^"]*)")?></audio>')
_IN_FIELD = re.compile(
    r'<span class="sound" role="group" aria-label="([^"]*)">\[sound:([^\]]*)\]</span>|\[sound:([^\]]*)\]'
)
_BLOCK = re.compile(r"</?(?:blockquote|d[dlt]|div|h[1-6]|hr|li|ol|p|pre|t[dhr]|table|ul)\b[^<>]*>|<br[ />]")
"""A tag at which a paragraph, a line or a cell begins or ends."""
_TAG = re.compile(r"<[^<>]*>")
PLAYER = 'audio controls controlslist="nodownload noplaybackrate" preload="none"'
"""Opening tag of a browser's player, without its end; it shows little more than a button."""
_NEAR = 2_000
"""Characters of HTML before and after a sound in which to look for its words."""
_SPEAKER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<path d="M1 7v6h4l5 5V2L5 7z" fill="#3a424d"/>'
    '<path d="M13 6.5a5 5 0 0 1 0 7M15.500 3.500a9 9 0 0 1 0 13" fill="none" stroke="#3a424d"'
    ' stroke-width="1.800" stroke-linecap="round"/></svg>'
)
# It is placed on the line of its text as a formula is, so the same style rules apply.
_DRAWING = (
    '<img class="formula" alt="♪" style="width: 0.9em; height: 0.9em; vertical-align: -0.1em"'
    f' src="data:image/svg+xml;base64,{b64encode(_SPEAKER.encode()).decode()}">'
)


def is_sound(src: str) -> bool:
    """Tell by its suffix whether the target of an image is a sound."""
    path = re.split(r"[?#]", src, maxsplit=1)[0] if "://" in src else src
    return unquote(path).lower().endswith(SUFFIXES)


def element(name: str, words: str) -> str:
    """Return the HTML of a sound, with the words that stand for it."""
    return _audio(escape(name), escape(words) if words.strip() else "")


def _audio(name: str, label: str) -> str:
    labelled = f' aria-label="{label}"' if label else ""
    return f'<audio src="{name}"{labelled}></audio>'


def has_sound(html: str) -> bool:
    """Tell whether rendered text plays a sound."""
    return "<audio " in html


def for_field(html: str) -> str:
    """Return rendered text with Anki's marks for sounds: Anki plays them, and shows a button for each."""
    return _ELEMENT.sub(_mark, html) if has_sound(html) else html


def _mark(sound: re.Match[str]) -> str:
    mark = f"[sound:{sound[1]}]"
    # The label is for those who do not see the button. It is not shown: it may be what is asked for.
    return f'<span class="sound" role="group" aria-label="{sound[2]}">{mark}</span>' if sound[2] else mark


def with_players(html: str) -> str:
    """Return a field's text with a player for each sound: for a browser, which does not know Anki's mark."""
    return _IN_FIELD.sub(_player, html) if "[sound:" in html else html


def _player(sound: re.Match[str]) -> str:
    label = f' aria-label="{sound[1]}"' if sound[1] else ""
    return f'<{PLAYER} src="{sound[2] or sound[3]}"{label}></audio>'


def as_rendered(html: str) -> str:
    """Return a field's text as it was rendered: with elements in the place of Anki's marks."""
    if "[sound:" not in html:
        return html
    return _IN_FIELD.sub(lambda sound: _audio(sound[2] or sound[3], sound[1] or ""), html)


def with_words(html: str) -> str:
    """Return a field's text with each sound replaced by its words."""
    return _IN_FIELD.sub(lambda sound: sound[1] or "", html) if "[sound:" in html else html


def silent(html: str) -> str:
    """Return rendered text without its sounds; if no other text is left, with their words."""
    if not has_sound(html):
        return html
    without = _ELEMENT.sub("", html)
    return without if _words(without) else _ELEMENT.sub(lambda sound: sound[2] or "", html)


def with_drawings(html: str) -> str:
    """Return rendered text with a drawing for each sound, and its words unless they are beside it."""
    if not has_sound(html):
        return html

    def drawn(sound: re.Match[str]) -> str:
        words = sound[2] or ""
        before = _BLOCK.split(html[max(sound.start() - _NEAR, 0) : sound.start()])[-1]
        behind = _BLOCK.split(html[sound.end() : sound.end() + _NEAR])[0]
        is_said = _words(words) in f"{_words(before)} {_words(behind)}"
        return _DRAWING if is_said else f"{_DRAWING}&#160;{words}"

    return _ELEMENT.sub(drawn, html)


def _words(html: str) -> str:
    """Return the visible text of HTML, in lower case."""
    return " ".join(unescape(_TAG.sub("", html)).casefold().split())
