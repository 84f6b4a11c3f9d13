"""Keeps the words of Korean whole at the ends of lines: WeasyPrint has no `word-break: keep-all`.

Korean has spaces between its words, but Unicode lets a line break between any two syllables, as in Chinese.
"""

from __future__ import annotations

import re
from functools import wraps
from typing import Any

LONGEST = 10
"""Maximum number of letters of a word that stays whole; a longer one may be wider than a column."""
OF_PANGO = "PangoAttribute * pango_attr_allow_breaks_new (gboolean allow_breaks);"
HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_WORD = re.compile(rf"(?:\w|(?<=\w)[)\]%’”](?={HANGUL.pattern}))+")
"""A word, also with what is Latin before its ending: API를, (GIL)은, 50%는."""


def keep_words_whole(line_break: Any) -> None:
    """Make WeasyPrint's module for line breaks keep words of Korean whole, in text of that language."""
    set_text, get_log_attrs = line_break.Layout.set_text, line_break.get_log_attrs

    @wraps(set_text)
    def set_text_whole(layout: Any, text: str, *more: Any, **options: Any) -> None:
        set_text(layout, text, *more, **options)
        if not _is_korean(layout.style["lang"]):
            return
        pango, ffi = line_break.pango, line_break.ffi
        attributes = pango.pango_layout_get_attributes(layout.layout)
        for begin, end in _words(layout.text):
            if attributes == ffi.NULL:
                attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
            kept = pango.pango_attr_allow_breaks_new(False)
            kept.start_index, kept.end_index = (len(layout.text[:place].encode()) for place in (begin, end))
            pango.pango_attr_list_change(attributes, kept)
        if attributes != ffi.NULL:
            pango.pango_layout_set_attributes(layout.layout, attributes)

    @wraps(get_log_attrs)
    def get_log_attrs_whole(text: str, language: str | None) -> Any:
        found = get_log_attrs(text, language)
        if _is_korean(language):
            for begin, end in _words(text):
                for place in range(begin + 1, end):
                    found[place].is_line_break = 0
        return found

    line_break.Layout.set_text = set_text_whole
    line_break.get_log_attrs = get_log_attrs_whole


def _is_korean(language: str | None) -> bool:
    return (language or "").lower().partition("-")[0] == "ko"


def _words(text: str) -> list[tuple[int, int]]:
    """Return the places of words that stay whole."""
    found = _WORD.finditer(text) if HANGUL.search(text) else ()
    return [word.span() for word in found if 1 < len(word[0]) <= LONGEST and HANGUL.search(word[0])]
