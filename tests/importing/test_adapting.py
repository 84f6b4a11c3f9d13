"""Markdown of others is changed only where a chapter's grammar does not allow it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.checks.rules import Rulebook
from builder.checks.run import check_chapter
from builder.corpus.reader import read_chapters
from builder.importing.adapting import Links, adapt
from builder.markdown.source import Source
from tests.importing.showing import shown_by_others, shown_here


def _adapted(
    text: str, *, is_title: bool = False, has_options: bool = False
) -> tuple[str, list[tuple[str, str]]]:
    lines = list(enumerate(text.split("\n"), 1))
    adapted = adapt(lines, "notes.md", is_title=is_title, has_options=has_options)
    return adapted.text, [(loss.place, loss.kind) for loss in adapted.losses]


def _errors(answer: str) -> list[str]:
    """Return the codes of the errors in a chapter with an answer, and another question below it."""
    text = f"## One? {{#one}}\n\n{answer}\n\n## Two? {{#two}}\n\nB.\n"
    source = Source(Path("01-x.md"), text)
    found = [
        each
        for chapter, wrong in read_chapters(source)
        for each in (*wrong, *check_chapter(chapter, Rulebook()))
    ]
    ids = [question.id for chapter, _ in read_chapters(source) for question in chapter.questions]
    return [each.code for each in found if each.severity == "error"] + (
        [] if ids == ["one", "two"] else ["ids"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, `code` and **bold**.",
        "* a\n* b\n    * c\n\n1) one\n2) two",
        "```python\nif x:\n    pass\n```\n\nAfter it.",
        'A [link](https://example.org "title") and [another][ref].\n\n[ref]: https://example.org',
        "| a | b |\n|---|:-:|\n| 1 | `2` |",
        "> [!note] Title\n> words",
        "H<sub>2</sub>O, <kbd>Ctrl</kbd>, a<br>b",
        "<!-- a comment -->\n\nWords.",
        "Trailing blanks  \nbreak a line\\\nas this does",
        "#### Of level four\n\nWords",
        "Two  blanks, a\ttab — and “quotes”",
    ],
)
def test_what_needs_no_change_is_copied_to_the_byte(text: str) -> None:
    assert _adapted(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "adapted", "losses"),
    [
        ("a\n\n# B\n\nc\n\n## D\n\ne", "a\n\n#### B\n\nc\n\n##### D\n\ne", []),
        ("B\n===\n\nc", "#### B\n\n\nc", []),
        ("> ## B\n> c", "> #### B\n> c", []),
        ("a\n\n---\n\nb", "a\n\n***\n\nb", []),
        ("a\n\n---", "a", []),
        ("---\n\na", "a", []),
        ("- [x] a\n- [ ] b", "- \\[x] a\n- \\[ ] b", []),
        ("<b>a</b> and <i>b</i>", "**a** and *b*", []),
        ("<p>a</p>", "a", []),
        ("A List<int> of them", "A `List<int>` of them", []),
        ("a <font color='red'>b</font>", "a b", []),
        ("a [b](other.md) c", "a b c", [("notes.md:1", "link")]),
        ("a\nb [c](#d)", "a\nb c", [("notes.md:2", "link")]),
        ("a ![b](c.png)", "a b", [("notes.md:1", "missing image")]),
        ("```js\nf()", "```js\nf()\n```", []),
        ("```\na\n```js\nb\n```", "````\na\n```js\nb\n````", []),
        (
            "| a | b |\n|---|---|\n| 1 | 2 | 3 |",
            "| a | b | |\n|---|---|---|\n| 1 | 2 | 3 |",
            [("notes.md:3", "table")],
        ),
        (
            "a | b\n--|--\n1 | 2 | 3 | 4 | `5\\|6`",
            "a | b| | | |\n--|--|---|---|---|\n1 | 2 | 3 | 4 | `5\\|6`",
            [("notes.md:3", "table")],
        ),
        ("| a | b |\nno table", "\\| a | b |\nno table", []),
        ("#tag at the start", "\\#tag at the start", []),
        ("> ```\n> a", "> ```\n> a\n> ```", []),
        ("`if <x>\n`else <x>` y", "`if <x>\n`else \\<x>` y", []),
        ("a [b][c] d", "a \\[b][c] d", []),
        ("a[^1] b", "a\\[^1] b", []),
        ("--", "\\--", []),
        ("400.", "400\\.", []),
        ("a {{c1::b}}", "a \\{{c1::b}}", []),
        ("a\n\n<!-- more -->\n\nb", "a\n\n\nb", []),
        ("a \x08b", "a b", [("notes.md:1", "character")]),
        ("```\n<<<<<<< HEAD\n```", "```\n <<<<<<< HEAD\n```", [("notes.md:2", "code")]),
        ("#### B {#id .x}\n\nc", "#### B \n\nc", [("notes.md:1", "attributes")]),
    ],
)
def test_what_a_chapter_cannot_have_is_changed_as_little_as_can_be(
    text: str, adapted: str, losses: list[tuple[str, str]]
) -> None:
    assert _adapted(text) == (adapted, losses)
    assert _errors(adapted) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is `x`?", "What is `x`?"),
        ('What is <a name="x"></a>it?', "What is it?"),
        ("What is [it](#it)?", "What is it?"),
        ("What is <code>it</code>?", "What is `it`?"),
        ("A class {.a}", "A class &#123;.a}"),
    ],
)
def test_a_title_is_one_line_that_a_heading_can_be(text: str, title: str) -> None:
    assert _adapted(text, is_title=True)[0] == title


def test_links_and_images_get_the_addresses_that_they_have_in_the_corpus() -> None:
    links = Links(
        link=lambda href: "#its-id" if href == "#its" else "",
        image=lambda src: "media/a-b.png" if src == "img/a%20b.png" else "",
    )
    lines = list(enumerate(["[a", "b](#its 'title') ![c](<img/a%20b.png>) [d]", "", "[d]: #its"], 1))
    adapted = adapt(lines, "notes.md", links)
    assert adapted.text == "[a\nb](#its-id) ![c](media/a-b.png) [d](#its-id)\n\n[d]: #its"
    assert adapted.losses == []


def test_the_boxes_of_a_choice_stay() -> None:
    text = "- [ ] a\n- [x] b"
    assert _adapted(text, has_options=True) == (text, [])


def test_the_places_of_losses_are_lines_of_the_source_after_lines_were_put_in() -> None:
    _, losses = _adapted("A\n===\n\n# B\nc\n\n<p>d</p>\ne <x>\n\n[f](g.md)")
    assert ("notes.md:10", "link") in losses


_BLOCKS = [
    "Words and `code`.",
    "# Heading\n\nbelow",
    "### Another\n---\n\nx",
    "Under\nlined\n---",
    "---",
    "- a\n- b\n\n  c",
    "1. one\n\n   ```js\n   f()\n   ```\n2. two",
    "- [ ] a\n- [x] b",
    "```\ncode {{c1::x}} # no\n```",
    "    indented\n    code",
    "> quoted\n> # heading",
    "<div align='center'>\n<b>bold</b> &amp; plain\n</div>",
    "<details>\n\ninside\n\n</details>",
    "a <b>b</b> <int> c</i>",
    "[a](b.md) and ![c](d.png) and [e](https://example.org)",
    "[a][b] and [^1] and [x](",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "| a | b |\n|---|\n| 1 | 2 |",
    "{{c1::gap}} and {{x}}",
    "<!-- comment -->",
    "<!-- open",
    "#tag ![[embed]] [[link]] %%c%%",
    "$5 and $6, $x^2$",
    "~a~ ==b== ^c^",
    "--",
    "400.",
    "-",
    "~~~\ntildes\n~~~",
    "Term\n: definition",
    "<table><tr><td>cell</td></tr></table>",
    "## ",
    "a\\\nb  \nc",
    "* * *",
    "___",
    "<h2>Title</h2>",
    "=======",
    "<<<<<<< HEAD",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_BLOCKS), min_size=1, max_size=5))
def test_whatever_stands_together_has_no_error_and_shows_the_same_text(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    adapted, _ = _adapted(text)
    assert _errors(f"An answer.\n\n{adapted}") == []
    # Words that no other tool shows, such as those in what only looks like a tag, may be more.
    wanted = re.findall(r"\w+", shown_by_others(text))
    found = iter(re.findall(r"\w+", shown_here(adapted)))
    assert all(word in found for word in wanted)
