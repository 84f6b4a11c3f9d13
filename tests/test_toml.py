"""TOML with places: where keys stand, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builder.checks.rules import RULE_TABLE
from builder.corpus.settings import read_settings
from builder.corpus.toml import TomlError, lines_of_keys, load
from builder.markdown.source import Source

PIECES = (
    *("a = 1\n", "b.c = 2\n", '"d e" = 3\n', "'f.g' = 4\n", "  h = 5 # a = 1\n", "# i = 6\n", "\n", "  \n"),
    *(
        "j = [\n  1, # ]\n  2,\n]\n",
        'k = """\na = 1\n"""\n',
        "l = '''\n[x]\n'''\n",
        "m = {n = 1, o.p = [2]}\n",
    ),
    *("[q]\n", "[r.s] # t\n", '[u."v]"]\n', "[[w]]\n", "[ x ]\n", 'y = "# \\" [ \'"\n', 'z = \'"""\'\n'),
    *('aa = """"quoted""""\n', "bb = [[1, {c = '}'}],\n\n[2]]\n", "cc = 1979-05-27\n", "dd = 1"),
)


def _line_of(path: tuple[str, ...], text: str) -> int:
    """Find a key as slowly and as surely as can be: after the longest beginning that is TOML without it."""
    lines = text.split("\n")
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            value: Any = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        for part in path:
            value = value[-1] if isinstance(value, list) else value
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            break
        start = end
    return next(line for line in range(start, len(lines)) if lines[line].strip()[:1] not in ("", "#"))


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_keys_stand_where_a_parser_first_finds_them(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    found = lines_of_keys(text)
    assert found == {path: _line_of(path, text) for path in found}


def test_every_key_has_a_line() -> None:
    text = "a = 1\n\n[b]\nc.d = [\n1]\n[[e]]\nf = {g = 1}\n"
    assert lines_of_keys(text) == {
        ("a",): 0,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "c", "d"): 3,
        ("e",): 5,
        ("e", "f"): 6,
    }


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a = 1\nb = \n", "Invalid value", 2, 5),
        ("a = 1\nb = [", "Invalid value", 2, 6),
        ("a = 1\n" + "b." * 100 + "c = 1\n", "more than 100 parts", 2, 201),
        ("a = 1\n[" + "b." * 100 + "c]\n", "more than 100 parts", 2, 202),
        ("a = {" + "b." * 100 + "c = 1}\n", "more than 100 parts", 1, 206),
        ("a = 1\nb = " + "1" * 5000, "too many digits", 2, 5),
        ("a = " + "[" * 5000, "nested too deeply", 1, 5005),
    ],
    ids=["mistake", "end", "key", "table", "within braces", "digits", "nested"],
)
def test_what_is_not_toml_or_too_much_of_it_is_refused_with_its_place(
    text: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(TomlError, match=message) as caught:
        load(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_text_with_many_dots_is_no_long_key() -> None:
    assert load('a = "' + "b. " * 500 + '"\n') == {"a": "b. " * 500}


@pytest.mark.parametrize("end", ["\r", "\r\n", "\r\r", "\n\r"])
def test_a_mistake_has_a_place_in_the_file_whatever_ends_its_lines(end: str) -> None:
    source = Source(Path("deck.toml"), f"x = {'[' * 500}{end}")
    _, (found, *_) = read_settings(source, RULE_TABLE)
    assert found.code == "bad-toml"
    assert found.location.column <= len(source.lines[found.location.line - 1]) + 1
