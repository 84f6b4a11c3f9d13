"""HTML that cardpress made becomes the Markdown that it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.corpus.labels import ENGLISH, callout_titles
from builder.importing.own_html import OwnHtml, languages_in, rendered
from builder.markdown.cloze import ClozeForm
from builder.markdown.parser import Passage, Source, parse, to_html

_TITLES = callout_titles(ENGLISH)


def _html(markdown: str, form: ClozeForm = ClozeForm.WRITTEN) -> str:
    passage = Passage(Source(Path("chapter.md"), markdown), tuple(parse(markdown, _TITLES)))
    return to_html(passage, {}, form)


def _reader() -> OwnHtml:
    return OwnHtml(lambda name: None if name.startswith("gone") else name, _TITLES)


TEXTS = (
    "One line\nand another one.",
    "A hard break\\\nin *it*, **bold**, ***both***, ~~gone~~, ==marked==.",
    "snake_case, 2 * 3 * 4, 5 < 6 & 7 > 1, a | b, 50 ~ 60, x^y",
    r"\*no emphasis\*, \`no code\`, $1 and $2",
    r"1\. no list",
    r"\# no heading",
    "`code`, ``a ` b``, `a very long line of code that has to wrap`",
    "H~2~O, x^2^, x<sup>a b</sup>, <kbd>Ctrl</kbd>, <u>under</u>",
    '<abbr title="a &quot;b&quot;">c</abbr> and <abbr>d</abbr>',
    '[words](https://example.org/a_b), [two](https://example.org "a title"), https://example.org/bare',
    "[another question](#its-id)",
    "[日本]{lang=ja}, {漢字|かん|じ}, {今日|きょう}",
    "$a^2$ and $$b^2$$",
    "$$\n\\frac{a}{b}\n$$",
    "![A dot](media/dot.png) ![](media/b.png){width=30} ![c](media/c.png){width=50%}",
    "![a word](media/word.mp3)",
    "- a\n- b\n  - c\n  - d\n- e",
    "- a\n\n- b\n\n  more of it\n\n- c",
    "1. a\n2. b",
    "7. a\n8. b",
    "- a\n- b\n\n* c\n* d",
    "- text\n  ```python\n  x = 1\n  ```\n- more",
    "> said\n> by *somebody*\n>\n> - a\n> - b",
    "> [!tip]\n> As always.",
    "> [!warning] Careful\n> It is hot.\n>\n> Very.",
    "| a | b | c |\n| --- | ---: | :---: |\n| `x` | 1 | |\n| two<br>lines | `a\\|b` | **c** |",
    "term\n: what it is\n: or else\n\nother\n: that",
    "```text\nplain <b> & \\( \n\n  more\n```",
    "````text\n```\nx\n```\n````",
    "```python\ndef f(x):\n    return x  # done\n```",
    "text[^1], again[^1] and more[^2]\n\n[^1]: A *note*.\n\n[^2]: Another.",
    "#### A heading\n\nText.\n\n***\n\nMore.",
    r"TeX in text: \\(x\\), and Anki's [sound:x.mp3]",
    "a\xa0b, \u200fعربي\u200f, e\u0301",
)


@pytest.mark.parametrize("text", TEXTS)
def test_html_becomes_the_markdown_that_makes_it(text: str) -> None:
    reader = _reader()
    html = _html(text)
    found = reader.markdown(html)
    assert found == text
    assert not reader.losses


CLOZES = (
    "It is {{c1::red}}, {{c2::**round**::shape}} and {{c1::a {{c3::dot}}}}.",
    "{{c1::`a::b`}} and {{c2::$x^2$}}",
    "- {{c1::a}}\n- {{c2::b::a letter}}",
    '```python\ncolours = ["red"]\nprint(colours[{{c1::-1}}])\n```',
    r"{{c1::a \:: b}} and 1: 2",
    "{no} {{braces}} {{c1::x}}",
)


@pytest.mark.parametrize("text", CLOZES)
def test_cloze_deletions_come_back(text: str) -> None:
    reader = _reader()
    assert reader.markdown(_html(text, ClozeForm.MARKED), is_cloze=True) == text
    assert not reader.losses


@pytest.mark.parametrize(
    "words", ["What is `g`?", "1. One?", "a - b #", "What is {x}?", "[a]{lang=fr} = *b*"]
)
def test_a_heading_is_one_line(words: str) -> None:
    html = _html(f"## {words} {{#an-id}}").removeprefix("<h2>").removesuffix("</h2>")
    assert _reader().heading(html) == words


@pytest.mark.parametrize(
    ("html", "text", "losses"),
    [
        ("<div>by <b>hand</b></div>", "by **hand**", []),
        ("<p>ours</p>\n<p>theirs<br>two</p>", "ours\n\ntheirs\\\ntwo", []),
        ("unclosed <p>text", "unclosed\n\ntext", []),
        ('<p>ours</p>\n<p style="color: red">theirs</p>', "ours\n\ntheirs", ["colour"]),
        ('<p>a <img src="gone.png" alt="x"> b</p>', "a b", ["missing image"]),
        ('<p><sup class="note">x</sup></p>', "<sup>x</sup>", []),
        ("<div>" * 100 + "deep" + "</div>" * 100, "deep", ["mark-up"]),
    ],
)
def test_what_somebody_edited_is_read_as_the_html_of_others(html: str, text: str, losses: list[str]) -> None:
    reader = _reader()
    assert reader.markdown(html) == text
    assert [loss.kind for loss in reader.losses] == losses


def test_a_field_is_read_as_it_was_rendered() -> None:
    field = '<p>&#91;sound:text.mp3] <span class="sound" role="group" aria-label="w">[sound:a.mp3]</span></p>'
    assert rendered(field) == '<p>[sound:text.mp3] <audio src="a.mp3" aria-label="w"></audio></p>'
    assert rendered("<p>&#123;&#123;x}} [sound:a.mp3]</p>") == '<p>{{x}} <audio src="a.mp3"></audio></p>'
    assert rendered("<p>&#123;x}</p>", is_cloze=True) == "<p>&#123;x}</p>"


def test_only_fields_with_what_nobody_else_writes_are_read_as_ours() -> None:
    reader = _reader()
    code = _html("```python\nx = 1\n```")
    assert reader.exact("<p>text</p>") is None
    assert reader.exact(code) == "```python\nx = 1\n```"
    assert reader.exact(f"What is this?\n{code}") == "What is this?\n\n```python\nx = 1\n```"
    assert reader.exact(f"{code}<div>more</div>") is None


def test_the_languages_of_a_package_are_tried_first() -> None:
    fields = [_html(f"```javascript\nconst a{n} = () => `x`;\nfunction f() {{}}\n```") for n in range(3)]
    order = languages_in(fields)
    assert order[0] == "javascript"
    assert languages_in(["<p>text</p>"])[0] == "python"
    reader = OwnHtml(lambda name: name, languages=order)
    ambiguous = '```javascript\nreturn "a"\n```'
    assert reader.markdown(_html(ambiguous)) == ambiguous


def test_colours_of_no_known_language_are_a_loss() -> None:
    reader = _reader()
    html = '<pre class="code"><code>a <span class="k">b</span></code></pre>'
    assert reader.markdown(html) == "```text\na b\n```"
    assert [loss.kind for loss in reader.losses] == ["language of code"]
