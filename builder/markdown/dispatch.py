"""markdown-it's own rules, tried only where they can begin: the same tokens in less time.

A parser of markdown-it tries its rules one after another at each place: a dozen for each line of a paragraph.
Of most, the next character alone tells that they cannot match. The rules, their order and what they do stay
markdown-it's; a rule that is not named here is tried everywhere.
`tests/markdown/test_dispatch.py` compares the tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, text_join
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

_BlockRule = Callable[[StateBlock, int, int, bool], bool]
_InlineRule = Callable[[StateInline, bool], bool]

_BLOCK_FIRSTS = {
    "math_block": "$",
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*+-0123456789",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
}
"""The characters that a block begins with, after its indent."""
_INLINE_FIRSTS = {
    "newline": "\n",
    "math_inline": "$",
    "cloze": "{",
    "escape": "\\",
    "backticks": "`",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
}

_USUAL_ADDRESS = re.compile(
    r"https?://(?:[a-z\d-]{1,20}\.){1,5}[a-z]{2,20}(?:/[\w./-]*)?(?:#[\w-]+)?", re.ASCII
)
"""An address as most are, with nothing to encode: to find that out takes as long as to parse a line."""


_FEW_LINES = 8
"""Lines of a paragraph, of which most have fewer, that are looked at before a rule is tried."""


def quicken(markdown: MarkdownIt) -> None:
    """Make a parser, all rules of which are chosen, find its tokens sooner."""
    blocks, inlines = markdown.block.ruler, markdown.inline.ruler
    names = dict(zip(blocks.getRules(), blocks.get_active_rules(), strict=True))
    chains = {
        chain: [_first_block([(names[rule], rule) for rule in blocks.getRules(chain)])]
        for chain in ("", "paragraph", "reference", "blockquote", "list")
    }
    by_char = _by_char(dict(zip(inlines.get_active_rules(), inlines.getRules(), strict=True)))
    inline = [_first_inline(by_char)]
    blocks.getRules = lambda chain="": chains[chain]  # type: ignore[method-assign, assignment]
    inlines.getRules = lambda chain="": inline  # type: ignore[method-assign, assignment]
    if _are_tokens_as_expected():
        markdown.block.parse = _parse_blocks  # type: ignore[method-assign, assignment]
        markdown.inline.parse = _parse_inline  # type: ignore[method-assign]
        markdown.inline.tokenize = partial(_tokenize_inline, by_char)  # type: ignore[method-assign]
        markdown.core.ruler.at("text_join", _text_join)
    normalize = markdown.normalizeLink
    markdown.normalizeLink = (  # type: ignore[method-assign]
        lambda url: url if _USUAL_ADDRESS.fullmatch(url) else normalize(url)
    )


def _first_block(rules: Sequence[tuple[str, _BlockRule]]) -> _BlockRule:
    """Make one rule of several: what it does is what the first of them does that matches."""
    tried = [(name, _GUARDS[name](rule) if name in _GUARDS else rule) for name, rule in rules]
    anywhere = tuple(rule for name, rule in tried if name not in _BLOCK_FIRSTS)
    by_char = {
        char: tuple(rule for name, rule in tried if char in _BLOCK_FIRSTS.get(name, char))
        for char in "".join(_BLOCK_FIRSTS.values())
    }

    def first(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        place = state.bMarks[line] + state.tShift[line]
        for rule in by_char.get(state.src[place : place + 1], anywhere):
            if rule(state, line, end, silent):
                return True
        return False

    return first


_InlineRules = Mapping[str, Sequence[_InlineRule]]


def _by_char(rules: Mapping[str, _InlineRule]) -> _InlineRules:
    """Return the rules that can begin with each character; with any other, as "", only plain text does."""
    anywhere = tuple(rule for name, rule in rules.items() if name not in _INLINE_FIRSTS)
    # Plain text ends before all of these characters.
    return {"": anywhere} | {
        char: tuple(rule for name, rule in rules.items() if char in _INLINE_FIRSTS.get(name, ""))
        for char in "".join(_INLINE_FIRSTS.values())
    }


def _first_inline(by_char: _InlineRules) -> _InlineRule:
    """Make one rule of several, as `_first_block` does."""
    anywhere = by_char[""]

    def first(state: StateInline, silent: bool) -> bool:
        for rule in by_char.get(state.src[state.pos], anywhere):  # noqa: SIM110  (a generator would take longer)
            if rule(state, silent):
                return True
        return False

    return first


def _with_bars(table: _BlockRule) -> _BlockRule:
    """Try the rule for tables only where a line has the bar that divides its cells."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        has_bar = state.src.find("|", state.bMarks[line], state.eMarks[line]) >= 0
        return has_bar and table(state, line, end, silent)

    return rule


def _with_underline(heading: _BlockRule) -> _BlockRule:
    """Try the rule for underlined headings only where a line of the paragraph may be the underline."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        for below in range(line + 1, min(end, line + _FEW_LINES)):
            place, last = state.bMarks[below] + state.tShift[below], state.eMarks[below]
            if place >= last:
                return False
            mark = state.src[place]
            if mark in "-=" and not state.src[place:last].rstrip(" \t").strip(mark):
                return heading(state, line, end, silent)
        # Beyond, other blocks may begin, as the items of a list: the rule itself stops there.
        return end > line + _FEW_LINES and heading(state, line, end, silent)

    return rule


def _with_indent(code: _BlockRule) -> _BlockRule:
    """Try the rule for indented code only where a line is indented."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        return state.sCount[line] - state.blkIndent >= 4 and code(state, line, end, silent)

    return rule


