"""Front matter, as other programs write it, and as nobody should."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.corpus.front_matter import FrontMatter, read_front_matter
from builder.markdown.parser import Source


def _read(yaml: str) -> tuple[FrontMatter, list[str]]:
    front, found = read_front_matter(Source(Path("01-a.md"), yaml))
    return front, [each.code for each in found]


@pytest.mark.parametrize(
    ("yaml", "title", "tags"),
    [
        ("---\ntitle: One\ntags: [a, b]\n---\n# T", "One", ("a", "b")),
        ("---\r\ntitle: 'One: two'\r\ntags: a b,c\r\n---\r\n# T", "One: two", ("a", "b", "c")),
        (
            '---\ntags:\n  - lang/python\n  - "#deep work"\n  - marked\n...\n',
            "",
            ("lang::python", "deep-work"),
        ),
        ("---\n# a comment\ntitle: >-\n  of two\n  lines\ntag: x\n---\n", "of two lines", ("x",)),
        ("---\ntitle: no\ntags: 2024\nother: {a: [1, 2]}\n---\n", "no", ("2024",)),
        ('---\ntitle: "a\\x07\\ufdd0 b\\ud800"\ntags: ["c\\x00"]\n---\n', "a b", ("c",)),
        ("---\ntitle: [a]\ntags: {a: b}\n---\n", "", ()),
        ("---\ntitle: One\ntitle: Two\ntags: [[a], b, b]\n---\n", "Two", ("b",)),
        ("---\ncssclass: !!python/object/apply:os.system [true]\ntitle: T\n---\n", "T", ()),
        ("---\ntags: [सूचियाँ, นี่]\n---\n", "", ("सूचियाँ", "นี่")),
        ("---\ntags: [हिन्दी भाषा]\n---\n", "", ("हिन्दी-भाषा",)),
        ("---\ntags: [کتاب\u200cها, a\u200cb]\n---\n", "", ("کتاب\u200cها", "a-b")),
    ],
)
def test_title_and_tags_are_taken(yaml: str, title: str, tags: tuple[str, ...]) -> None:
    front, found = _read(yaml)
    assert (front.title, front.tags, found) == (title, tags, [])
    assert front.end > 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "---\ntitle: a\n",
        "---\n\nSome text.\n\n---\n",
        "---\n## Q? {#q}\n---\n",
        "a\n---\nb: c\n---\n",
    ],
)
def test_a_line_across_the_page_is_no_front_matter(text: str) -> None:
    assert _read(text) == (FrontMatter(), [])


@pytest.mark.parametrize(
    "yaml",
    [
        "a: b: c",
        "a: [1, 2",
        "a: \t- b\n\tc: d",
        "a: @b",
        "a: " + "[" * 5000,
        "a: \x01",
        "a: " + "x" * 30_000,
        "a: *b",
        "title",
    ],
)
def test_what_cannot_be_read_is_named_and_passed_over(yaml: str) -> None:
    front, found = _read(f"---\nx: y\n{yaml}\n---\n# T\n")
    assert (front.title, front.tags, found) == ("", (), ["bad-front-matter"])
    assert front.end == yaml.count("\n") + 4


def test_aliases_are_not_copied_again_and_again() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 100)
    )
    front, found = _read(f"---\n{bomb}tags: *a99\ntitle: T\n---\n")
    assert (front.title, front.tags, found) == ("T", (), [])
