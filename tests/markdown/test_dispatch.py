"""Markdown that is parsed sooner has markdown-it's own tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from builder.markdown.dispatch import _BLOCK_FIRSTS, _GUARDS, _INLINE_FIRSTS, _USUAL_ADDRESS
from builder.markdown.parser import _USUAL, _attributes, _set_up, parse
from tests.conftest import FLASK, PROJECT

FILES = sorted(
    path for folder in (FLASK, PROJECT / "docs", PROJECT / "tests" / "cases") for path in folder.rglob("*.md")
)
PIECES = (
    *(
        "a",
        "Word",
        "ü",
        "漢",
        "9",
        ".",
        "\u2028",
        "\0",
        " ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\n    ",
        "\r\n",
    ),
    *(
        "\n> ",
        "\n- ",
        "\n+ ",
        "\n* ",
        "\n1. ",
        "\n10) ",
        "\n# ",
        "\n    - ",
        "\n---\n",
        "\n===\n",
        "\n- - -\n",
    ),
    *(
        "\n***\n",
        "\n```\n",
        "\n~~~ python\n",
        "\n|a|b|\n",
        "\n|---|:-|\n",
        "\n$$\n",
        "\n<div>\n",
        "\n[a]: /b\n",
    ),
    *(
        "*",
        "**",
        "_",
        "`",
        "``",
        "$",
        "$x$",
        "[",
        "]",
        "](",
        ")",
        "![",
        "<",
        ">",
        "<!--",
        "-->",
        "<b>",
        "</b>",
    ),
    *(
        "&",
        "&amp;",
        "&#0;",
        "\\",
        "\\*",
        "{{c1::",
        "::",
        "}}",
        "{#a .b}",
        "[a]{lang=ja}",
        "「",
        "漢",
        "한",
        "{",
        "}",
        "|",
        "+",
        "-",
        "=",
        ":",
        "#",
    ),
    *(
        "https://a.example/b",
        "://a",
        "~~",
        "==",
        "^",
        "^2^",
        "~2~",
        "{食|た}",
        "{漢字|かん|",
        "^[",
        "[^1]",
        "\n[^1]: ",
    ),
    *("!", "~", "<https://a.example>", "\n2. ", "\n-", "\n1.", "\n    1. ", "\n  ===\n", "\n> ===\n"),
)


def _slowly(text: str) -> list[Token]:
    return _set_up().parse(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_documents_have_the_tokens_of_markdown_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    assert parse(text) == _slowly(text)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("")
@example("-")
@example("- \n\n- a\n  ===\n")
@example("[a]: b\n  'c\n- d'\n")
def test_any_text_has_the_tokens_of_markdown_it(text: str) -> None:
    assert parse(text) == _slowly(text)


def test_all_that_is_known_of_rules_is_of_a_rule() -> None:
    markdown: MarkdownIt = _set_up()
    assert {*_BLOCK_FIRSTS, *_GUARDS} <= set(markdown.block.ruler.get_active_rules())
    assert set(_INLINE_FIRSTS) == set(markdown.inline.ruler.get_active_rules()) - {"text"}
    assert all(map(markdown.inline.terminator_re.fullmatch, "".join(_INLINE_FIRSTS.values())))


@given(st.from_regex(_USUAL_ADDRESS, fullmatch=True))
def test_a_usual_address_is_one_that_markdown_it_would_not_change(address: str) -> None:
    markdown = _set_up()
    assert markdown.normalizeLink(address) == address
    assert markdown.validateLink(address)


WORDS = (".mid", ".a-b", ".typed", 'tags="a b"', 'tags="é #a .b"', 'was="x"', 'allow=""', 'tags="="')


@given(st.lists(st.sampled_from(WORDS), max_size=6))
@example([".mid", ".typed", 'tags="a b"', 'was="x"', 'tags="c"'])
def test_attributes_that_are_read_at_a_glance_are_those_that_the_parser_finds(words: list[str]) -> None:
    written = f"{{{' '.join(['#an-id', *words])}}}"
    unusual = written[:-1] + " }"
    assert not _USUAL.fullmatch(unusual)
    found = _attributes(unusual)
    assert found is not None
    assert replace(found, written=written) == _attributes(written)
