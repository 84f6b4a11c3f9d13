"""Tokens that are found sooner are Pygments' own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name
from pygments.token import Keyword, Name, _TokenType

from builder.markdown import fast_lexer
from builder.markdown.fast_lexer import _first_of, _joined, runs_of
from builder.markdown.highlight import _known_names, _lexer, highlight, is_language
from builder.markdown.parser import parse
from tests.conftest import FLASK, PROJECT

SAMPLES = tuple(
    path.read_text(encoding="utf-8")
    for path in (
        PROJECT / "builder" / "markdown" / "parser.py",
        PROJECT / "Makefile",
        PROJECT / "pyproject.toml",
        PROJECT / "styles" / "card.css",
        PROJECT / "builder" / "design" / "html" / "card-rest.html",
        PROJECT / "README.md",
    )
)
ODD = (
    "SELECT k, ſ, \u212a FROM t WHERE İ = 'ı' -- \"kelvin\" ſelect\n",
    "\x00\x7f\x85\u2028 \t\r\n'''\"\"\"\\\n#!/bin/sh\n<?php ?> {{ a }} {% b %} ${c} $(d) `e` @f &g;",
    "0x1F 1e-5 1_000 0b1 'a\\'b' r\"\\d\" f'{x!r:>{y}}' <b a='c'>&amp;</b> // /* */ -- {- -}",
    "",
    "\n",
)
COMMON = (
    *(
        "python",
        "console",
        "html+jinja",
        "html",
        "js",
        "typescript",
        "bash",
        "sql",
        "postgresql",
        "rust",
        "go",
    ),
    *("toml", "yaml", "json", "css", "scss", "c", "cpp", "java", "kotlin", "ruby", "php", "perl", "lua", "r"),
    *("haskell", "scala", "swift", "csharp", "docker", "nginx", "ini", "diff", "make", "xml", "tex", "pycon"),
    *(
        "graphql",
        "http",
        "powershell",
        "elixir",
        "erlang",
        "clojure",
        "jinja",
        "django",
        "protobuf",
        "vim",
        "go",
    ),
)


Runs = Sequence[tuple[_TokenType, str]]


def _itself(token_type: _TokenType) -> _TokenType:
    return token_type


def _ways(name: str) -> tuple[Callable[[str], Runs], Callable[[str], Runs]]:
    """Return Pygments' way to a text's tokens, neighbours of one type joined, and the quick one."""
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    return lambda text: list(_joined(lexer.get_tokens(text), _itself)), runs_of(lexer, _itself)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMON)
def test_tokens_are_those_of_pygments(name: str) -> None:
    plain, quick = _ways(name)
    for text in (*SAMPLES, *ODD):
        assert quick(text) == plain(text)


def test_tokens_of_one_role_are_one_run() -> None:
    runs = runs_of(get_lexer_by_name("python"), lambda token_type: "word" if token_type is Name else "")
    assert runs("a + b(c)") == [
        ("", ""),
        ("word", "a"),
        ("", " + "),
        ("word", "b"),
        ("", "("),
        ("word", "c"),
        ("", ")\n"),
    ]


def test_types_of_one_role_are_one_span() -> None:
    assert (
        highlight("return await x", "python")
        == '<span class="k">return</span> <span class="k">await</span> x'
    )
    assert highlight(r'"a\n"', "python") == r'<span class="s">"a\n"</span>'


def test_tokens_of_all_code_in_the_corpus_are_those_of_pygments() -> None:
    lexers: dict[str, tuple[Callable[[str], Runs], Callable[[str], Runs]]] = {}
    for path in sorted(FLASK.glob("*.md")):
        for token in parse(path.read_text(encoding="utf-8")):
            if token.type == "fence" and token.info:
                name = token.info.split()[0]
                plain, quick = lexers.get(name) or lexers.setdefault(name, _ways(name))
                assert quick(token.content) == plain(token.content)
    assert len(lexers) > 5


@given(st.text(alphabet="aksIiſ\u212aİı_1.\"'#\\\n {}()[]<>$%:=éλ"))
def test_tokens_of_any_text_are_those_of_pygments(text: str) -> None:
    for name in ("python", "sql", "html+jinja", "bash"):
        plain, quick = _ways(name)
        assert quick(text) == plain(text)


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        ("abc|d*[ef]", "adef"),
        (r"(?:x|y)+z", "xy"),
        (r"\d+", "0123456789"),
        (r"\bdef\b", "d"),
        (r"(?=q)r?s", "rs"),
        (r"(?>a|b)c", "ab"),
        ("(?i)k", "kK"),
        ("(?i:a)b", "aA"),
        ("ü", ""),
    ],
)
def test_the_characters_that_a_rule_can_begin_with(pattern: str, first: str) -> None:
    found = _first_of(re.compile(pattern))
    assert found is not None
    assert found == set(first)


@pytest.mark.parametrize("pattern", ["(?i)[\u212a-\u212b]", "(?i)\u017f", "(?i)[\u0100-\u0200]"])
def test_letters_beyond_ascii_that_are_the_other_case_of_one_within_count(pattern: str) -> None:
    expression = re.compile(pattern)
    found = _first_of(expression)
    assert found is not None
    assert found >= {char for char in map(chr, range(128)) if expression.match(char)}


@pytest.mark.parametrize("pattern", ["a*", "", "x?", "(a)?b*", r"(a?)\1", "$", "(?!a)"])
def test_a_rule_that_can_match_nothing_is_always_tried(pattern: str) -> None:
    assert _first_of(re.compile(pattern)) is None


def test_where_the_standard_library_is_another_pygments_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_lexer, "_first_of_operation", lambda *_: (set(), False))
    fast_lexer._first_of.cache_clear()
    try:
        plain, quick = _ways("python")
        assert not isinstance(quick, partial)
        assert quick("x = 1") == plain("x = 1")
    finally:
        fast_lexer._first_of.cache_clear()


def test_a_lexer_with_a_way_of_its_own_keeps_it() -> None:
    _, quick = _ways("json")
    assert not isinstance(quick, partial)


def test_a_lexer_with_filters_keeps_its_own_way() -> None:
    lexer = get_lexer_by_name("python")
    lexer.add_filter("keywordcase", case="upper")
    assert (Keyword, "PASS") in runs_of(lexer, _itself)("pass")


def test_it_is_worth_it() -> None:
    """A fifth of the rules is tried: counted, for time depends on the machine."""
    _, quick = _ways("python")
    assert isinstance(quick, partial)
    tables = quick.args[1]
    tried = [len(tables["root"][char]) for char in Path(__file__).read_text(encoding="utf-8")]
    assert sum(tried) / len(tried) < len(tables["root"].rules) / 5


@pytest.mark.parametrize("name", ["python", "Python", "PYCON", "html+jinja", "", "plain", "pyhton", "no "])
def test_a_language_is_what_a_lexer_can_be_made_for(name: str) -> None:
    _lexer.cache_clear()
    _known_names.cache_clear()
    assert is_language(name) == (_lexer(name) is not None)
