"""Chinese, Japanese and Korean in Markdown, whose rules expect spaces between words.

A line break between two Chinese or Japanese characters is not a space; Korean, which has spaces, keeps it.
Bold text may begin or end with their punctuation, even beside a letter: `これは**「重要」**です`. CommonMark
alone reads those asterisks as text. The rule is that of the draft "CommonMark CJK-friendly amendments". Its
plugin, mdit-py-cjk-friendly, supports only markdown-it-py before version 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from builder.markdown.dispatch import rules_of

_CHARACTER = re.compile(
    "[\u2e80-\u2fdf\u3000-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3220-\u33ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\uffe0-\uffe6\U00020000-\U000323af]"
)
"""A character of Chinese or Japanese, or a sign as wide as one."""
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc]")


def add_east_asian(markdown: MarkdownIt) -> None:
    """Let a parser read emphasis beside Chinese, Japanese and Korean characters."""
    ruler = markdown.inline.ruler
    rule = rules_of(ruler)["emphasis"]

    def emphasis(state: StateInline, silent: bool) -> bool:
        if silent or state.src[state.pos] != "*":
            return bool(rule(state, silent))
        end = state.pos
        while end < state.posMax and state.src[end] == "*":
            end += 1
        before, after = state.src[state.pos - 1 : state.pos], state.src[end : min(end + 1, state.posMax)]
        found = flanks(before, after)
        if found is None:
            return bool(rule(state, silent))
        _read_run(state, end, *found)
        return True

    ruler.at("emphasis", emphasis)


def is_joined(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a line break among some tokens is not a space: the characters on both sides need none."""
    # Indices, because copying all tokens at each line break would take quadratic time.
    last = _shown(tokens[place] for place in range(index - 1, -1, -1))[-1:]
    if last.isascii():
        return False
    first = _shown(tokens[place] for place in range(index + 1, len(tokens)))[:1]
    return bool(_CHARACTER.fullmatch(last) and _CHARACTER.fullmatch(first))


def _shown(tokens: Iterable[Token]) -> str:
    """Return the text of the first token that is not a mark; empty if that token is not text."""
    for token in tokens:
        if token.nesting == 0 and (token.content or token.type != "text"):
            return str(token.content) if token.type in ("text", "ruby") else ""
    return ""


def _is_east_asian(character: str) -> bool:
    if character.isascii():  # nearly every token
        return False
    return bool(_CHARACTER.fullmatch(character) or _HANGUL.fullmatch(character))


def flanks(before: str, after: str) -> tuple[bool, bool] | None:
    """Return whether a mark between two characters may begin, and may end, marked text.

    Beside an East Asian character, punctuation and letters do not prevent it. Elsewhere, return None.
    """
    if not (_is_east_asian(before) or _is_east_asian(after)):
        return None
    is_after_space = not before or isWhiteSpace(ord(before))
    is_before_space = not after or isWhiteSpace(ord(after))
    can_open = not is_before_space and (
        not _is_sign(after) or is_after_space or _is_sign(before) or _is_east_asian(before)
    )
    can_close = not is_after_space and (
        not _is_sign(before) or is_before_space or _is_sign(after) or _is_east_asian(after)
    )
    return can_open, can_close


def _read_run(state: StateInline, end: int, can_open: bool, can_close: bool) -> None:
    length = end - state.pos
    for _ in range(length):
        token = state.push("text", "", 0)
        token.content = "*"
        place = len(state.tokens) - 1
        state.delimiters.append(
            Delimiter(marker=ord("*"), length=length, token=place, end=-1, open=can_open, close=can_close)
        )
    state.pos = end


def _is_sign(character: str) -> bool:
    """Tell whether a character is punctuation of no East Asian script."""
    return bool(
        character
        and not _is_east_asian(character)
        and (isMdAsciiPunct(ord(character)) or isPunctChar(character))
    )
