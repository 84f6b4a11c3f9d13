"""Marks of other tools that CommonMark lacks, such as `==text==`: reads those that cardpress supports.

A mark is read only where it is clearly intended, because `~`, `^` and `=` are also paths, powers and
comparisons. A check reports text that only looks like a mark: `foreign_marks`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import bidirectional

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin
from mdit_py_plugins.subscript import sub_plugin
from mdit_py_plugins.superscript import superscript_plugin

from builder.markdown.callouts import add_callouts
from builder.markdown.dispatch import rules_of
from builder.markdown.east_asian import flanks
from builder.markdown.elements import add_elements
from builder.markdown.footnotes import NOTE, REFERENCE, add_footnotes
from builder.markdown.language_tags import wrong_tag
from builder.markdown.sounds import is_sound
from builder.text import HAN, KANA

_NO_BEFORE = r"[^\s*_~(]"
_ADDRESS = re.compile(
    rf"(?:(?<=http)(?<!{_NO_BEFORE}http)|(?<=https)(?<!{_NO_BEFORE}https))"
    r"://(?:[^\W_]|-)(?:[^\W_]|[.-])*(?::\d{1,5})?(?![\w.:@-]*[@\[\]])[^\s<、。，．：；！？（）「」『』【】《》〈〉]*"
)
"""The rest of an address after `http` or `https`: a host without a user name, and all up to the end.

In Chinese and Japanese, no blank follows an address: it ends at punctuation that no address has.
"""
_BESIDE = r"(?<=[^\s/=(\[\"'])(?<!(?<!:):)"
"""Text before sub- or superscript: a word, a mark or the `::` of a cloze deletion; no path or bracket."""
_SIMPLE = r"[+−-]?\w+(?:[.,]\w+)*[+−*-]?"
"""Subscript or superscript within a word, as in H~2~O and x^n^y; `x^2+y^2` has none."""
_FREE = r"[\w+−*†‡(-][^\s~^`$<>{}\\&]{0,39}"
"""Any other, not followed by a word: without blanks, and without marks that it would hide."""
_SUB = re.compile(rf"{_BESIDE}(?<!~)(?!(?<=\d)~[\d.,]+~\d)~(?:{_SIMPLE}~(?!~)|{_FREE}~(?![\w~]))")
_SUP = re.compile(
    rf"{_BESIDE}(?<!\^)\^(?:{_SIMPLE}\^(?!\^)|{_FREE}\^(?![\w^]))|(?<!\S)\^\d{{1,3}}m?\^(?=[A-Z])"
)
"""Superscript; at the beginning of a word, the number of an isotope, ^14^C."""
_WIDTH = re.compile(r"\{ ?width=(\"?)([1-9]\d{0,3}(?:px)?|(?:100|[1-9]\d?)%)\1 ?\}")
"""Width of an image, in pixels or as a share of the text's."""
_MARKER = ord("=")
_RUBY = re.compile(
    rf"(?<!\{{)\{{(?=[^|{{}}]{{0,40}}(?:[{HAN}]|\|[{KANA}]))"
    rf"([{HAN}{KANA}0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{{1,40}})"
    r"((?:\|[^|{}\n]{1,40})+)\}(?!\})"
)
"""Characters with their readings, {漢字|かんじ}, {漢字|かん|じ} or {20歳|はたち}: Han characters, or with a
reading in kana; but no braces of a template."""
_IN_LANGUAGE = re.compile(r"\[([^\[\]\n]{1,400})\]\{ ?lang=(\"?)([A-Za-z0-9-]{2,35})\2 ?\}")
"""Words in another language, as Pandoc has them: [日本]{lang=ja}."""


def add_marks(markdown: MarkdownIt) -> None:
    """Let a parser read the marks."""
    _add_addresses(markdown)
    # Without the rule for strikethrough, the subscript rule would take half of its marks.
    markdown.enable("strikethrough")
    markdown.use(sub_plugin).use(superscript_plugin)
    _only_where(markdown, "sub", _SUB)
    _only_where(markdown, "sup", _SUP)
    markdown.inline.ruler.after("strikethrough", "mark", _mark)
    markdown.inline.ruler2.after("strikethrough", "mark", _pair_marks)
    markdown.inline.ruler.after("cloze", "ruby", _ruby)
    # No plugin reads width=50% as Pandoc does: a percent sign would begin a comment.
    markdown.inline.ruler.after("image", "width", _width)
    markdown.inline.ruler.before("link", "in_language", _in_language)
    _add_definitions(markdown)
    add_callouts(markdown)
    add_footnotes(markdown)
    add_elements(markdown)
    _only_where(markdown, "footnote_inline", NOTE)
    _only_where(markdown, "footnote_ref", REFERENCE)


def _add_addresses(markdown: MarkdownIt) -> None:
    """Turn bare addresses into links, except `www.` and anything with an `@`, such as `git@host:x`."""
    terminators = markdown.inline.terminator_re
    markdown.use(gfm_autolink_plugin)
    markdown.disable(["gfm_autolink_www", "gfm_autolink_email"])
    # No other rule begins with a "w", so text need not end there.
    markdown.inline.terminator_re = terminators
    _only_where(markdown, "gfm_autolink_protocol", _ADDRESS, is_limit=True)


