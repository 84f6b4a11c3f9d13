"""HTML that --fix writes as Markdown: what becomes of it, and that its words are all there."""

from __future__ import annotations

import re
from html import unescape

import pytest

from builder.checks.fixes import edited, find_fixes
from builder.checks.rules import Rulebook
from builder.checks.run import check_chapter
from builder.corpus.reader import read_chapter
from builder.markdown.parser import Source
from tests.conftest import CASES


def _fixed(text: str) -> str:
    """Return an answer as --fix leaves it."""
    head = "# T\n\n## Q? {#q}\n\n"
    for _ in range(10):
        source = Source(CASES / "01-a.md", f"{head}{text}")
        chapter, found = read_chapter(source)
        fixes = find_fixes([(source, [*found, *check_chapter(chapter, Rulebook())])], ["q"], Rulebook())
        if not fixes:
            break
        text = edited(source.text, fixes[0][1]).removeprefix(head)
    return text


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<details>\n<summary>Show</summary>\n\nIt *is*.\n\n</details>\n", "**Show**\n\nIt *is*.\n\n"),
        ("<details><summary><b>Show</b></summary>\nIt is.\n</details>\n", "**Show**\n\nIt is.\n"),
        ("<div><code>a&lt;int></code></div>\n", "`a<int>`\n"),
        ("A <code>a&lt;b</code>.\n", "A `a<b`.\n"),
        ("A.\n\n<div>\n\nB.\n\n</div>\n\nC.\n", "A.\n\nB.\n\nC.\n"),
        ("A.\n<div align=center>B <b>c</b>\n</div>\n\nD.\n", "A.\n\nB **c**\n\nD.\n"),
        ("<p>A</p>\n<p>B</p>\nC\n", "A\n\nB\n\nC\n"),
        ("<div>\n  <p>\n    A<br>\n    B\n  </p>\n</div>\n", "A\\\nB\n"),
        ("<hr>\n\nA.\n", "***\n\nA.\n"),
        ('<p align="center"><img src="media/blue.png" alt="Blue"></p>\n', "![Blue](media/blue.png)\n"),
        ("<details>\n\n```python\nx = 1\n    # <b>\n```\n</details>\n", None),
        ("<div>\n```python\nif x:\n    y = 1\n```\n</div>\n", "```python\nif x:\n    y = 1\n```\n"),
        ("- A\n\n  <div>\n  B\n  </div>\n", "- A\n\n  B\n"),
        ('<a name="x"></a>A and <a href="https://b.c">B</a>\n', "A and [B](https://b.c)\n"),
        ("<b>A</b>, <em>b</em>, <code>c</code>, <span class=x>d</span>\n", "**A**, *b*, `c`, d\n"),
        ("<div>A <kbd>B</kbd></div>\n", "A <kbd>B</kbd>\n"),
        ("H<sub class=x>2</sub>O and <del>a</del>, <s>b</s>\n", "H<sub>2</sub>O and ~~a~~, ~~b~~\n"),
        ("A List<int>, a Map<String, List<int>>() or <int> of <Foo.Bar>\n", None),
        ("<int:id> is a converter\n", "`<int:id>` is a converter\n"),
    ],
)
def test_what_markdown_can_say_is_said_in_markdown(html: str, markdown: str | None) -> None:
    after = _fixed(html)
    if markdown is not None:
        assert after == markdown
    assert _words(after) == _words(html)
    chapter, _ = read_chapter(Source(CASES / "01-a.md", f"# T\n\n## Q? {{#q}}\n\n{after}"))
    assert [each.code for each in check_chapter(chapter, Rulebook()) if each.severity == "error"] == []


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>A</td></tr></table>\n",
        "<div><ul><li>A</li></ul></div>\n",
        "H<sub>2</sub>O\n",
        "H<sub>2O\n",
        "*A <sub>b*</sub>\n",
        "<kbd>\nB\n</kbd>\n",
        "<rt>B</rt>\n",
        '<a href="other.html">A</a>\n',
        "<b>A\n",
        "<div>A</b></div>\n",
        "> <div>A</div>\n",
        "<script>alert(1)</script>\n",
        "<h2>What is it?</h2>\n<!-- \n",
    ],
)
def test_what_it_cannot_say_stays(html: str) -> None:
    assert _fixed(html) == html


def _words(text: str) -> list[str]:
    """Return the words of a text, without tags of elements and marks."""
    plain = re.sub(r"</?(?:details|summary|div|p|br|hr)\b[^<>]*>", " ", text)
    plain = re.sub(r"</?(?:b|em|code|span|a|img|kbd|sub|del|s)\b[^<>]*>", "", plain)
    plain = re.sub(r"\]\([^)]*\)|[*`!\[\]\\~]", "", plain)
    return unescape(plain).replace("Blue", "").split()
