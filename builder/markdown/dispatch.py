"""markdown-it's own rules, tried only where they can begin: the same tokens in less time.

A parser of markdown-it tries its rules one after another at each place: a dozen for each line of a paragraph.
For most of them, the next character shows that they cannot match. The rules, their order and results are
markdown-it's; a rule that is not listed here is tried everywhere.
`tests/markdown/test_dispatch.py` compares the tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from markdown_it import MarkdownIt
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_Rule = TypeVar("_Rule", bound=Callable[..., object])
_BlockRule = Callable[[StateBlock, int, int, bool], bool]
_InlineRule = Callable[[StateInline, bool], bool]

_BLOCK_FIRSTS = {
    "math_block": "$",
    "bracketed_formula": "\\",
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*+-0123456789",
    "reference": "[",
    "footnote_def": "[",
    "html_block": "<",
    "heading": "#",
}
"""First characters of a block, after its indentation, by rule."""
_INLINE_FIRSTS = {
    "newline": "\n",
    "math_inline": "$\\",
    "cloze": "{",
    "escape": "\\",
    "backticks": "`",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
    "gfm_autolink_protocol": ":",
    "strikethrough": "~",
    "sub": "~",
    "sup": "^",
    "mark": "=",
    "ruby": "{",
    "width": "{",
    "in_language": "[",
    "footnote_inline": "^",
    "footnote_ref": "[",
}

_USUAL_ADDRESS = re.compile(
    r"https?://(?:[a-z\d-]{1,20}\.){1,5}[a-z]{2,20}(?:/[\w./-]*)?(?:#[\w-]+)?", re.ASCII
)
"""A plain address that needs no encoding: markdown-it's own check takes as long as parsing a line."""


_FEW_LINES = 8
"""Maximum lines of a paragraph to look at before a rule is tried; most paragraphs have fewer."""


def rules_of(ruler: Ruler[_Rule]) -> dict[str, _Rule]:
    """Return the active rules of a parser by their names, in their order."""
    return dict(zip(ruler.get_active_rules(), ruler.getRules(), strict=True))


def quicken(markdown: MarkdownIt) -> None:
    """Make a parser find the same tokens in less time. Call it after all rules are enabled."""
    blocks, inlines = markdown.block.ruler, markdown.inline.ruler
    names = {rule: name for name, rule in rules_of(blocks).items()}
    chains = {
        chain: [_first_block([(names[rule], rule) for rule in blocks.getRules(chain)])]
        for chain in ("", "paragraph", "reference", "blockquote", "list")
    }
    inline = [_first_inline(rules_of(inlines))]
    blocks.getRules = lambda chain="": chains[chain]  # type: ignore[method-assign, assignment]
    inlines.getRules = lambda chain="": inline  # type: ignore[method-assign, assignment]
    normalize = markdown.normalizeLink
    markdown.normalizeLink = (  # type: ignore[method-assign]
        lambda url: url if _USUAL_ADDRESS.fullmatch(url) else normalize(url)
    )


def _first_block(rules: Sequence[tuple[str, _BlockRule]]) -> _BlockRule:
    """Return one rule that tries several in order, until one matches."""
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


def _first_inline(rules: Mapping[str, _InlineRule]) -> _InlineRule:
    """Return one rule for several, as `_first_block` does."""
    anywhere = tuple(rule for name, rule in rules.items() if name not in _INLINE_FIRSTS)
    # Plain text ends before each of these characters.
    by_char = {
        char: tuple(rule for name, rule in rules.items() if char in _INLINE_FIRSTS.get(name, ""))
        for char in "".join(_INLINE_FIRSTS.values())
    }

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
        # After these lines, another block may begin, such as a list item: the rule itself stops there.
        return end > line + _FEW_LINES and heading(state, line, end, silent)

    return rule


def _with_indent(code: _BlockRule) -> _BlockRule:
    """Try the rule for indented code only where a line is indented."""

    def rule(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        return state.sCount[line] - state.blkIndent >= 4 and code(state, line, end, silent)

    return rule


def _with_end(formula: _BlockRule) -> _BlockRule:
    """Try the rule for formulas only if an end follows: the rule itself searches all of the text."""

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
