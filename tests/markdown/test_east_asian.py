"""Chinese and Japanese have no spaces: lines are joined without, and emphasis begins beside a character."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.markdown.parser import parse, to_html
from builder.markdown.source import Passage, Source


def _line(text: str) -> str:
    html = to_html(Passage(Source(Path("01-a.md"), text), tuple(parse(text))), {})
    return html.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("これは\n日本です。\n次", "これは日本です。次"),
        ("これは**太字**\n*斜体*です", "これは<strong>太字</strong><em>斜体</em>です"),
        ("これは（，）\n「日本」", "これは（，）「日本」"),
        ("{漢字|かんじ}\nを", "<ruby>漢字<rt>かんじ</rt></ruby>を"),
        ("这是\n中文", "这是中文"),
    ],
)
def test_a_line_end_between_two_characters_is_no_space(text: str, html: str) -> None:
    assert _line(text) == html


@pytest.mark.parametrize(
    "text", ["これは\nword", "word\nこれは", "한국어\n글자", "日本\n한국", "これは\n`code`\nです", "one\ntwo"]
)
def test_any_other_line_end_is_a_space(text: str) -> None:
    assert "\n" in _line(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("これは**「重要」**です", "これは<strong>「重要」</strong>です"),
        ("**重要。**次", "<strong>重要。</strong>次"),
        ("a**「b」**c", "a<strong>「b」</strong>c"),
        ("这是**（重要）**的*“一”*。", "这是<strong>（重要）</strong>的<em>“一”</em>。"),
        ("**`code`**です", "<strong><code>code</code></strong>です"),
        ("[**(a)**は](https://a.b)", '<a href="https://a.b"><strong>(a)</strong>は</a>'),
        ('**"중요"**입니다', "<strong>&quot;중요&quot;</strong>입니다".replace("&quot;", '"')),
        ("使うことが==多い==。", "使うことが<mark>多い</mark>。"),
        ("これは==「重要」==です", "これは<mark>「重要」</mark>です"),
        ("==단어==는", "<mark>단어</mark>는"),
        ("***「a」***です", "<em><strong>「a」</strong></em>です"),
    ],
)
def test_emphasis_may_begin_and_end_at_a_sign(text: str, html: str) -> None:
    assert _line(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "日本 ** 重要 **",
        "2*日本 * 3",
        "これは\\*\\*重要\\*\\*",
        "日本_「重要」_です",
        '**"a"**b',
        "** 日本**",
        "日本 == 重要 ==",
    ],
)
def test_what_is_no_emphasis_stays_text(text: str) -> None:
    assert "<" not in _line(text)