def _add_definitions(markdown: MarkdownIt) -> None:
    """Read definition lists, marked by a colon; a line that begins with `~` is text (as in "~5 minutes")."""
    markdown.use(deflist_plugin)
    ruler = markdown.block.ruler
    rule = rules_of(ruler)["deflist"]

    def definitions(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        if silent:
            return _has_colon(state, line) and rule(state, line, end, silent)
        below = line + 1
        if below < end and state.isEmpty(below):
            below += 1
        return below < end and _has_colon(state, below) and rule(state, line, end, silent)

    ruler.at("deflist", definitions, {"alt": ["paragraph", "reference", "blockquote"]})


def _has_colon(state: StateBlock, line: int) -> bool:
    place = state.bMarks[line] + state.tShift[line]
    return place < state.eMarks[line] and state.src[place] == ":"


def _only_where(markdown: MarkdownIt, name: str, form: re.Pattern[str], *, is_limit: bool = False) -> None:
    """Let a parser try an inline rule only where the text has a form: the plugin's rule reads too much.

    With `is_limit`, the rule also sees no text after the form.
    """
    ruler = markdown.inline.ruler
    rule = rules_of(ruler)[name]

    def guarded(state: StateInline, silent: bool) -> bool:
        start, end, known = state.pos, state.posMax, len(state.tokens)
        found = None if silent else form.match(state.src, start, end)
        if found is None:
            return False
        state.posMax = found.end() if is_limit else end
        is_read = rule(state, silent)
        state.posMax = end
        if not is_read:
            return False
        for token in state.tokens[known:]:
            token.markup = token.markup or found[0]
            token.meta.setdefault("offset", start)
        return True

    ruler.at(name, guarded)


def _mark(state: StateInline, silent: bool) -> bool:
    """Read what may begin or end marked text, `==text==`: no blank inside, and no word outside.

    Beside East Asian characters a word may be outside: they have no spaces between words, or before
    particles. So may letters of Arabic and Hebrew: prefixes such as "and" are part of the word.
    """
    if silent or not state.src.startswith("==", state.pos):
        return False
    beside = state.src[max(state.pos - 2, 0) : state.pos] + state.src[state.pos + 2 : state.posMax][:1]
    scanned = state.scanDelims(state.pos, any(bidirectional(char) in ("R", "AL") for char in beside))
    token = state.push("text", "", 0)
    token.content = "=" * scanned.length
    if scanned.length == 2:
        before, after = state.src[: state.pos][-1:], state.src[state.pos + 2 : state.posMax][:1]
        can_open, can_close = flanks(before, after) or (scanned.can_open, scanned.can_close)
        state.delimiters.append(
            Delimiter(
                marker=_MARKER,
                length=0,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True


def _pair_marks(state: StateInline) -> None:
    """Turn pairs of `==` into elements."""
    _pair(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _pair(state, meta["delimiters"])


def _pair(state: StateInline, delimiters: Sequence[Delimiter]) -> None:
    for opening in delimiters:
        if opening.marker == _MARKER and opening.end != -1:
            first, last = state.tokens[opening.token], state.tokens[delimiters[opening.end].token]
            first.type, first.nesting = "mark_open", 1
            last.type, last.nesting = "mark_close", -1
            for token in (first, last):
                token.tag, token.content, token.markup = "mark", "", "=="


def _width(state: StateInline, silent: bool) -> bool:
    """Read the width of the image before it: ![a](b.png){width=300}."""
    if silent or state.pending or not state.tokens or state.tokens[-1].type != "image":
        return False
    if is_sound(str(state.tokens[-1].attrs["src"])):
        return False
    found = _WIDTH.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    state.tokens[-1].meta["width"] = found[2].removesuffix("px")
    state.pos = found.end()
    return True


def _in_language(state: StateInline, silent: bool) -> bool:
    """Read words in another language, which may have other marks in them."""
    found = _IN_LANGUAGE.match(state.src, state.pos, state.posMax)
    if found is None or wrong_tag(found[3]):
        return False
    if not silent:
        end_of_block, offset = state.posMax, state.pos
        token = state.push("span_open", "span", 1)
        token.markup, token.attrs = "[", {"lang": found[3], "dir": "auto"}
        token.meta = {"offset": offset}
        state.pos, state.posMax = found.start(1), found.end(1)
        state.md.inline.tokenize(state)
        token = state.push("span_close", "span", -1)
        token.markup = state.src[found.end(1) : found.end()]
        state.posMax = end_of_block
    state.pos = found.end()
    return True


def _ruby(state: StateInline, silent: bool) -> bool:
    """Read Han characters with their readings: one for all of them, or one for each."""
    found = _RUBY.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    base, readings = found[1], found[2][1:].split("|")
    if len(readings) not in (1, len(base)):
        return False
    if not silent:
        token = state.push("ruby", "ruby", 0)
        token.content, token.markup = base, found[0]
        token.meta = {
            "pairs": list(zip(base, readings, strict=True)) if readings[1:] else [(base, *readings)]
        }
    state.pos = found.end()
    return True
