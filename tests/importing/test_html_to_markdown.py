"""Fields of notes, HTML as editors and web pages leave it, become Markdown that shows the same text."""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.model import SourceError
from builder.markdown.parser import Passage, Source, parse, to_html

CLOZE = Reading(is_cloze=True)


def _losses(html: str, reading: Reading = CLOZE) -> list[str]:
    return [loss.kind for loss in to_markdown(html, reading).losses]


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("a <b>bold</b> and <i>leaning</i> word", "a **bold** and *leaning* word"),
        ("<b>a.</b>b", "**a**.b"),
        ("<b> blank </b>x", "**blank** x"),
        ("<b>Example:<br></b>x<i><br>y</i>", "**Example:**\\\nx\\\n*y*"),
        ("<b>x</b><b>y</b><i>z</i>", "**xy***z*"),
        ("<div>one</div><div>two<br>three</div>", "one\n\ntwo\\\nthree"),
        ("a<br><br>b<br>", "a\n\nb"),
        ("<b>a<code>c</code></b>d", "**a`c`**<!-- -->d"),
        ("1. a<br>- b<br>* c<br># d<br>&gt; e", "1\\. a\\\n\\- b\\\n\\* c\\\n\\# d\\\n\\> e"),
        ("List&lt;int&gt; a_b_c *x* [a](b)", "List\\<int> a_b_c \\*x\\* \\[a\\](b)"),
        ("costs $5 and $6", "costs $5 and $6"),
        ("a==b== {{c1::x}}", "a==b== \\{\\{c1::x}}"),
        (": no definition<br>: here", "\\: no definition\\\n\\: here"),
        ("H<sub>2</sub>O, x<sup>n + 1</sup>", "H~2~O, x<sup>n + 1</sup>"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        ("<ol start=3><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<blockquote>q<br><br>r</blockquote>", "> q\n>\n> r"),
        ("<h1>Title</h1>text<h2>Part</h2>", "#### Title\n\ntext\n\n##### Part"),
        ("see [a][b], x[0][i] and [^1]", "see [a]\\[b], x[0][i] and \\[^1]"),
        ("#tag<br>| a | b |", "\\#tag\\\n\\| a | b |"),
        ("a<hr>b", "a\n\n***\n\nb"),
        ("<code>a `b` c</code>", "``a `b` c``"),
        ("<a href='https://example.org/a(b)'>words</a>", "[words](<https://example.org/a(b)>)"),
        ("see <a href='https://e.org/a_b'>https://e.org/a_b</a>.", "see https://e.org/a_b."),
        ("<a href='https://e.org'>https://e.org</a>", "https://e.org"),
        ("<a href='https://e.org'>https://e.org</a>s", "[https://e.org](https://e.org)s"),
        ("<b><a href='https://e.org'>https://e.org</a></b>", "**https://e.org**"),
        ("<a href='https://e.org/)'>https://e.org/)</a>", "[https://e.org/)](<https://e.org/)>)"),
        ("<kbd>C</kbd> <u>u</u> <s>s</s> <mark>m</mark>", "<kbd>C</kbd> <u>u</u> ~~s~~ ==m=="),
        ("<span style='font-weight: bold; text-decoration: underline'>x</span>", "**<u>x</u>**"),
        ("<abbr title='Hyper Text'>HT</abbr>", '<abbr title="Hyper Text">HT</abbr>'),
        ("<ruby>漢字<rt>かんじ</rt></ruby>です", "{漢字|かんじ}です"),
        ("<dl><dt>Term</dt><dd>means</dd></dl>", "Term\n: means"),
        (
            "<table><tr><th>a|b</th><th>c</th></tr><tr><td>x<br>y</td><td>z</td></tr></table>",
            "| a\\|b | c |\n| --- | --- |\n| x<br>y | z |",
        ),
        ("plain text", "plain text"),
        ("  \n ", ""),
    ],
)
def test_html_becomes_the_markdown_that_an_author_would_write(html: str, markdown: str) -> None:
    found = to_markdown(html)
    assert (found.text, found.losses, found.is_exact) == (markdown, (), True)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (r"\(x^2\)", "$x^2$"),
        (r"\[x<br>+ y\]", "$$\nx\n+ y\n$$"),
        (r"[$]a_b[/$] and [$$]c[/$$]", "$a_b$ and $$c$$"),
        (r"\(t:\)", r"$t:{}$"),
        (r"[latex]$\alpha$[/latex]", r"$\alpha$"),
        (r"[latex]\begin{displaymath}a &lt; b\end{displaymath}[/latex]", "$$\na < b\n$$"),
        (
            r"[latex]Water is $H_2O$ \\<div>and \textbf{more} (5\,\%).</div>[/latex]",
            "Water is $H_2O$\\\nand **more** (5 %).",
        ),
        (
            r"[latex]\begin{itemize}<div>\item one</div><div>\item $x$</div>\end{itemize}[/latex]",
            "- one\n- $x$",
        ),
        (
            r"[latex]\begin{align*}a &amp;= b\end{align*}[/latex]",
            "$$\n\\begin{align*}a &= b\\end{align*}\n$$",
        ),
        (r"<anki-mathjax block='true'>z^2</anki-mathjax>", "$$\nz^2\n$$"),
        (r"\(\text{two words}\)", r"$\text{two words}$"),
        (r"\(b\)b", "$b$<!-- -->b"),
        (r"<code>\(x\)</code>", r"`\(x\)`"),
    ],
)
def test_formulas_of_every_way_to_write_them_are_formulas(html: str, markdown: str) -> None:
    assert to_markdown(html).text == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            '<pre><code class="language-js">if (a &lt; b) {<br>&nbsp; x();<br>}</code></pre>',
            "```js\nif (a < b) {\n  x();\n}\n```",
        ),
        ('<div class="highlight-source-python"><pre>x = 1\n\ny</pre></div>', "```python\nx = 1\n\ny\n```"),
        ('<div class="highlight hl-ipython3"><pre>x = 1</pre></div>', "```ipython3\nx = 1\n```"),
        ('<pre class="brush: java">int i;</pre>', "```java\nint i;\n```"),
        ("<code>a<br>  b</code>", "```text\na\n  b\n```"),
        ("<pre><div>one</div><div>two</div></pre>", "```text\none\ntwo\n```"),
        ("<pre>```</pre>", "````text\n```\n````"),
        ("<ol><li>x<pre>y</pre></li></ol>", "1. x\n\n   ```text\n   y\n   ```"),
    ],
)
def test_code_keeps_its_lines_and_its_language(html: str, markdown: str) -> None:
    assert to_markdown(html).text == markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("The {{c1::cell::what?}} is <b>{{c2::big}}</b>", "The {{c1::cell::what?}} is **{{c2::big}}**"),
        ("{{c1::<ul><li>a</li><li>b</li></ul>}}", "- {{c1::a}}\n- {{c1::b}}"),
        ("{{c1::a<br><br>b}} x", "{{c1::a}}\n\n{{c1::b}} x"),
        ("<b>{{c1::x}} y {{c2::z</b>}}", "**{{c1::x}} y {{c2::z}}**"),
        ("<pre>x = {{c1::f()}}</pre>", "```text\nx = {{c1::f()}}\n```"),
        ("{{c1::out {{c2::in}}}}", "{{c1::out {{c2::in}}}}"),
        (r"{{c1::\(x\)}}", "{{c1::$x$}}"),
        ("{{c1::a <code>b}} c</code> d", "{{c1::a b}} c d"),
        ("<pre>a {{c1::b</pre>c}} d", "a {{c1::b}}\n\n{{c1::c}} d"),
        ("{{ {{c1::x}} {c2::y}", "{<!-- -->{ {{c1::x}} {<!-- -->c2::y}"),
        ("a }} b {{c1::c}}", "a }} b {{c1::c}}"),
        ("{{c1::a]b}} (", "{{c1::a\\]b}} ("),
    ],
)
def test_cloze_deletions_keep_their_numbers_wherever_they_stand(html: str, markdown: str) -> None:
    found = to_markdown(html, CLOZE)
    assert found.text == markdown
    assert found.is_exact


