"""HTML that is divided is whole in every part, and nothing of it is lost or said twice."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.markdown.parser import Passage, Source, parse, to_html
from builder.print.layout.divide import divide, smaller

BLOCKS = (
    "Some words *with emphasis* and `code`, a [link](https://example.org/a) and **bold** ones.",
    "- one\n- two\n  - within two\n  - more\n- three",
    "7. seven\n8. eight\n\n   of two paragraphs\n9. nine",
    "> a quotation\n>\n> - with a list",
    "| a | b |\n|---|---|\n| one | two words |\n| three | `four` |",
    "```python\nif a:\n    b()\n\nc = 'd'\n```",
    "enormous" * 12,
    "&lt; &amp; \u65e5\u672c",
)
VOID = ("br", "hr", "img")


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _html(blocks: list[str]) -> str:
    text = "\n\n".join(blocks) + "\n"
    return to_html(Passage(Source(Path("01-any.md"), text), tuple(parse(text))), {})


def _words(html: str) -> str:
    """Return what HTML says, without space and without what a table's head says again."""
    return re.sub(r"\s", "", re.sub(r"<[^>]+>", "", html))


@given(blocks=st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=5), parts=st.integers(2, 9))
def test_all_of_it_is_there_once_and_every_part_is_whole(blocks: list[str], parts: int) -> None:
    html = f'<h2 id="q"><span class="number">1.1</span> Some words</h2>{_html(blocks)}'
    divided = divide(html, parts)
    assert 1 < len(divided) <= parts
    ids: list[str] = []
    for part in divided:
        balance = _Balance()
        balance.feed(part)
        assert balance.open == []
        assert _words(part)
        ids += balance.ids
    assert ids == ["q"]
    again = re.compile(r"(?<=<table>)<thead>.*?</thead>", re.DOTALL)
    said = "".join(again.sub("", part) if number else part for number, part in enumerate(divided))
    if "<table>" not in html:
        assert _words(said) == _words(html)
    # Of a word that is divided itself, a part of each is enough.
    for word in re.findall(r"\w{4,12}", re.sub(r"<[^>]+>", " ", html)):
        assert word in "".join(divided)


@pytest.mark.parametrize("parts", range(2, 9))
@pytest.mark.parametrize("prompt", ["What?", "Which of these two parts is which, and what is between them?"])
def test_a_prompt_above_an_image_stays_whole(prompt: str, parts: int) -> None:
    html = f'<h1>{prompt}</h1><div class="occlusion"><img src="a.png"></div>'
    assert divide(html, parts)[0] == f"<h1>{prompt}</h1>"


@pytest.mark.parametrize(
    ("html", "parts", "expected"),
    [
        ("<p>a b</p>", 2, ["<p>a</p>", "<p>b</p>"]),
        ("<p>a</p><p>b</p>", 2, ["<p>a</p>", "<p>b</p>"]),
        (
            "<ol>\n<li>one</li>\n<li>two</li>\n</ol>",
            2,
            ["<ol>\n<li>one</li></ol>", '<ol start="2"><li>two</li>\n</ol>'],
        ),
        ("<p><img src='a'></p>", 2, ["<p><img src='a'></p>"]),
        ("<p>word</p>", 3, ["<p>word</p>"]),
        (
            '<pre class="code"><code>first_line = 1\nsecond_line = 2</code></pre>',
            2,
            [
                '<pre class="code parted"><code>first_line = 1</code></pre>',
                '<pre class="code going-on"><code>second_line = 2</code></pre>',
            ],
        ),
        (
            "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
            2,
            [
                "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>a</td></tr></tbody></table>",
                "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
            ],
        ),
    ],
)
def test_it_is_divided_where_that_is_least_seen(html: str, parts: int, expected: list[str]) -> None:
    assert divide(html, parts) == expected


def test_what_has_sizes_of_its_own_is_set_smaller_by_them() -> None:
    assert smaller("<p>a</p>", 0.5) == '<div style="font-size: 0.500em"><p>a</p></div>'
    body = '<div class="body back" style="font-size: 6.8pt; --code: 5.800pt"><p>a</p></div>'
    assert smaller(body, 0.5) == body.replace("6.8pt", "3.400pt").replace("5.800pt", "2.900pt")