def _with_end(formula: _BlockRule) -> _BlockRule:
    """Try the rule for formulas only where one can end: it would look for the end to the end of the text."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        last = state.env.get("last end of a formula")
        if last is None:
            last = state.env["last end of a formula"] = _last_end(state)
        return line <= last and formula(state, line, end, silent)

    return rule


def _last_end(state: StateBlock) -> int:
    """Return the last line that may end a formula; -1 if none does."""
    lines = range(state.lineMax - 1, -1, -1)
    return next(
        (
            line
            for line in lines
            if state.src[state.bMarks[line] : state.eMarks[line]].rstrip().endswith("$$")
        ),
        -1,
    )


_GUARDS: Mapping[str, Callable[[_BlockRule], _BlockRule]] = {
    "code": _with_indent,
    "table": _with_bars,
    "lheading": _with_underline,
    "math_block": _with_end,
}


def _token(kind: str, tag: str, nesting: Literal[-1, 0, 1], level: int, is_block: bool) -> Token:
    """Make a token. Its own way to be made takes twice as long, and there are a hundred for each question."""
    token = _new_token(Token)
    token.type = kind
    token.tag = tag
    token.nesting = nesting
    token.attrs = {}
    token.map = None
    token.level = level
    token.children = None
    token.content = token.markup = token.info = ""
    token.meta = {}
    token.block = is_block
    token.hidden = False
    return token


_new_token = Token.__new__


def _are_tokens_as_expected() -> bool:
    try:
        return _token("hr", "hr", 0, 2, True) == Token("hr", "hr", 0, level=2, block=True)
    except AttributeError:
        return False


class _BlockState(StateBlock):
    """Where the blocks' parser is in a text."""

    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        if "\t" in src:
            super().__init__(src, md, env, tokens)
            return
        super().__init__("", md, env, tokens)
        self.src = src
        lines = src.split("\n")
        if not lines[-1].strip(" "):
            del lines[-1]
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        # What stands there for each line stands there for the end as well.
        self.bMarks = [*starts[:-1], len(src)]
        self.eMarks = [*(start - 1 for start in starts[1:]), len(src)]
        self.tShift = [*(len(line) - len(line.lstrip(" ")) for line in lines), 0]
        self.sCount = self.tShift.copy()
        self.bsCount = [0] * len(starts)
        self.lineMax = len(lines)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if nesting < 0:
            self.level -= 1
        token = _token(ttype, tag, nesting, self.level, True)
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token


def _parse_blocks(src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token] | None:
    """Do what `ParserBlock.parse` does."""
    if not src:
        return None
    state = _BlockState(src, md, env, tokens)
    md.block.tokenize(state, state.line, state.lineMax)
    return state.tokens


class _InlineState(StateInline):
    """Where the parser of a block's text is in it."""

    def pushPending(self) -> Token:  # noqa: N802  (markdown-it's name)
        token = _token("text", "", 0, self.pendingLevel, False)
        token.content = self.pending
        self.tokens.append(token)
        self._pending = ""
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if self._pending_buffer or self._pending:
            self.pushPending()
        if nesting:
            return super().push(ttype, tag, nesting)
        token = _token(ttype, tag, nesting, self.level, False)
        self.pendingLevel = self.level
        self.tokens.append(token)
        self.tokens_meta.append(None)
        return token


def _parse_inline(src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
    """Do what `ParserInline.parse` does."""
    if src and not md.inline.terminator_re.search(src):
        token = _token("text", "", 0, 0, False)
        token.content = src
        tokens.append(token)
        return tokens
    state = _InlineState(src, md, env, tokens)
    md.inline.tokenize(state)
    if "*" in src or "_" in src:  # what follows is about their pairs
        for rule in md.inline.ruler2.getRules(""):
            rule(state)
    return state.tokens


def _tokenize_inline(by_char: _InlineRules, state: StateInline) -> None:
    """Do what `ParserInline.tokenize` does: its rule for plain text, which half of all tries are, at once."""
    src, end = state.src, state.posMax
    most = state.md.options["maxNesting"]
    search = state.md.inline.terminator_re.search
    while state.pos < end:
        place = state.pos
        if state.level < most:
            found = search(src, place)
            stop = found.start() if found else end
            if stop > place:
                state.append_pending(src[place:stop])
                state.pos = place = stop
                if stop >= end:
                    break
            for rule in by_char.get(src[place], ()):
                if rule(state, False):
                    break
            else:
                state.append_pending(src[place])
                state.pos = place + 1
        else:
            state.append_pending(src[place])
            state.pos = place + 1
    if state.pending:
        state.pushPending()


def _text_join(state: StateCore) -> None:
    """Join texts, as markdown-it does, where a backslash or an entity has divided one."""
    divided = [token for token in state.tokens if "\\" in token.content or "&" in token.content]
    text_join(StateCore(state.src, state.md, state.env, divided))