HOSTILE = {
    "latex": "[latex]",
    "maths": "\\(",
    "code": "<pre><code",
    "script": "<script ",
    "quotes": "<a 'x \"",
    "cloze": "{{c1::",
    "tts": "[anki:tts",
    "stars": "*_`~",
    "brackets": "[](",
    "tags": "<b><i>",
    "unclosed": "<p><b x=1>",
    "lists": "<ul><li>",
    "tables": "<table><tr><td>",
    "words": "漢字",
    "dollars": "$$ ",
    "entities": "&lt;",
    "images": "<img src=x>",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_comes_to_an_end_and_is_kept(name: str) -> None:
    html = HOSTILE[name] * (90_000 // len(HOSTILE[name]))
    for reading in (CLOZE, Reading(has_readings=True)):
        assert to_markdown(html, reading).is_exact


def test_images_and_sounds_keep_their_files_and_widths() -> None:
    names = {"a b.png": "media/a-b.png", "x.mp3": "media/x.mp3"}
    html = '<img src="a b.png" style="width: 200px"><img src="none.png" alt="a bird"> [sound:x.mp3]'
    found = to_markdown(html, Reading(file=names.get))
    assert found.text == "![](media/a-b.png){width=200} ![x](media/x.mp3)"
    assert [loss.kind for loss in found.losses] == ["missing image"]


def test_readings_in_brackets_are_ruby_where_a_template_shows_them_so() -> None:
    assert to_markdown(" 漢字[かんじ]を", Reading(has_readings=True)).text == "{漢字|かんじ}を"
    assert to_markdown(" 漢字[かんじ]を").text == "漢字[かんじ]を"


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<span style='color: #f00'>x</span>", "colour"),
        ("<span style='font-size: 30px'>x</span>", "size"),
        ("<center>x</center>", "alignment"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "table without a head"),
        ("<table><tr><th colspan=2>a</th></tr><tr><td>b</td><td>c</td></tr></table>", "merged cells"),
        ("<script>f()</script>x", "script"),
        ("<style>.x{}</style>x", "style sheet"),
        ("<iframe src='x'></iframe>x", "<iframe>"),
        ("<my-card>x</my-card>", "unknown element"),
        ("<a href='#top'>x</a>", "link"),
        ("<details><summary>a</summary>b</details>", "fold"),
        ("<span style='display: none'>x</span>y", "hidden text"),
        ("&nbsp;&nbsp;&nbsp;x", "indentation"),
        ("{{c1::}}x", "cloze deletion"),
    ],
)
def test_what_markdown_cannot_say_is_named(html: str, kind: str) -> None:
    assert _losses(html) == [kind]


@pytest.mark.parametrize(
    "html",
    [
        "<span style='color: black; background-color: white'>x</span>",
        "<span style='color: rgb(0, 0, 0)'>x</span>",
        "<!-- a note -->x",
    ],
)
def test_what_nobody_sees_is_no_loss(html: str) -> None:
    assert _losses(html) == []


def test_styles_and_embedded_images_make_no_field_too_long() -> None:
    data = "data:image/png;base64," + "A" * 400_000
    found = to_markdown(f'<b style="{"margin: 0; " * 30_000}">x</b><img src="{data}">')
    assert found.text.startswith("**x**![](data:image/png")
    assert found.losses == ()


def test_a_field_that_is_nested_too_deeply_keeps_its_words() -> None:
    found = to_markdown("<div>" * 5000 + "a * b<br>c" + "</div>" * 5000)
    assert _words(found.text) == "a*bc"
    assert [loss.kind for loss in found.losses] == ["mark-up"]


_INLINE = st.sampled_from(["b", "i", "u", "code", "sub", "span style='color:red'", "a href='https://e.org'"])
_BLOCK = st.sampled_from(["div", "p", "ul><li", "ol><li", "blockquote", "pre", "h2", "table><tr><td"])
_TEXT = st.text("ab1 .-*_`$~^=<>&[](){}:|\\#+!@\n", max_size=12).map(escape)


def _element(name: str, inside: str) -> str:
    closing = "".join(f"</{part.split()[0]}>" for part in reversed(name.split("><")))
    return f"<{name}>{inside}{closing}"


_HTML = st.recursive(
    _TEXT,
    lambda inner: st.lists(st.builds(_element, _INLINE | _BLOCK, inner) | inner, max_size=4).map("".join),
    max_leaves=12,
)


@given(_HTML)
def test_the_text_is_never_lost_whatever_the_html(html: str) -> None:
    for reading in (Reading(), CLOZE):
        assert to_markdown(html, reading).is_exact


@given(_HTML)
def test_what_was_converted_has_no_heading_that_would_begin_a_question(html: str) -> None:
    tags = {token.tag for token in parse(to_markdown(html).text) if token.type == "heading_open"}
    assert not tags & {"h1", "h2", "h3"}


def _words(markdown: str) -> str:
    text = "".join(child.content for token in parse(markdown) for child in token.children or ())
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("package", ["lxml", "mdformat.renderer"])
def test_without_its_packages_one_sentence_says_what_to_install(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SourceError, match=r"pip install 'cardpress\[import\]'"):
        to_markdown("<b>x</b>")


@pytest.mark.parametrize(
    "text",
    [
        "> [!warning] Beware **x**\n> Text.\n>\n> - a",
        "> [!note]\n> See [the verb](#its-id) and [**a**](#b_c-d).",
        "> [!note]",
        "- > [!tip] In\n  > a list",
        "In Arabic [كتاب]{lang=ar}, [**a** b `c`]{lang=pt-BR} and **[a]{lang=he}**.",
    ],
)
def test_what_cardpress_alone_writes_comes_back(text: str) -> None:
    html = _shown(text)
    found = to_markdown(html)
    assert found.is_exact
    assert _shown(found.text) == html


def test_a_class_that_only_ends_like_ours_is_no_link() -> None:
    assert to_markdown('<bdi class="goto x">a</bdi>').text == "a"


def _shown(text: str) -> str:
    tokens = parse(text, {"note": "ملاحظة"})
    return to_html(Passage(Source(Path("a.md"), text), tuple(tokens)), {})
